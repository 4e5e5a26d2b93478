package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * The innermost loops of every matrix product: register tiles of up to 6 rows by 2 vectors.
 *
 * <p>A tile's accumulators start from C (or zero) and take one fused multiply-add for each k in
 * rising order, so an element of C has the same bits whatever the tile, the blocking, the vector
 * width or the number of threads.
 *
 * <p>A is read in place through two strides, as scalars that are broadcast; B comes packed (see
 * {@link PackedPanels}). Six rows by two vectors are 12 accumulators, 2 vectors of B and one
 * broadcast: they fit the 16 registers of AVX2 too. Measured on one Zen 4 core at k = 256 (peak
 * 118 GFLOP/s): 6 rows 109, 4 rows 112, 2 rows 87, 1 row 49 GFLOP/s. Vectors of 512 bits come with 32
 * registers, which {@link WideTiles} uses; {@link NarrowTiles} is for narrower ones.
 */
final class GemmKernels {
  /** Whether there are registers for the tiles of {@link WideTiles}. */
  private static final boolean WIDE = LANES == 16;

  /** Rows of the largest tile. */
  static final int MR = WIDE ? 12 : 6;

  /** Columns of a tile: the width of a packed panel of B. */
  static final int NR = 2 * LANES;

  private GemmKernels() {}

  /**
   * Multiplies a strip of rows with one panel.
   *
   * @param rows of A and C
   * @param k extent of the inner sum
   * @param a A[r, p] = a[aFrom + r * rowStride + p * kStride]
   * @param b the panel: B[p, j] = b[bFrom + p * NR + j]
   * @param accumulate whether C is added to, rather than overwritten
   * @param c C[r, j] = c[cFrom + r * cStride + j], j in 0..NR-1
   */
  static void strip(
      int rows,
      int k,
      float[] a,
      int aFrom,
      int rowStride,
      int kStride,
      float[] b,
      int bFrom,
      boolean accumulate,
      float[] c,
      int cFrom,
      int cStride) {
    int r = 0;
    if (WIDE) {
      r = wide(rows, k, a, aFrom, rowStride, kStride, b, bFrom, accumulate, c, cFrom, cStride);
    } else if (kStride == 1) {
      for (; r + 6 <= rows; r += 6) {
        int at = aFrom + r * rowStride;
        int to = cFrom + r * cStride;
        NarrowTiles.rows(k, a, at, rowStride, b, bFrom, accumulate, c, to, cStride);
      }
    }
    for (; r + 6 <= rows; r += 6) {
      tile6(
          k,
          a,
          aFrom + r * rowStride,
          rowStride,
          kStride,
          b,
          bFrom,
          accumulate,
          c,
          cFrom + r * cStride,
          cStride);
    }
    if (r + 4 <= rows) {
      tile4(
          k,
          a,
          aFrom + r * rowStride,
          rowStride,
          kStride,
          b,
          bFrom,
          accumulate,
          c,
          cFrom + r * cStride,
          cStride);
      r += 4;
    }
    if (r + 2 <= rows) {
      tile2(
          k,
          a,
          aFrom + r * rowStride,
          rowStride,
          kStride,
          b,
          bFrom,
          accumulate,
          c,
          cFrom + r * cStride,
          cStride);
      r += 2;
    }
    if (r < rows) {
      tile1(k, a, aFrom + r * rowStride, kStride, b, bFrom, accumulate, c, cFrom + r * cStride);
    }
  }

  /**
   * The rows that tiles of 12 and 10 cover: all but a few. 32 rows are 12 + 10 + 10, and 64 are 2 x 12
   * + 4 x 10.
   *
   * @return how many rows that is
   */
  private static int wide(
      int rows,
      int k,
      float[] a,
      int aFrom,
      int rowStride,
      int kStride,
      float[] b,
      int bFrom,
      boolean accumulate,
      float[] c,
      int cFrom,
      int cStride) {
    int r = 0;
    while (rows - r >= 10) {
      int rest = rows - r;
      int at = aFrom + r * rowStride;
      int to = cFrom + r * cStride;
      boolean many = rest > (rest + 11) / 12 * 10; // more than tiles of 10 would cover
      if (rest >= 12 && (many || rest == 18)) {
        WideTiles.tile12(k, a, at, rowStride, kStride, b, bFrom, accumulate, c, to, cStride);
        r += 12;
      } else {
        WideTiles.tile10(k, a, at, rowStride, kStride, b, bFrom, accumulate, c, to, cStride);
        r += 10;
      }
    }
    return r;
  }

  /** C[6 x NR] = (accumulate ? C : 0) + A[6 x k] · B[k x NR]. */
  private static void tile6(
      int k,
      float[] a,
      int aFrom,
      int rowStride,
      int kStride,
      float[] b,
      int bFrom,
      boolean accumulate,
      float[] c,
      int cFrom,
      int cStride) {
    int at1 = cFrom + cStride;
    int at2 = cFrom + 2 * cStride;
    int at3 = cFrom + 3 * cStride;
    int at4 = cFrom + 4 * cStride;
    int at5 = cFrom + 5 * cStride;
    FloatVector c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51;
    if (accumulate) {
      c00 = FloatVector.fromArray(SPECIES, c, cFrom);
      c01 = FloatVector.fromArray(SPECIES, c, cFrom + LANES);
      c10 = FloatVector.fromArray(SPECIES, c, at1);
      c11 = FloatVector.fromArray(SPECIES, c, at1 + LANES);
      c20 = FloatVector.fromArray(SPECIES, c, at2);
      c21 = FloatVector.fromArray(SPECIES, c, at2 + LANES);
      c30 = FloatVector.fromArray(SPECIES, c, at3);
      c31 = FloatVector.fromArray(SPECIES, c, at3 + LANES);
      c40 = FloatVector.fromArray(SPECIES, c, at4);
      c41 = FloatVector.fromArray(SPECIES, c, at4 + LANES);
      c50 = FloatVector.fromArray(SPECIES, c, at5);
      c51 = FloatVector.fromArray(SPECIES, c, at5 + LANES);
    } else {
      c00 = FloatVector.zero(SPECIES);
      c01 = FloatVector.zero(SPECIES);
      c10 = FloatVector.zero(SPECIES);
      c11 = FloatVector.zero(SPECIES);
      c20 = FloatVector.zero(SPECIES);
      c21 = FloatVector.zero(SPECIES);
      c30 = FloatVector.zero(SPECIES);
      c31 = FloatVector.zero(SPECIES);
      c40 = FloatVector.zero(SPECIES);
      c41 = FloatVector.zero(SPECIES);
      c50 = FloatVector.zero(SPECIES);
      c51 = FloatVector.zero(SPECIES);
    }
    for (int p = 0; p < k; p++) {
      var b0 = FloatVector.fromArray(SPECIES, b, bFrom + p * NR);
      var b1 = FloatVector.fromArray(SPECIES, b, bFrom + p * NR + LANES);
      int at = aFrom + p * kStride;
      var a0 = FloatVector.broadcast(SPECIES, a[at]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      var a1 = FloatVector.broadcast(SPECIES, a[at + rowStride]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      var a2 = FloatVector.broadcast(SPECIES, a[at + 2 * rowStride]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      var a3 = FloatVector.broadcast(SPECIES, a[at + 3 * rowStride]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      var a4 = FloatVector.broadcast(SPECIES, a[at + 4 * rowStride]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      var a5 = FloatVector.broadcast(SPECIES, a[at + 5 * rowStride]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
    }
    c00.intoArray(c, cFrom);
    c01.intoArray(c, cFrom + LANES);
    c10.intoArray(c, at1);
    c11.intoArray(c, at1 + LANES);
    c20.intoArray(c, at2);
    c21.intoArray(c, at2 + LANES);
    c30.intoArray(c, at3);
    c31.intoArray(c, at3 + LANES);
    c40.intoArray(c, at4);
    c41.intoArray(c, at4 + LANES);
    c50.intoArray(c, at5);
    c51.intoArray(c, at5 + LANES);
  }

  /** C[4 x NR] = (accumulate ? C : 0) + A[4 x k] · B[k x NR]. */
  private static void tile4(
      int k,
      float[] a,
      int aFrom,
      int rowStride,
      int kStride,
      float[] b,
      int bFrom,
      boolean accumulate,
      float[] c,
      int cFrom,
      int cStride) {
    int at1 = cFrom + cStride;
    int at2 = cFrom + 2 * cStride;
    int at3 = cFrom + 3 * cStride;
    FloatVector c00, c01, c10, c11, c20, c21, c30, c31;
    if (accumulate) {
      c00 = FloatVector.fromArray(SPECIES, c, cFrom);
      c01 = FloatVector.fromArray(SPECIES, c, cFrom + LANES);
      c10 = FloatVector.fromArray(SPECIES, c, at1);
      c11 = FloatVector.fromArray(SPECIES, c, at1 + LANES);
      c20 = FloatVector.fromArray(SPECIES, c, at2);
      c21 = FloatVector.fromArray(SPECIES, c, at2 + LANES);
      c30 = FloatVector.fromArray(SPECIES, c, at3);
      c31 = FloatVector.fromArray(SPECIES, c, at3 + LANES);
    } else {
      c00 = FloatVector.zero(SPECIES);
      c01 = FloatVector.zero(SPECIES);
      c10 = FloatVector.zero(SPECIES);
      c11 = FloatVector.zero(SPECIES);
      c20 = FloatVector.zero(SPECIES);
      c21 = FloatVector.zero(SPECIES);
      c30 = FloatVector.zero(SPECIES);
      c31 = FloatVector.zero(SPECIES);
    }
    for (int p = 0; p < k; p++) {
      var b0 = FloatVector.fromArray(SPECIES, b, bFrom + p * NR);
      var b1 = FloatVector.fromArray(SPECIES, b, bFrom + p * NR + LANES);
      int at = aFrom + p * kStride;
      var a0 = FloatVector.broadcast(SPECIES, a[at]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      var a1 = FloatVector.broadcast(SPECIES, a[at + rowStride]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      var a2 = FloatVector.broadcast(SPECIES, a[at + 2 * rowStride]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      var a3 = FloatVector.broadcast(SPECIES, a[at + 3 * rowStride]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    c00.intoArray(c, cFrom);
    c01.intoArray(c, cFrom + LANES);
    c10.intoArray(c, at1);
    c11.intoArray(c, at1 + LANES);
    c20.intoArray(c, at2);
    c21.intoArray(c, at2 + LANES);
    c30.intoArray(c, at3);
    c31.intoArray(c, at3 + LANES);
  }

  /** C[2 x NR] = (accumulate ? C : 0) + A[2 x k] · B[k x NR]. */
  private static void tile2(
      int k,
      float[] a,
      int aFrom,
      int rowStride,
      int kStride,
      float[] b,
      int bFrom,
      boolean accumulate,
      float[] c,
      int cFrom,
      int cStride) {
    int at1 = cFrom + cStride;
    FloatVector c00, c01, c10, c11;
    if (accumulate) {
      c00 = FloatVector.fromArray(SPECIES, c, cFrom);
      c01 = FloatVector.fromArray(SPECIES, c, cFrom + LANES);
      c10 = FloatVector.fromArray(SPECIES, c, at1);
      c11 = FloatVector.fromArray(SPECIES, c, at1 + LANES);
    } else {
      c00 = FloatVector.zero(SPECIES);
      c01 = FloatVector.zero(SPECIES);
      c10 = FloatVector.zero(SPECIES);
      c11 = FloatVector.zero(SPECIES);
    }
    for (int p = 0; p < k; p++) {
      var b0 = FloatVector.fromArray(SPECIES, b, bFrom + p * NR);
      var b1 = FloatVector.fromArray(SPECIES, b, bFrom + p * NR + LANES);
      int at = aFrom + p * kStride;
      var a0 = FloatVector.broadcast(SPECIES, a[at]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      var a1 = FloatVector.broadcast(SPECIES, a[at + rowStride]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
    }
    c00.intoArray(c, cFrom);
    c01.intoArray(c, cFrom + LANES);
    c10.intoArray(c, at1);
    c11.intoArray(c, at1 + LANES);
  }

  /** C[1 x NR] = (accumulate ? C : 0) + A[1 x k] · B[k x NR]. */
  private static void tile1(
      int k,
      float[] a,
      int aFrom,
      int kStride,
      float[] b,
      int bFrom,
      boolean accumulate,
      float[] c,
      int cFrom) {
    FloatVector c00, c01;
    if (accumulate) {
      c00 = FloatVector.fromArray(SPECIES, c, cFrom);
      c01 = FloatVector.fromArray(SPECIES, c, cFrom + LANES);
    } else {
      c00 = FloatVector.zero(SPECIES);
      c01 = FloatVector.zero(SPECIES);
    }
    for (int p = 0; p < k; p++) {
      var b0 = FloatVector.fromArray(SPECIES, b, bFrom + p * NR);
      var b1 = FloatVector.fromArray(SPECIES, b, bFrom + p * NR + LANES);
      int at = aFrom + p * kStride;
      var a0 = FloatVector.broadcast(SPECIES, a[at]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
    }
    c00.intoArray(c, cFrom);
    c01.intoArray(c, cFrom + LANES);
  }
}
