package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * One row times a panel of single-precision weights: sums[j] += Σ_k a[k] · w[k, j], one chain of fused
 * multiply-adds for each j, in rising k. The weights are read once, front to back, as fast as the caches
 * deliver them: for one panel, eight vectors of sums were no faster than four (measured with 256 and 512
 * bits).
 */
final class StreamKernels32 {
  private StreamKernels32() {}

  /**
   * Multiplies.
   *
   * @param vectors width of the panel: 4 or 2 vectors
   * @param k extent of the sum
   * @param a the row, from {@code aAt}
   * @param w the panel, from {@code wAt}: w[k, j] lies at k times its width, plus j
   * @param sums added to, from {@code at}; as many as the panel is wide
   */
  static void multiply(
      int vectors, int k, float[] a, int aAt, float[] w, int wAt, float[] sums, int at) {
    switch (vectors) {
      case 4 -> panel4(k, a, aAt, w, wAt, sums, at);
      case 2 -> panel2(k, a, aAt, w, wAt, sums, at);
      default -> throw new IllegalArgumentException("no kernel for " + vectors + " vectors");
    }
  }

  private static void panel4(int k, float[] a, int aAt, float[] w, int wAt, float[] sums, int at) {
    var s0 = FloatVector.fromArray(SPECIES, sums, at);
    var s1 = FloatVector.fromArray(SPECIES, sums, at + LANES);
    var s2 = FloatVector.fromArray(SPECIES, sums, at + 2 * LANES);
    var s3 = FloatVector.fromArray(SPECIES, sums, at + 3 * LANES);
    for (int p = 0; p < k; p++) {
      var x = FloatVector.broadcast(SPECIES, a[aAt + p]);
      int from = wAt + p * 4 * LANES;
      s0 = x.fma(FloatVector.fromArray(SPECIES, w, from), s0);
      s1 = x.fma(FloatVector.fromArray(SPECIES, w, from + LANES), s1);
      s2 = x.fma(FloatVector.fromArray(SPECIES, w, from + 2 * LANES), s2);
      s3 = x.fma(FloatVector.fromArray(SPECIES, w, from + 3 * LANES), s3);
    }
    s0.intoArray(sums, at);
    s1.intoArray(sums, at + LANES);
    s2.intoArray(sums, at + 2 * LANES);
    s3.intoArray(sums, at + 3 * LANES);
  }

  /**
   * As {@link #multiply} with 4 vectors, for two panels at once: the caches fetch two streams from memory
   * faster than one.
   *
   * @param sums added to, the first panel's from {@code at} and the second's from {@code secondAt}
   */
  static void multiplyTwo(
      int k,
      float[] a,
      int aAt,
      float[] w,
      int wAt,
      int secondWAt,
      float[] sums,
      int at,
      int secondAt) {
    var s0 = FloatVector.fromArray(SPECIES, sums, at);
    var s1 = FloatVector.fromArray(SPECIES, sums, at + LANES);
    var s2 = FloatVector.fromArray(SPECIES, sums, at + 2 * LANES);
    var s3 = FloatVector.fromArray(SPECIES, sums, at + 3 * LANES);
    var t0 = FloatVector.fromArray(SPECIES, sums, secondAt);
    var t1 = FloatVector.fromArray(SPECIES, sums, secondAt + LANES);
    var t2 = FloatVector.fromArray(SPECIES, sums, secondAt + 2 * LANES);
    var t3 = FloatVector.fromArray(SPECIES, sums, secondAt + 3 * LANES);
    for (int p = 0; p < k; p++) {
      var x = FloatVector.broadcast(SPECIES, a[aAt + p]);
      int from = wAt + p * 4 * LANES;
      s0 = x.fma(FloatVector.fromArray(SPECIES, w, from), s0);
      s1 = x.fma(FloatVector.fromArray(SPECIES, w, from + LANES), s1);
      s2 = x.fma(FloatVector.fromArray(SPECIES, w, from + 2 * LANES), s2);
      s3 = x.fma(FloatVector.fromArray(SPECIES, w, from + 3 * LANES), s3);
      int second = secondWAt + p * 4 * LANES;
      t0 = x.fma(FloatVector.fromArray(SPECIES, w, second), t0);
      t1 = x.fma(FloatVector.fromArray(SPECIES, w, second + LANES), t1);
      t2 = x.fma(FloatVector.fromArray(SPECIES, w, second + 2 * LANES), t2);
      t3 = x.fma(FloatVector.fromArray(SPECIES, w, second + 3 * LANES), t3);
    }
    s0.intoArray(sums, at);
    s1.intoArray(sums, at + LANES);
    s2.intoArray(sums, at + 2 * LANES);
    s3.intoArray(sums, at + 3 * LANES);
    t0.intoArray(sums, secondAt);
    t1.intoArray(sums, secondAt + LANES);
    t2.intoArray(sums, secondAt + 2 * LANES);
    t3.intoArray(sums, secondAt + 3 * LANES);
  }

  private static void panel2(int k, float[] a, int aAt, float[] w, int wAt, float[] sums, int at) {
    var s0 = FloatVector.fromArray(SPECIES, sums, at);
    var s1 = FloatVector.fromArray(SPECIES, sums, at + LANES);
    for (int p = 0; p < k; p++) {
      var x = FloatVector.broadcast(SPECIES, a[aAt + p]);
      int from = wAt + p * 2 * LANES;
      s0 = x.fma(FloatVector.fromArray(SPECIES, w, from), s0);
      s1 = x.fma(FloatVector.fromArray(SPECIES, w, from + LANES), s1);
    }
    s0.intoArray(sums, at);
    s1.intoArray(sums, at + LANES);
  }
}
