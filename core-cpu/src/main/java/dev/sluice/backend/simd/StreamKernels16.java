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
      case 8 -> panel8(k, a, aAt, w, wAt, sums, at);
      case 4 -> panel4(k, a, aAt, w, wAt, sums, at);
      case 2 -> panel2(k, a, aAt, w, wAt, sums, at);
      default -> throw new IllegalArgumentException("no kernel for " + vectors + " vectors");
    }
  }

  private static void panel8(int k, float[] a, int aAt, int[] w, int wAt, float[] sums, int at) {
    var s0 = FloatVector.fromArray(SPECIES, sums, at);
    var s1 = FloatVector.fromArray(SPECIES, sums, at + LANES);
    var s2 = FloatVector.fromArray(SPECIES, sums, at + 2 * LANES);
    var s3 = FloatVector.fromArray(SPECIES, sums, at + 3 * LANES);
    var s4 = FloatVector.fromArray(SPECIES, sums, at + 4 * LANES);
    var s5 = FloatVector.fromArray(SPECIES, sums, at + 5 * LANES);
    var s6 = FloatVector.fromArray(SPECIES, sums, at + 6 * LANES);
    var s7 = FloatVector.fromArray(SPECIES, sums, at + 7 * LANES);
    for (int p = 0; p < k; p++) {
      var x = FloatVector.broadcast(SPECIES, a[aAt + p]);
      int from = wAt + p * 4 * LANES;
      var w0 = IntVector.fromArray(INTS, w, from);
      s0 = x.fma(lower(w0), s0);
      s1 = x.fma(upper(w0), s1);
      var w1 = IntVector.fromArray(INTS, w, from + LANES);
      s2 = x.fma(lower(w1), s2);
      s3 = x.fma(upper(w1), s3);
      var w2 = IntVector.fromArray(INTS, w, from + 2 * LANES);
      s4 = x.fma(lower(w2), s4);
      s5 = x.fma(upper(w2), s5);
      var w3 = IntVector.fromArray(INTS, w, from + 3 * LANES);
      s6 = x.fma(lower(w3), s6);
      s7 = x.fma(upper(w3), s7);
    }
    s0.intoArray(sums, at);
    s1.intoArray(sums, at + LANES);
    s2.intoArray(sums, at + 2 * LANES);
    s3.intoArray(sums, at + 3 * LANES);
    s4.intoArray(sums, at + 4 * LANES);
    s5.intoArray(sums, at + 5 * LANES);
    s6.intoArray(sums, at + 6 * LANES);
    s7.intoArray(sums, at + 7 * LANES);
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
