package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.FIRST;
import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/**
 * The left factor of a matrix product, [M, K], cut into quads of four rows that the kernels read front
 * to back: element (r, p) lies at (r / 4) * {@link #QUAD} + p * 4 + r % 4, in blocks of {@link Gemm#KC}
 * steps of k.
 *
 * <p>All distances are constants, so the compiler proves the reads of a register tile in range before
 * its loop and adds them to one address; with strides that are variables, a tile reached 137 instead of
 * 170 GFLOP/s on one Emerald Rapids core (peak 177). Packing is a transposition in registers and takes
 * no longer than copying rows, 0.1 ns an element there.
 */
final class PackedRows {
  /** Distance of two quads: not a power of two, which would put all quads into one cache set. */
  static final int QUAD = 4 * Gemm.KC + 16;

  private static final VectorShuffle<Float> LOWER = VectorShuffle.makeZip(SPECIES, 0);
  private static final VectorShuffle<Float> UPPER = VectorShuffle.makeZip(SPECIES, 1);
  private static final VectorShuffle<Float> LOWER_FOURS = zipFours(0);
  private static final VectorShuffle<Float> UPPER_FOURS = zipFours(1);

  /** Blocks of KC steps, each all quads of all rows, from {@link Lanes#FIRST} on. */
  final float[] data;

  private final int blockSize;

  /** Room for so many rows and steps. */
  PackedRows(int rows, int k) {
    blockSize = Math.toIntExact(blockSize(rows));
    data = new float[size(rows, k)];
  }

  /** Floats that such a factor holds. */
  static int size(int rows, int k) {
    return Math.toIntExact(FIRST + Math.ceilDiv(k, Gemm.KC) * blockSize(rows));
  }

  private static long blockSize(int rows) {
    return Math.ceilDiv(rows, 4) * (long) QUAD;
  }

  /** Index of the first row's element at step p. */
  int at(int p) {
    return FIRST + p / Gemm.KC * blockSize + p % Gemm.KC * 4;
  }

  /** Lanes of two vectors in turn, four at a time: the lower half of the result or the upper. */
  private static VectorShuffle<Float> zipFours(int half) {
    return VectorShuffle.fromOp(
        SPECIES,
        lane -> {
          int four = (lane + half * LANES) / 4;
          return four % 2 * LANES + four / 2 * 4 + lane % 4;
        });
  }

  /**
   * Packs rows that are contiguous: A[r, p] = a[from + r * stride + p].
   *
   * @param quad the quad that takes the first of them
   */
  void packRows(float[] a, int from, int stride, int quad, int rows, int k) {
    for (int p = 0; p < k; p += Gemm.KC) {
      int depth = Math.min(Gemm.KC, k - p);
      int first = at(p) + quad * QUAD;
      int r = 0;
      for (; r + 4 <= rows; r += 4) {
        transpose(a, from + r * stride + p, stride, depth, first + r / 4 * QUAD);
      }
      for (; r < rows; r++) { // the last one to three rows
        int at = from + r * stride + p;
        int to = first + r / 4 * QUAD + r % 4;
        for (int q = 0; q < depth; q++) {
          data[to + 4 * q] = a[at + q];
        }
      }
    }
  }

  /** Four rows into a quad: vectors of the rows are zipped twice. */
  private void transpose(float[] a, int row0, int stride, int depth, int to) {
    int row1 = row0 + stride;
    int row2 = row1 + stride;
    int row3 = row2 + stride;
    int p = 0;
    for (; p <= depth - LANES; p += LANES) { // vector main
      var v0 = FloatVector.fromArray(SPECIES, a, row0 + p);
      var v1 = FloatVector.fromArray(SPECIES, a, row1 + p);
      var v2 = FloatVector.fromArray(SPECIES, a, row2 + p);
      var v3 = FloatVector.fromArray(SPECIES, a, row3 + p);
      var even0 = v0.rearrange(LOWER, v2);
      var even1 = v0.rearrange(UPPER, v2);
      var odd0 = v1.rearrange(LOWER, v3);
      var odd1 = v1.rearrange(UPPER, v3);
      int at = to + 4 * p;
      even0.rearrange(LOWER, odd0).intoArray(data, at);
      even0.rearrange(UPPER, odd0).intoArray(data, at + LANES);
      even1.rearrange(LOWER, odd1).intoArray(data, at + 2 * LANES);
      even1.rearrange(UPPER, odd1).intoArray(data, at + 3 * LANES);
    }
    for (; p < depth; p++) { // scalar tail
      int at = to + 4 * p;
      data[at] = a[row0 + p];
      data[at + 1] = a[row1 + p];
      data[at + 2] = a[row2 + p];
      data[at + 3] = a[row3 + p];
    }
  }

  /** Packs columns that are contiguous: A[r, p] = a[from + p * stride + r]. */
  void packColumns(float[] a, int from, int stride, int rows, int k) {
    int p = 0;
    for (; p + 4 <= k; p += 4) {
      packFourSteps(a, from + p * stride, stride, rows, at(p));
    }
    for (; p < k; p++) { // the last one to three steps
      for (int r = 0; r < rows; r++) {
        data[at(p) + r / 4 * QUAD + r % 4] = a[from + p * stride + r];
      }
    }
  }

  /**
   * Four steps of all rows: fours of lanes are zipped twice. A method of its own is called so often that
   * it is compiled at once.
   */
  private void packFourSteps(float[] a, int from, int stride, int rows, int first) {
    int r = 0;
    for (; r <= rows - LANES; r += LANES) { // vector main
      var v0 = FloatVector.fromArray(SPECIES, a, from + r);
      var v1 = FloatVector.fromArray(SPECIES, a, from + r + stride);
      var v2 = FloatVector.fromArray(SPECIES, a, from + r + 2 * stride);
      var v3 = FloatVector.fromArray(SPECIES, a, from + r + 3 * stride);
      var even0 = v0.rearrange(LOWER_FOURS, v2);
      var even1 = v0.rearrange(UPPER_FOURS, v2);
      var odd0 = v1.rearrange(LOWER_FOURS, v3);
      var odd1 = v1.rearrange(UPPER_FOURS, v3);
      // A quad's four steps are 16 floats: one, two or four vectors, by their width.
      int to = first + r / 4 * QUAD;
      even0.rearrange(LOWER_FOURS, odd0).intoArray(data, to);
      even0.rearrange(UPPER_FOURS, odd0).intoArray(data, to + LANES / 16 * QUAD + LANES % 16);
      even1.rearrange(LOWER_FOURS, odd1).intoArray(data, to + LANES / 8 * QUAD + 2 * LANES % 16);
      even1
          .rearrange(UPPER_FOURS, odd1)
          .intoArray(data, to + 3 * LANES / 16 * QUAD + 3 * LANES % 16);
    }
    for (; r < rows; r++) { // scalar tail
      int to = first + r / 4 * QUAD + r % 4;
      for (int p = 0; p < 4; p++) {
        data[to + 4 * p] = a[from + p * stride + r];
      }
    }
  }
}
