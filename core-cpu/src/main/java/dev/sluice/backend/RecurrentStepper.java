package dev.sluice.backend;

/** Inference one step at a time, as a stream arrives: the weights stay packed between steps. */
public interface RecurrentStepper extends AutoCloseable {
  /**
   * Advances all layers by one step.
   *
   * @param x input, [B, I]
   * @param state state before the step, replaced by the state after it
   * @param y output of the last layer, [B, H]; may not overlap x
   * @throws IllegalArgumentException when a shape does not fit; nothing is written then
   */
  void step(Tensor x, RecurrentState state, Tensor y);

  /** Packs the weights again, after they changed. */
  void refresh();

  /** Bytes that the stepper holds. */
  long bytes();

  /** Frees the packed weights; closing twice does nothing. */
  @Override
  void close();
}
