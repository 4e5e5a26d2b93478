package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Parts;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;

/** A {@link Loss} prepared for one shape, with its gradient buffer and its running total. */
public abstract sealed class LossPlan implements AutoCloseable
    permits CrossEntropy.Plan, RegressionLoss.Plan {
  static final Shape TOTAL = Shape.of(2);

  final Backend backend;
  private final Parts parts = new Parts();
  private final boolean training;
  private final Tensor gradient;
  private final Tensor total;
  private final float[] sums = new float[2];

  LossPlan(Backend backend, Shape output, boolean training, boolean inPlace) {
    this.backend = backend;
    this.training = training;
    boolean apart = training && !inPlace;
    gradient = apart ? parts.add(() -> backend.allocate(DType.FLOAT32, output)) : null;
    total = parts.add(() -> backend.allocate(DType.FLOAT32, TOTAL));
  }

  /**
   * Adds the loss of one batch to {@link #total}.
   *
   * @param output of the model; overwritten by the gradient when planned in place
   * @param targets what the output should be
   * @param gradientScale factor on the gradient of the batch's mean loss: 1, or 1/n when the
   *     gradients of n batches are summed for one step
   * @return gradient of the output; null when the plan is not for training
   */
  public abstract Tensor compute(Tensor output, Tensor targets, float gradientScale);

  /** Where the gradient goes for this output; null when it is not wanted. */
  final Tensor gradientFor(Tensor output) {
    if (!training) {
      return null;
    }
    return gradient == null ? output : gradient;
  }

  /**
   * The sum of the losses and the number of counted targets since the last {@link #resetTotal}, [2].
   * In single precision: reset it before the count passes 2^24.
   */
  public final Tensor total() {
    return total;
  }

  /** Sets {@link #total} to zero. */
  public final void resetTotal() {
    backend.elements().fill(total, 0);
  }

  /** The mean loss of the counted targets since the last {@link #resetTotal}; waits. NaN if none. */
  public final double mean() {
    total.download(sums, 0);
    return (double) sums[0] / sums[1];
  }

  /** Frees the buffers; closing twice does nothing. */
  @Override
  public final void close() {
    parts.close();
  }
}
