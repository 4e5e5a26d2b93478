package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/**
 * Transposes squares of as many rows as a vector has lanes. A pass zips the rows of the upper half with
 * those of the lower, which turns the bits of an element's index, row and lane, by one place; log2(lanes)
 * passes exchange row and lane. Between passes the square lies in L1.
 */
final class SquareTranspose {
  private static final VectorShuffle<Float> LOWER = VectorShuffle.makeZip(SPECIES, 0);
  private static final VectorShuffle<Float> UPPER = VectorShuffle.makeZip(SPECIES, 1);
  private static final int PASSES = Integer.numberOfTrailingZeros(LANES);

  private final float[] even = new float[LANES * LANES];
  private final float[] odd = new float[LANES * LANES];

  /** Floats that one holds. */
  static int size() {
    return 2 * LANES * LANES;
  }

  /** to[toAt + j * toStride + i] = scale * from[at + i * stride + j] for i and j below LANES. */
  void run(float[] from, int at, int stride, float scale, float[] to, int toAt, int toStride) {
    pass(from, at, stride, scale, even, 0, LANES);
    float[] last = even;
    for (int i = 1; i < PASSES - 1; i++) {
      float[] next = last == even ? odd : even;
      pass(last, 0, LANES, 1, next, 0, LANES);
      last = next;
    }
    pass(last, 0, LANES, 1, to, toAt, toStride);
  }

  private static void pass(
      float[] from, int at, int stride, float scale, float[] to, int toAt, int toStride) {
    for (int i = 0; i < LANES / 2; i++) {
      var upper = FloatVector.fromArray(SPECIES, from, at + i * stride).mul(scale);
      var lower = FloatVector.fromArray(SPECIES, from, at + (i + LANES / 2) * stride).mul(scale);
      upper.rearrange(LOWER, lower).intoArray(to, toAt + 2 * i * toStride);
      upper.rearrange(UPPER, lower).intoArray(to, toAt + (2 * i + 1) * toStride);
    }
  }
}
