package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.GemmKernels.NR;
import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;
import static dev.sluice.backend.simd.PackedRows.QUAD;

import jdk.incubator.vector.FloatVector;

/**
 * Register tiles of {@link GemmKernels} for the 32 registers of AVX-512: they read a panel of B half or
 * a third as often as four rows do. What the sums start from has rows that lie {@code startStride} apart:
 * C itself, or a row of zeros at a distance of 0.
 */
final class WideTiles {
  private WideTiles() {}

  /** C[12 x NR] = start + A[12 x k] · B[k x NR]. */
  static void tile12(
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
    int at4 = cFrom + 4 * cStride;
    int at5 = cFrom + 5 * cStride;
    int at6 = cFrom + 6 * cStride;
    int at7 = cFrom + 7 * cStride;
    int at8 = cFrom + 8 * cStride;
    int at9 = cFrom + 9 * cStride;
    int at10 = cFrom + 10 * cStride;
    int at11 = cFrom + 11 * cStride;
    var a0 = FloatVector.fromArray(SPECIES, start, startFrom);
    var a1 = FloatVector.fromArray(SPECIES, start, startFrom + LANES);
    var b0 = FloatVector.fromArray(SPECIES, start, startFrom + startStride);
    var b1 = FloatVector.fromArray(SPECIES, start, startFrom + startStride + LANES);
    var c0 = FloatVector.fromArray(SPECIES, start, startFrom + 2 * startStride);
    var c1 = FloatVector.fromArray(SPECIES, start, startFrom + 2 * startStride + LANES);
    var d0 = FloatVector.fromArray(SPECIES, start, startFrom + 3 * startStride);
    var d1 = FloatVector.fromArray(SPECIES, start, startFrom + 3 * startStride + LANES);
    var e0 = FloatVector.fromArray(SPECIES, start, startFrom + 4 * startStride);
    var e1 = FloatVector.fromArray(SPECIES, start, startFrom + 4 * startStride + LANES);
    var f0 = FloatVector.fromArray(SPECIES, start, startFrom + 5 * startStride);
    var f1 = FloatVector.fromArray(SPECIES, start, startFrom + 5 * startStride + LANES);
    var g0 = FloatVector.fromArray(SPECIES, start, startFrom + 6 * startStride);
    var g1 = FloatVector.fromArray(SPECIES, start, startFrom + 6 * startStride + LANES);
    var h0 = FloatVector.fromArray(SPECIES, start, startFrom + 7 * startStride);
    var h1 = FloatVector.fromArray(SPECIES, start, startFrom + 7 * startStride + LANES);
    var i0 = FloatVector.fromArray(SPECIES, start, startFrom + 8 * startStride);
    var i1 = FloatVector.fromArray(SPECIES, start, startFrom + 8 * startStride + LANES);
    var j0 = FloatVector.fromArray(SPECIES, start, startFrom + 9 * startStride);
    var j1 = FloatVector.fromArray(SPECIES, start, startFrom + 9 * startStride + LANES);
    var k0 = FloatVector.fromArray(SPECIES, start, startFrom + 10 * startStride);
    var k1 = FloatVector.fromArray(SPECIES, start, startFrom + 10 * startStride + LANES);
    var l0 = FloatVector.fromArray(SPECIES, start, startFrom + 11 * startStride);
    var l1 = FloatVector.fromArray(SPECIES, start, startFrom + 11 * startStride + LANES);
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
      var row4 = FloatVector.broadcast(SPECIES, a[at + QUAD]);
      e0 = row4.fma(left, e0);
      e1 = row4.fma(right, e1);
      var row5 = FloatVector.broadcast(SPECIES, a[at + QUAD + 1]);
      f0 = row5.fma(left, f0);
      f1 = row5.fma(right, f1);
      var row6 = FloatVector.broadcast(SPECIES, a[at + QUAD + 2]);
      g0 = row6.fma(left, g0);
      g1 = row6.fma(right, g1);
      var row7 = FloatVector.broadcast(SPECIES, a[at + QUAD + 3]);
      h0 = row7.fma(left, h0);
      h1 = row7.fma(right, h1);
      var row8 = FloatVector.broadcast(SPECIES, a[at + 2 * QUAD]);
      i0 = row8.fma(left, i0);
      i1 = row8.fma(right, i1);
      var row9 = FloatVector.broadcast(SPECIES, a[at + 2 * QUAD + 1]);
      j0 = row9.fma(left, j0);
      j1 = row9.fma(right, j1);
      var row10 = FloatVector.broadcast(SPECIES, a[at + 2 * QUAD + 2]);
      k0 = row10.fma(left, k0);
      k1 = row10.fma(right, k1);
      var row11 = FloatVector.broadcast(SPECIES, a[at + 2 * QUAD + 3]);
      l0 = row11.fma(left, l0);
      l1 = row11.fma(right, l1);
    }
    a0.intoArray(c, cFrom);
    a1.intoArray(c, cFrom + LANES);
    b0.intoArray(c, at1);
    b1.intoArray(c, at1 + LANES);
    c0.intoArray(c, at2);
    c1.intoArray(c, at2 + LANES);
    d0.intoArray(c, at3);
    d1.intoArray(c, at3 + LANES);
    e0.intoArray(c, at4);
    e1.intoArray(c, at4 + LANES);
    f0.intoArray(c, at5);
    f1.intoArray(c, at5 + LANES);
    g0.intoArray(c, at6);
    g1.intoArray(c, at6 + LANES);
    h0.intoArray(c, at7);
    h1.intoArray(c, at7 + LANES);
    i0.intoArray(c, at8);
    i1.intoArray(c, at8 + LANES);
    j0.intoArray(c, at9);
    j1.intoArray(c, at9 + LANES);
    k0.intoArray(c, at10);
    k1.intoArray(c, at10 + LANES);
    l0.intoArray(c, at11);
    l1.intoArray(c, at11 + LANES);
  }

  /** C[8 x NR] = start + A[8 x k] · B[k x NR]. */
  static void tile8(
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
    int at4 = cFrom + 4 * cStride;
    int at5 = cFrom + 5 * cStride;
    int at6 = cFrom + 6 * cStride;
    int at7 = cFrom + 7 * cStride;
    var a0 = FloatVector.fromArray(SPECIES, start, startFrom);
    var a1 = FloatVector.fromArray(SPECIES, start, startFrom + LANES);
    var b0 = FloatVector.fromArray(SPECIES, start, startFrom + startStride);
    var b1 = FloatVector.fromArray(SPECIES, start, startFrom + startStride + LANES);
    var c0 = FloatVector.fromArray(SPECIES, start, startFrom + 2 * startStride);
    var c1 = FloatVector.fromArray(SPECIES, start, startFrom + 2 * startStride + LANES);
    var d0 = FloatVector.fromArray(SPECIES, start, startFrom + 3 * startStride);
    var d1 = FloatVector.fromArray(SPECIES, start, startFrom + 3 * startStride + LANES);
    var e0 = FloatVector.fromArray(SPECIES, start, startFrom + 4 * startStride);
    var e1 = FloatVector.fromArray(SPECIES, start, startFrom + 4 * startStride + LANES);
    var f0 = FloatVector.fromArray(SPECIES, start, startFrom + 5 * startStride);
    var f1 = FloatVector.fromArray(SPECIES, start, startFrom + 5 * startStride + LANES);
    var g0 = FloatVector.fromArray(SPECIES, start, startFrom + 6 * startStride);
    var g1 = FloatVector.fromArray(SPECIES, start, startFrom + 6 * startStride + LANES);
    var h0 = FloatVector.fromArray(SPECIES, start, startFrom + 7 * startStride);
    var h1 = FloatVector.fromArray(SPECIES, start, startFrom + 7 * startStride + LANES);
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
      var row4 = FloatVector.broadcast(SPECIES, a[at + QUAD]);
      e0 = row4.fma(left, e0);
      e1 = row4.fma(right, e1);
      var row5 = FloatVector.broadcast(SPECIES, a[at + QUAD + 1]);
      f0 = row5.fma(left, f0);
      f1 = row5.fma(right, f1);
      var row6 = FloatVector.broadcast(SPECIES, a[at + QUAD + 2]);
      g0 = row6.fma(left, g0);
      g1 = row6.fma(right, g1);
      var row7 = FloatVector.broadcast(SPECIES, a[at + QUAD + 3]);
      h0 = row7.fma(left, h0);
      h1 = row7.fma(right, h1);
    }
    a0.intoArray(c, cFrom);
    a1.intoArray(c, cFrom + LANES);
    b0.intoArray(c, at1);
    b1.intoArray(c, at1 + LANES);
    c0.intoArray(c, at2);
    c1.intoArray(c, at2 + LANES);
    d0.intoArray(c, at3);
    d1.intoArray(c, at3 + LANES);
    e0.intoArray(c, at4);
    e1.intoArray(c, at4 + LANES);
    f0.intoArray(c, at5);
    f1.intoArray(c, at5 + LANES);
    g0.intoArray(c, at6);
    g1.intoArray(c, at6 + LANES);
    h0.intoArray(c, at7);
    h1.intoArray(c, at7 + LANES);
  }
}
