package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;
import static dev.sluice.backend.simd.RowKernels.SUMS;

import jdk.incubator.vector.FloatVector;

/** Layer normalisation of one row, with x̂ = (x - mean) · rstd. */
final class LayerNormKernels {
  private LayerNormKernels() {}

  /** y = gain ∘ x̂ + bias. */
  static void normalize(
      float[] x,
      int fromX,
      float mean,
      float rstd,
      float[] gain,
      int fromGain,
      float[] bias,
      int fromBias,
      float[] y,
      int fromY,
      int n) {
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      FloatVector.fromArray(SPECIES, x, fromX + i)
          .sub(mean)
          .mul(rstd)
          .fma(
              FloatVector.fromArray(SPECIES, gain, fromGain + i),
              FloatVector.fromArray(SPECIES, bias, fromBias + i))
          .intoArray(y, fromY + i);
    }
    for (; i < n; i++) { // scalar tail
      float normal = (x[fromX + i] - mean) * rstd;
      y[fromY + i] = Math.fma(normal, gain[fromGain + i], bias[fromBias + i]);
    }
  }

  /**
   * dx = rstd (q - Σq/n - x̂ Σ(q ∘ x̂)/n) with q = gain ∘ dy, summed like {@link RowKernels}.
   *
   * @param dx may be dy
   * @param sums room for two sets of running sums
   */
  static void inputBackward(
      float[] x,
      int fromX,
      float mean,
      float rstd,
      float[] gain,
      int fromGain,
      float[] dy,
      int fromDy,
      float[] dx,
      int fromDx,
      int n,
      float[] sums) {
    sums(x, fromX, mean, rstd, gain, fromGain, dy, fromDy, n, sums);
    float average = RowKernels.total(sums, 0) / n;
    float slope = RowKernels.total(sums, SUMS) / n;
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      var normal = FloatVector.fromArray(SPECIES, x, fromX + i).sub(mean).mul(rstd);
      FloatVector.fromArray(SPECIES, gain, fromGain + i)
          .mul(FloatVector.fromArray(SPECIES, dy, fromDy + i))
          .sub(average)
          .sub(normal.mul(slope))
          .mul(rstd)
          .intoArray(dx, fromDx + i);
    }
    for (; i < n; i++) { // scalar tail
      float normal = (x[fromX + i] - mean) * rstd;
      float q = gain[fromGain + i] * dy[fromDy + i];
      dx[fromDx + i] = (q - average - normal * slope) * rstd;
    }
  }

  /** Running sums of q, and behind them those of q ∘ x̂. */
  private static void sums(
      float[] x,
      int fromX,
      float mean,
      float rstd,
      float[] gain,
      int fromGain,
      float[] dy,
      int fromDy,
      int n,
      float[] sums) {
    int whole = n & -SUMS;
    for (int lane = 0; lane < SUMS; lane += LANES) {
      var sum = FloatVector.zero(SPECIES);
      var product = FloatVector.zero(SPECIES);
      for (int i = lane; i < whole; i += SUMS) {
        var normal = FloatVector.fromArray(SPECIES, x, fromX + i).sub(mean).mul(rstd);
        var q =
            FloatVector.fromArray(SPECIES, gain, fromGain + i)
                .mul(FloatVector.fromArray(SPECIES, dy, fromDy + i));
        sum = sum.add(q);
        product = q.fma(normal, product);
      }
      sum.intoArray(sums, lane);
      product.intoArray(sums, SUMS + lane);
    }
    for (int i = whole; i < n; i++) { // scalar tail
      float normal = (x[fromX + i] - mean) * rstd;
      float q = gain[fromGain + i] * dy[fromDy + i];
      sums[i - whole] += q;
      sums[SUMS + i - whole] = Math.fma(q, normal, sums[SUMS + i - whole]);
    }
  }
}
