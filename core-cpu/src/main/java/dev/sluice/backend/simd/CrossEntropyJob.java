package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.LossOps;
import dev.sluice.backend.Tensor;
import java.util.Arrays;

/**
 * Softmax and cross-entropy, row by row: the largest logit, the exponentials (which the gradient
 * row holds meanwhile) with their sum S, then the gradient. With d_v = l_v - max:
 *
 * <pre>
 *   loss = log S - (1 - smoothing) · d_target - smoothing / V · Σ d_v
 * </pre>
 *
 * One core of a 2.6 GHz Zen 4 does 2.0 G logits/s from some 500 classes on, and 1.1 G at 97.
 */
final class CrossEntropyJob extends RangeJob {
  private static final int PIECE = RowScratch.PIECE;

  private final RowScratch[] scratch;

  // The running operation, read by all members.
  private float[] logits;
  private int fromLogits;
  private int[] targets;
  private int fromTargets;
  private float[] gradient;
  private int fromGradient;
  private int classes;
  private double smoothing;
  private double slope;

  /** Loss of each row. */
  private double[] losses = new double[0];

  CrossEntropyJob(ThreadTeam team, RowScratch[] scratch) {
    super(team);
    this.scratch = scratch;
  }

  /** {@link LossOps#softmaxCrossEntropy}. */
  void run(
      Tensor logits,
      Tensor targets,
      float smoothing,
      float gradientScale,
      Tensor gradient,
      Tensor perTarget,
      Tensor total) {
    Checks.crossEntropy(logits, targets, smoothing, gradient, perTarget, total);
    ArrayTensor scores = ArrayTensor.of(logits);
    ArrayTensor wanted = ArrayTensor.of(targets);
    ArrayTensor slopes = ArrayTensor.ofNullable(gradient);
    ArrayTensor rowLosses = ArrayTensor.ofNullable(perTarget);
    ArrayTensor sums = ArrayTensor.of(total);
    this.logits = scores.floats;
    fromLogits = scores.offset;
    this.targets = wanted.ints;
    fromTargets = wanted.offset;
    this.gradient = slopes == null ? null : slopes.floats;
    fromGradient = slopes == null ? 0 : slopes.offset;
    classes = logits.shape().columns();
    this.smoothing = smoothing;
    int rows = wanted.size();
    int count = count(rows);
    slope = (double) gradientScale / count;
    if (losses.length < rows) {
      losses = new double[rows];
    }
    share(rows, 1, scores.size(), WorkPerThread.FUNCTION);
    double sum = 0;
    for (int n = 0; n < rows; n++) {
      sum += losses[n];
      if (rowLosses != null) {
        rowLosses.floats[rowLosses.offset + n] = (float) losses[n];
      }
    }
    sums.floats[sums.offset] += (float) sum;
    sums.floats[sums.offset + 1] += count;
  }

  private int count(int rows) {
    int count = 0;
    for (int n = 0; n < rows; n++) {
      int target = targets[fromTargets + n];
      if (target >= classes) {
        throw new IllegalArgumentException(
            "crossEntropy: targets[%d] is %d but must be below %d".formatted(n, target, classes));
      }
      count += target >= 0 ? 1 : 0;
    }
    return count;
  }

  @Override
  void range(int from, int to, int part) {
    for (int n = from; n < to; n++) {
      int target = targets[fromTargets + n];
      int gradientAt = fromGradient + n * classes;
      if (target >= 0) {
        losses[n] = row(fromLogits + n * classes, target, gradientAt, scratch[part]);
      } else {
        losses[n] = 0;
        if (gradient != null) {
          Arrays.fill(gradient, gradientAt, gradientAt + classes, 0);
        }
      }
    }
  }

  /** Loss of one row; writes its gradient. Long rows are summed in pieces, these in double. */
  private double row(int at, int target, int gradientAt, RowScratch scratch) {
    float max = RowKernels.max(logits, at, classes);
    double wanted = (double) logits[at + target] - max;
    double sum = 0;
    double distances = 0;
    for (int v = 0; v < classes; v += PIECE) {
      int n = Math.min(PIECE, classes - v);
      if (smoothing > 0) {
        distances += RowKernels.sum(logits, at + v, n, max, scratch.sums);
      }
      float[] powers = gradient == null ? scratch.piece : gradient;
      int powersAt = gradient == null ? 0 : gradientAt + v;
      sum += RowKernels.exponentials(logits, at + v, n, max, powers, powersAt, scratch.sums);
    }
    if (gradient != null) {
      slopes(gradientAt, target, sum);
    }
    return StrictMath.log(sum) - (1 - smoothing) * wanted - smoothing / classes * distances;
  }

  /** From exponentials to the gradient; the target's is a difference that double keeps exact. */
  private void slopes(int at, int target, double sum) {
    double spread = smoothing / classes;
    double p = gradient[at + target] / sum;
    float factor = (float) (slope / sum);
    float term = (float) (-slope * spread);
    ElementKernels.scaleAndShift(factor, term, gradient, at, gradient, at, classes);
    gradient[at + target] = (float) (slope * (p - (1 - smoothing) - spread));
  }
}
