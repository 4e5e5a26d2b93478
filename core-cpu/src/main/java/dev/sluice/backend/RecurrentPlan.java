package dev.sluice.backend;

/**
 * A prepared stack of recurrent layers: workspaces, packed weights and saved activations for one
 * {@link RecurrentSpec} and size. Used for one sequence batch at a time: a forward, then, when made
 * for training, at most one backward of the same.
 */
public interface RecurrentPlan extends AutoCloseable {
  /**
   * Runs all layers over a padded batch. T is x's first extent, at most the plan's maxSteps.
   *
   * <p>Past a sequence's end its y is zero and its state is kept, so that {@code last} holds each
   * sequence's state at its own end. The reverse direction starts at each sequence's own last step.
   *
   * @param weights packed as {@link RecurrentSpec#slices} says, [spec.weightCount()]
   * @param x input, [T, B, I]; not modified; may not overlap y
   * @param lengths valid steps of each sequence, INT32 [B], entries in 1..T; or null when all are T
   * @param initial state before the first step; or null for zeros
   * @param y output, [T, B, D·H]
   * @param last receives the state after the last step; may be {@code initial} itself only when the
   *     plan is not made for training; or null when not wanted
   * @param draw random numbers for dropout between layers: the mask behind layer l uses stream {@code
   *     draw.stream() + l}; may be null when the spec has no dropout or the plan is for inference
   * @throws IllegalArgumentException when a shape does not fit; nothing is written then
   */
  void forward(
      Tensor weights,
      Tensor x,
      Tensor lengths,
      RecurrentState initial,
      Tensor y,
      RecurrentState last,
      RandomDraw draw);

  /**
   * Backpropagation through time of the most recent {@link #forward}, whose arguments must still hold
   * what they held then ({@code y} and {@code last} too).
   *
   * @param dy gradient of y, [T, B, D·H]; entries past a sequence's end are not used
   * @param dLast gradient of the last state; or null for zeros
   * @param dx receives the gradient of x, [T, B, I], zero past a sequence's end; may not overlap dy;
   *     or null when not wanted
   * @param dInitial receives the gradient of the initial state; or null when not wanted
   * @param dWeights gradients of the weights, packed alike; added to
   * @throws IllegalStateException when the plan is not for training or there was no forward
   * @throws IllegalArgumentException when a shape does not fit; nothing is written then
   */
  void backward(
      Tensor dy, RecurrentState dLast, Tensor dx, RecurrentState dInitial, Tensor dWeights);

  /**
   * Cell states after every step of the most recent forward, [T, B, H]. Past a sequence's end a state
   * is kept: the forward direction's last one there, and the reverse direction's initial one, since
   * it has yet to begin. Valid until the next forward.
   *
   * @param layer 0..L-1
   * @param direction 0 forward, 1 reverse
   * @throws IllegalStateException when the plan is not for training, the cell has no cell state, or
   *     there was no forward
   */
  Tensor cellStates(int layer, int direction);

  /**
   * Outputs of one layer of the most recent forward, before dropout, [T, B, D·H]. Valid until the
   * next forward.
   *
   * @param layer 0..L-1
   * @throws IllegalStateException when the plan is not for training or there was no forward
   */
  Tensor layerOutput(int layer);

  /** Bytes that the plan holds. */
  long bytes();

  /** Frees the workspaces; closing twice does nothing. */
  @Override
  void close();
}
