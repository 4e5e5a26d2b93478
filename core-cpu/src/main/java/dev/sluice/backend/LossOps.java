package dev.sluice.backend;

/**
 * Losses with their gradients in one call.
 *
 * <p>{@code total} is [2]: the sum of the losses is added to its first element and the number of
 * counted targets to its second, so that a mean over many calls can be read back once. The gradient
 * is that of {@code gradientScale} times the mean over this call's counted targets, and zero when
 * none counts.
 */
public interface LossOps {
  /** Pointwise losses of r = prediction - target. */
  enum Regression {
    /** r²; gradient 2r. */
    SQUARED,
    /** |r|; gradient sign(r), 0 at 0. */
    ABSOLUTE,
    /** r²/2 up to |r| = delta, beyond that delta · (|r| - delta/2) (Huber 1964). */
    HUBER
  }

  /**
   * Softmax and cross-entropy of each row.
   *
   * <pre>
   *   p = softmax(logits)      q = (1 - smoothing) · onehot(target) + smoothing / V
   *   loss = -Σ q log p        gradient = gradientScale · (p - q) / count
   * </pre>
   *
   * @param logits [..., V] with N rows
   * @param targets INT32, N entries below V; a negative one is ignored: no loss, gradient 0
   * @param smoothing label smoothing, from 0 up to but not including 1
   * @param gradientScale factor on the gradient
   * @param gradient like logits, may be logits; or null when not wanted
   * @param perTarget [N], the loss of each row; or null when not wanted
   * @param total [2]; added to
   */
  void softmaxCrossEntropy(
      Tensor logits,
      Tensor targets,
      float smoothing,
      float gradientScale,
      Tensor gradient,
      Tensor perTarget,
      Tensor total);

  /**
   * A pointwise loss between two tensors of one shape.
   *
   * @param loss which
   * @param delta where Huber's loss turns linear, above 0; not used by the others
   * @param prediction [..., F] with N rows
   * @param target like prediction
   * @param rowWeights N entries, 0 leaves a row out and 1 counts it; or null when all count
   * @param gradientScale factor on the gradient
   * @param gradient like prediction, may be prediction; or null when not wanted
   * @param total [2]; added to; each element of a counted row counts
   */
  void regression(
      Regression loss,
      float delta,
      Tensor prediction,
      Tensor target,
      Tensor rowWeights,
      float gradientScale,
      Tensor gradient,
      Tensor total);

  /**
   * y = softmax(x) row by row.
   *
   * @param x [..., V]
   * @param y like x; may be x
   */
  void softmax(Tensor x, Tensor y);
}
