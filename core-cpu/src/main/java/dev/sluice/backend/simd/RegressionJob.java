package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.LossOps;
import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.Tensor;
import java.util.Arrays;

/**
 * Pointwise losses, in stretches of elements that count or do not count as a whole: a row each when
 * rows have weights, else a piece of 1024 elements. The stretches' sums are added in order.
 */
final class RegressionJob extends RangeJob {
  private final RowScratch[] scratch;

  // The running operation, read by all members.
  private Regression loss;
  private float limit;
  private float slope;
  private ArrayTensor prediction;
  private ArrayTensor target;
  private ArrayTensor weights;
  private ArrayTensor gradient;
  private int stretch;

  /** Loss of each stretch. */
  private double[] losses = new double[0];

  RegressionJob(ThreadTeam team, RowScratch[] scratch) {
    super(team);
    this.scratch = scratch;
  }

  /** {@link LossOps#regression}. */
  void run(
      Regression loss,
      float delta,
      Tensor prediction,
      Tensor target,
      Tensor rowWeights,
      float gradientScale,
      Tensor gradient,
      Tensor total) {
    Checks.regression(loss, delta, prediction, target, rowWeights, gradient, total);
    this.loss = loss;
    this.prediction = ArrayTensor.of(prediction);
    this.target = ArrayTensor.of(target);
    weights = ArrayTensor.ofNullable(rowWeights);
    this.gradient = ArrayTensor.ofNullable(gradient);
    ArrayTensor sums = ArrayTensor.of(total);
    int size = this.prediction.size();
    stretch = weights == null ? RowScratch.PIECE : prediction.shape().columns();
    int stretches = Math.ceilDiv(size, stretch);
    long count = weights == null ? size : countedRows() * stretch;
    // The square is twice Huber's loss without a limit.
    double factor = loss == Regression.SQUARED ? 2 : 1;
    limit = loss == Regression.HUBER ? delta : Float.POSITIVE_INFINITY;
    slope = (float) (factor * gradientScale / count);
    if (losses.length < stretches) {
      losses = new double[stretches];
    }
    share(stretches, 1, size, WorkPerThread.SIMPLE);
    double sum = 0;
    for (int i = 0; i < stretches; i++) {
      sum += losses[i];
    }
    sums.floats[sums.offset] += (float) (factor * sum);
    sums.floats[sums.offset + 1] += count;
  }

  private long countedRows() {
    long count = 0;
    for (int row = 0; row < weights.size(); row++) {
      count += counts(row) ? 1 : 0;
    }
    return count;
  }

  private boolean counts(int row) {
    return weights == null || weights.floats[weights.offset + row] != 0;
  }

  @Override
  void range(int from, int to, int part) {
    float[] slopes = gradient == null ? null : gradient.floats;
    for (int i = from; i < to; i++) {
      int first = i * stretch;
      int n = Math.min(stretch, prediction.size() - first);
      int slopesAt = gradient == null ? 0 : gradient.offset + first;
      if (counts(i)) {
        losses[i] = stretch(first, n, slopes, slopesAt, scratch[part].sums);
      } else {
        losses[i] = 0;
        if (slopes != null) {
          Arrays.fill(slopes, slopesAt, slopesAt + n, 0);
        }
      }
    }
  }

  private float stretch(int first, int n, float[] slopes, int slopesAt, float[] sums) {
    float[] predictions = prediction.floats;
    int predictionsAt = prediction.offset + first;
    float[] targets = target.floats;
    int targetsAt = target.offset + first;
    return loss == Regression.ABSOLUTE
        ? RegressionKernels.absolute(
            predictions, predictionsAt, targets, targetsAt, n, slope, slopes, slopesAt, sums)
        : RegressionKernels.huber(
            limit,
            predictions,
            predictionsAt,
            targets,
            targetsAt,
            n,
            slope,
            slopes,
            slopesAt,
            sums);
  }
}
