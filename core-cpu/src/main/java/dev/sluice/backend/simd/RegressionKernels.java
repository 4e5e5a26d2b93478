package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;
import static dev.sluice.backend.simd.RowKernels.SUMS;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;

/** Pointwise losses of r = x - t and their gradients, summed like {@link RowKernels}. */
final class RegressionKernels {
  private RegressionKernels() {}

  /**
   * Huber's loss Σ c (r - c/2) with c = r limited to ±limit; its gradient is c.
   *
   * @param slope factor on the gradient
   * @param dx receives the gradients; may be x; or null when they are not wanted
   * @param sums room for the running sums
   */
  static float huber(
      float limit,
      float[] x,
      int fromX,
      float[] t,
      int fromT,
      int n,
      float slope,
      float[] dx,
      int fromDx,
      float[] sums) {
    int whole = n & -SUMS;
    for (int lane = 0; lane < SUMS; lane += LANES) {
      var sum = FloatVector.zero(SPECIES);
      for (int i = lane; i < whole; i += SUMS) {
        var r =
            FloatVector.fromArray(SPECIES, x, fromX + i)
                .sub(FloatVector.fromArray(SPECIES, t, fromT + i));
        var c = r.blend(limit, r.compare(GT, limit)).blend(-limit, r.compare(LT, -limit));
        sum = c.mul(-0.5f).add(r).fma(c, sum);
        if (dx != null) {
          c.mul(slope).intoArray(dx, fromDx + i);
        }
      }
      sum.intoArray(sums, lane);
    }
    for (int i = whole; i < n; i++) { // scalar tail
      float r = x[fromX + i] - t[fromT + i];
      float c = r > limit ? limit : r;
      c = r < -limit ? -limit : c;
      sums[i - whole] = Math.fma(c * -0.5f + r, c, sums[i - whole]);
      if (dx != null) {
        dx[fromDx + i] = c * slope;
      }
    }
    return RowKernels.total(sums, 0);
  }

  /** Σ |r|; its gradient is the sign of r. Arguments as for {@link #huber}. */
  static float absolute(
      float[] x,
      int fromX,
      float[] t,
      int fromT,
      int n,
      float slope,
      float[] dx,
      int fromDx,
      float[] sums) {
    int whole = n & -SUMS;
    for (int lane = 0; lane < SUMS; lane += LANES) {
      var sum = FloatVector.zero(SPECIES);
      for (int i = lane; i < whole; i += SUMS) {
        var r =
            FloatVector.fromArray(SPECIES, x, fromX + i)
                .sub(FloatVector.fromArray(SPECIES, t, fromT + i));
        sum = sum.add(r.abs());
        if (dx != null) { // 0 and NaN stay what they are
          r.blend(slope, r.compare(GT, 0))
              .blend(-slope, r.compare(LT, 0))
              .intoArray(dx, fromDx + i);
        }
      }
      sum.intoArray(sums, lane);
    }
    for (int i = whole; i < n; i++) { // scalar tail
      float r = x[fromX + i] - t[fromT + i];
      sums[i - whole] += Math.abs(r);
      if (dx != null) {
        float above = r > 0 ? slope : r;
        dx[fromDx + i] = r < 0 ? -slope : above;
      }
    }
    return RowKernels.total(sums, 0);
  }
}
