package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.INTS;
import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * As {@link StreamKernels32}, with weights in bfloat16: an integer holds two, of columns that lie a vector
 * apart, the first in its lower half. A shift and a mask make two vectors of floats of it.
 */
final class StreamKernels16 {
  private StreamKernels16() {}

  private static final int UPPER = 0xFFFF0000;

  /** Multiplies; parameters as in {@link StreamKernels32#multiply}, w[k] at k times half the width. */
  static void multiply(
      int vectors, int k, float[] a, int aAt, int[] w, int wAt, float[] sums, int at) {
    switch (vectors) {
      case 4 -> panel4(k, a, aAt, w, wAt, sums, at);
      case 2 -> panel2(k, a, aAt, w, wAt, sums, at);
      default -> throw new IllegalArgumentException("no kernel for " + vectors + " vectors");
    }
  }

  /** As {@link #multiply} with 4 vectors, for two panels at once; see {@link StreamKernels32}. */
  static void multiplyTwo(
      int k,
      float[] a,
      int aAt,
      int[] w,
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
      int from = wAt + p * 2 * LANES;
      var w0 = IntVector.fromArray(INTS, w, from);
      s0 = x.fma(lower(w0), s0);
      s1 = x.fma(upper(w0), s1);
      var w1 = IntVector.fromArray(INTS, w, from + LANES);
      s2 = x.fma(lower(w1), s2);
      s3 = x.fma(upper(w1), s3);
      int second = secondWAt + p * 2 * LANES;
      var w2 = IntVector.fromArray(INTS, w, second);
      t0 = x.fma(lower(w2), t0);
      t1 = x.fma(upper(w2), t1);
      var w3 = IntVector.fromArray(INTS, w, second + LANES);
      t2 = x.fma(lower(w3), t2);
      t3 = x.fma(upper(w3), t3);
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

  private static void panel4(int k, float[] a, int aAt, int[] w, int wAt, float[] sums, int at) {
    var s0 = FloatVector.fromArray(SPECIES, sums, at);
    var s1 = FloatVector.fromArray(SPECIES, sums, at + LANES);
    var s2 = FloatVector.fromArray(SPECIES, sums, at + 2 * LANES);
    var s3 = FloatVector.fromArray(SPECIES, sums, at + 3 * LANES);
    for (int p = 0; p < k; p++) {
      var x = FloatVector.broadcast(SPECIES, a[aAt + p]);
      int from = wAt + p * 2 * LANES;
      var w0 = IntVector.fromArray(INTS, w, from);
      s0 = x.fma(lower(w0), s0);
      s1 = x.fma(upper(w0), s1);
      var w1 = IntVector.fromArray(INTS, w, from + LANES);
      s2 = x.fma(lower(w1), s2);
      s3 = x.fma(upper(w1), s3);
    }
    s0.intoArray(sums, at);
    s1.intoArray(sums, at + LANES);
    s2.intoArray(sums, at + 2 * LANES);
    s3.intoArray(sums, at + 3 * LANES);
  }

  private static void panel2(int k, float[] a, int aAt, int[] w, int wAt, float[] sums, int at) {
    var s0 = FloatVector.fromArray(SPECIES, sums, at);
    var s1 = FloatVector.fromArray(SPECIES, sums, at + LANES);
    for (int p = 0; p < k; p++) {
      var x = FloatVector.broadcast(SPECIES, a[aAt + p]);
      int from = wAt + p * LANES;
      var w0 = IntVector.fromArray(INTS, w, from);
      s0 = x.fma(lower(w0), s0);
      s1 = x.fma(upper(w0), s1);
    }
    s0.intoArray(sums, at);
    s1.intoArray(sums, at + LANES);
  }

  private static FloatVector lower(IntVector pair) {
    return pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  private static FloatVector upper(IntVector pair) {
    return pair.and(UPPER).reinterpretAsFloats();
  }

  /** Two vectors of floats for each vector of pairs: what {@link GemmKernels} reads. */
  static void decode(int count, int[] w, int wAt, float[] panel, int panelAt) {
    for (int p = 0; p < count; p++) {
      var pair = IntVector.fromArray(INTS, w, wAt + p * LANES);
      int to = panelAt + 2 * p * LANES;
      lower(pair).intoArray(panel, to);
      upper(pair).intoArray(panel, to + LANES);
    }
  }
}
