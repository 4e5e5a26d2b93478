package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.INTS;
import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * As {@link StreamKernels32}, with weights as 8-bit integers: an integer holds four, of columns that
 * lie a vector apart, the first in its lowest byte. A shift, a mask and a conversion make a vector of
 * floats, 2^24 times too large, which is exact; the scales of the rows are for the caller to apply, to
 * the finished sums. Measured with 512 bits: 26 G weights a second and core; with a second shift in
 * place of the mask 19, converting bytes with {@code castShape} 20.
 */
final class StreamKernels8 {
  private StreamKernels8() {}

  /** What a scale is to be multiplied by: the weights are read as q · 2^24. */
  static final float UNIT = 0x1p-24f;

  private static final int TOP_BYTE = 0xFF000000;

  /** Multiplies a panel of 4 vectors; parameters as in {@link StreamKernels32#multiply}. */
  static void multiply(int k, float[] a, int aAt, int[] w, int wAt, float[] sums, int at) {
    var s0 = FloatVector.fromArray(SPECIES, sums, at);
    var s1 = FloatVector.fromArray(SPECIES, sums, at + LANES);
    var s2 = FloatVector.fromArray(SPECIES, sums, at + 2 * LANES);
    var s3 = FloatVector.fromArray(SPECIES, sums, at + 3 * LANES);
    for (int p = 0; p < k; p++) {
      var x = FloatVector.broadcast(SPECIES, a[aAt + p]);
      var four = IntVector.fromArray(INTS, w, wAt + p * LANES);
      s0 = x.fma(byte0(four), s0);
      s1 = x.fma(byte1(four), s1);
      s2 = x.fma(byte2(four), s2);
      s3 = x.fma(byte3(four), s3);
    }
    s0.intoArray(sums, at);
    s1.intoArray(sums, at + LANES);
    s2.intoArray(sums, at + 2 * LANES);
    s3.intoArray(sums, at + 3 * LANES);
  }

  private static FloatVector byte0(IntVector four) {
    return floats(four.lanewise(VectorOperators.LSHL, 24));
  }

  private static FloatVector byte1(IntVector four) {
    return floats(four.lanewise(VectorOperators.LSHL, 16).and(TOP_BYTE));
  }

  private static FloatVector byte2(IntVector four) {
    return floats(four.lanewise(VectorOperators.LSHL, 8).and(TOP_BYTE));
  }

  private static FloatVector byte3(IntVector four) {
    return floats(four.and(TOP_BYTE));
  }

  private static FloatVector floats(IntVector integers) {
    return (FloatVector) integers.convert(VectorOperators.I2F, 0);
  }

  /** Four vectors of floats for each vector of fours, as two panels that {@link GemmKernels} reads. */
  static void decode(int count, int[] w, int wAt, float[] panels, int first, int second) {
    for (int p = 0; p < count; p++) {
      var four = IntVector.fromArray(INTS, w, wAt + p * LANES);
      byte0(four).intoArray(panels, first + 2 * p * LANES);
      byte1(four).intoArray(panels, first + 2 * p * LANES + LANES);
      byte2(four).intoArray(panels, second + 2 * p * LANES);
      byte3(four).intoArray(panels, second + 2 * p * LANES + LANES);
    }
  }

  /** out[j] = scale[j] · sum[j] + out[j], in one rounding, for n of whole vectors. */
  static void scale(
      float[] scales, int scalesAt, float[] sums, int sumsAt, float[] out, int outAt, int n) {
    for (int j = 0; j < n; j += LANES) {
      FloatVector.fromArray(SPECIES, scales, scalesAt + j)
          .fma(
              FloatVector.fromArray(SPECIES, sums, sumsAt + j),
              FloatVector.fromArray(SPECIES, out, outAt + j))
          .intoArray(out, outAt + j);
    }
  }
}
