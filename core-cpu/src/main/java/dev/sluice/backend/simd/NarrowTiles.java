package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.GemmKernels.NR;
import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * The register tile of {@link GemmKernels} for the 16 registers of AVX2 and rows of A that are
 * contiguous. Since k then has a stride of 1, the compiler proves all reads of A in range before the
 * loop, which leaves 33 instructions to 12 multiply-adds; with a stride that is a variable there are 42,
 * more than a core takes in the six cycles of the multiply-adds. Measured on one Zen 4 core with 256-bit
 * vectors at 96x256x1024, the shortest of thousands of calls: 112 GFLOP/s, and 97 with a variable stride.
 *
 * <p>Columns packed a constant or a variable distance apart, read by constant offsets, reached 49 only,
 * against 93 of the tile with two variable strides; they use that.
 */
final class NarrowTiles {
  private NarrowTiles() {}

  /** C[6 x NR] = (accumulate ? C : 0) + A[6 x k] · B[k x NR], each row of A contiguous. */
  static void rows(
      int k,
      float[] a,
      int aFrom,
      int rowStride,
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
    int row1 = aFrom + rowStride;
    int row2 = aFrom + 2 * rowStride;
    int row3 = aFrom + 3 * rowStride;
    int row4 = aFrom + 4 * rowStride;
    int row5 = aFrom + 5 * rowStride;
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
      var a0 = FloatVector.broadcast(SPECIES, a[aFrom + p]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      var a1 = FloatVector.broadcast(SPECIES, a[row1 + p]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      var a2 = FloatVector.broadcast(SPECIES, a[row2 + p]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      var a3 = FloatVector.broadcast(SPECIES, a[row3 + p]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      var a4 = FloatVector.broadcast(SPECIES, a[row4 + p]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      var a5 = FloatVector.broadcast(SPECIES, a[row5 + p]);
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
}
