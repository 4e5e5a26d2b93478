package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

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

  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;
  private static final VectorShuffle<Float> LOWER = VectorShuffle.makeZip(SPECIES, 0);
  private static final VectorShuffle<Float> UPPER = VectorShuffle.makeZip(SPECIES, 1);

  /** Blocks of KC steps, each all quads of all rows. */
  final float[] data;

  private final int blockSize;

  /** Room for so many rows and steps. */
  PackedRows(int rows, int k) {
    blockSize = blockSize(rows);
    data = new float[size(rows, k)];
  }

  /** Floats that such a factor holds. */
  static int size(int rows, int k) {
    return Math.toIntExact((long) ((k + Gemm.KC - 1) / Gemm.KC) * blockSize(rows));
  }

  private static int blockSize(int rows) {
    return (rows + 3) / 4 * QUAD;
  }

  /** Index of the first row's element at step p. */
  int at(int p) {
    return p / Gemm.KC * blockSize + p % Gemm.KC * 4;
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
    for (int p = 0; p < k; p++) {
      packStep(a, from + p * stride, rows, at(p));
    }
  }

  /** One step. A method of its own is called often enough to be compiled at once. */
  private void packStep(float[] a, int from, int rows, int first) {
    int r = 0;
    int to = first;
    for (; r + 4 <= rows; r += 4, to += QUAD) {
      FloatVector.fromArray(FOUR, a, from + r).intoArray(data, to);
    }
    for (; r < rows; r++) { // the last one to three rows
      data[to + r % 4] = a[from + r];
    }
  }

  /** Copies one step of the first rows, scaled, to successive elements; up to three more follow. */
  void copyStep(int p, int rows, float scale, float[] to, int toFrom) {
    int at = at(p);
    for (int r = 0; r < rows; r += 4, at += QUAD) {
      FloatVector.fromArray(FOUR, data, at).mul(scale).intoArray(to, toFrom + r);
    }
  }
}
