package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;
import static dev.sluice.backend.simd.PackedRows.QUAD;

import jdk.incubator.vector.FloatVector;

/**
 * The innermost loops of every matrix product: register tiles of up to 12 rows by 2 vectors.
 *
 * <p>A tile's accumulators start from C, or from zero, and take one fused multiply-add for each k in
 * rising order, so an element of C has the same bits whatever the tile, the blocking, the vector width or the number
 * of threads.
 *
 * <p>Both factors come packed ({@link PackedRows}, {@link PackedPanels}); elements of A are broadcast.
 * Four rows by two vectors are 8 accumulators, as many as the multiply-add units need to stay busy, and
 * fit the 16 registers of AVX2, where six rows would make the compiler spill. Vectors of 512 bits come
 * with 32 registers, which {@link WideTiles} uses.
 */
final class GemmKernels {
  /** Whether there are registers for the tiles of {@link WideTiles}. */
  private static final boolean WIDE = LANES == 16;

  /** Rows of the largest tile. */
  static final int MR = WIDE ? 12 : 4;

  /** Columns of a tile: the width of a packed panel of B. */
  static final int NR = 2 * LANES;

  /** What the sums start from where C is overwritten: rows that lie at a distance of 0. */
  private static final float[] ZEROS = new float[NR];

  private GemmKernels() {}

  /**
   * Multiplies a strip of rows with one panel.
   *
   * @param rows of A and C
   * @param k extent of the inner sum, within one block of A
   * @param a quads of A, the first of which begins at {@code aFrom}
   * @param b the panel: B[p, j] = b[bFrom + p * NR + j]
   * @param accumulate whether C is added to, rather than overwritten
   * @param c C[r, j] = c[cFrom + r * cStride + j], j in 0..NR-1
   */
  static void strip(
      int rows,
      int k,
      float[] a,
      int aFrom,
      float[] b,
      int bFrom,
      boolean accumulate,
      float[] c,
      int cFrom,
      int cStride) {
    float[] start = accumulate ? c : ZEROS;
    int startStride = accumulate ? cStride : 0;
    int from = accumulate ? cFrom : 0;
    int r = 0;
    int at = aFrom;
    int to = cFrom;
    if (WIDE) {
      while (rows - r >= 12 && (rows - r) / 4 != 4) { // 16 rows are 8 + 8 rather than 12 + 4
        WideTiles.tile12(k, a, at, b, bFrom, start, from, startStride, c, to, cStride);
        r += 12;
        at += 3 * QUAD;
        from += 12 * startStride;
        to += 12 * cStride;
      }
      while (rows - r >= 8) {
        WideTiles.tile8(k, a, at, b, bFrom, start, from, startStride, c, to, cStride);
        r += 8;
        at += 2 * QUAD;
        from += 8 * startStride;
        to += 8 * cStride;
      }
    }
    while (rows - r >= 4) {
      tile4(k, a, at, b, bFrom, start, from, startStride, c, to, cStride);
      r += 4;
      at += QUAD;
      from += 4 * startStride;
      to += 4 * cStride;
    }
    if (rows - r >= 2) {
      tile2(k, a, at, b, bFrom, start, from, startStride, c, to, cStride);
      r += 2;
      at += 2;
      from += 2 * startStride;
      to += 2 * cStride;
    }
    if (r < rows) {
      tile1(k, a, at, b, bFrom, start, from, c, to);
    }
  }

  /** C[4 x NR] = start + A[4 x k] · B[k x NR], as in {@link WideTiles}. */
  private static void tile4(
      int k,
      float[] a,
      int aFrom,
      float[] b,
      int bFrom,
      float[] start,
      int startFrom,
      int startStride,
      float[] c,
      int cFrom,
      int cStride) {
    int at1 = cFrom + cStride;
    int at2 = cFrom + 2 * cStride;
    int at3 = cFrom + 3 * cStride;
    var a0 = FloatVector.fromArray(SPECIES, start, startFrom);
    var a1 = FloatVector.fromArray(SPECIES, start, startFrom + LANES);
    var b0 = FloatVector.fromArray(SPECIES, start, startFrom + startStride);
    var b1 = FloatVector.fromArray(SPECIES, start, startFrom + startStride + LANES);
    var c0 = FloatVector.fromArray(SPECIES, start, startFrom + 2 * startStride);
    var c1 = FloatVector.fromArray(SPECIES, start, startFrom + 2 * startStride + LANES);
    var d0 = FloatVector.fromArray(SPECIES, start, startFrom + 3 * startStride);
    var d1 = FloatVector.fromArray(SPECIES, start, startFrom + 3 * startStride + LANES);
    for (int p = 0; p < k; p++) {
      var left = FloatVector.fromArray(SPECIES, b, bFrom + p * NR);
      var right = FloatVector.fromArray(SPECIES, b, bFrom + p * NR + LANES);
      int at = aFrom + p * 4;
      var row0 = FloatVector.broadcast(SPECIES, a[at]);
      a0 = row0.fma(left, a0);
      a1 = row0.fma(right, a1);
      var row1 = FloatVector.broadcast(SPECIES, a[at + 1]);
      b0 = row1.fma(left, b0);
      b1 = row1.fma(right, b1);
      var row2 = FloatVector.broadcast(SPECIES, a[at + 2]);
      c0 = row2.fma(left, c0);
      c1 = row2.fma(right, c1);
      var row3 = FloatVector.broadcast(SPECIES, a[at + 3]);
      d0 = row3.fma(left, d0);
      d1 = row3.fma(right, d1);
    }
    a0.intoArray(c, cFrom);
    a1.intoArray(c, cFrom + LANES);
    b0.intoArray(c, at1);
    b1.intoArray(c, at1 + LANES);
    c0.intoArray(c, at2);
    c1.intoArray(c, at2 + LANES);
    d0.intoArray(c, at3);
    d1.intoArray(c, at3 + LANES);
  }

  /** C[2 x NR] = start + A[2 x k] · B[k x NR]. */
  private static void tile2(
      int k,
      float[] a,
      int aFrom,
      float[] b,
      int bFrom,
      float[] start,
      int startFrom,
      int startStride,
      float[] c,
      int cFrom,
      int cStride) {
    int at1 = cFrom + cStride;
    var a0 = FloatVector.fromArray(SPECIES, start, startFrom);
    var a1 = FloatVector.fromArray(SPECIES, start, startFrom + LANES);
    var b0 = FloatVector.fromArray(SPECIES, start, startFrom + startStride);
    var b1 = FloatVector.fromArray(SPECIES, start, startFrom + startStride + LANES);
    for (int p = 0; p < k; p++) {
      var left = FloatVector.fromArray(SPECIES, b, bFrom + p * NR);
      var right = FloatVector.fromArray(SPECIES, b, bFrom + p * NR + LANES);
      int at = aFrom + p * 4;
      var row0 = FloatVector.broadcast(SPECIES, a[at]);
      a0 = row0.fma(left, a0);
      a1 = row0.fma(right, a1);
      var row1 = FloatVector.broadcast(SPECIES, a[at + 1]);
      b0 = row1.fma(left, b0);
      b1 = row1.fma(right, b1);
    }
    a0.intoArray(c, cFrom);
    a1.intoArray(c, cFrom + LANES);
    b0.intoArray(c, at1);
    b1.intoArray(c, at1 + LANES);
  }

  /** C[1 x NR] = start + A[1 x k] · B[k x NR]. */
  private static void tile1(
      int k,
      float[] a,
      int aFrom,
      float[] b,
      int bFrom,
      float[] start,
      int startFrom,
      float[] c,
      int cFrom) {
    var a0 = FloatVector.fromArray(SPECIES, start, startFrom);
    var a1 = FloatVector.fromArray(SPECIES, start, startFrom + LANES);
    for (int p = 0; p < k; p++) {
      var left = FloatVector.fromArray(SPECIES, b, bFrom + p * NR);
      var right = FloatVector.fromArray(SPECIES, b, bFrom + p * NR + LANES);
      int at = aFrom + p * 4;
      var row0 = FloatVector.broadcast(SPECIES, a[at]);
      a0 = row0.fma(left, a0);
      a1 = row0.fma(right, a1);
    }
    a0.intoArray(c, cFrom);
    a1.intoArray(c, cFrom + LANES);
  }
}
