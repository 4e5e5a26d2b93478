package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.GemmKernels.NR;

/**
 * Blocked matrix products over a packed right factor, for one member of the team. The inner extent is
 * walked in blocks so that a panel's block stays in cache while all rows pass over it; since the kernels
 * continue the sums from C, blocking does not change a bit.
 */
final class Gemm {
  /**
   * Steps of k in a block: tiles as long as L2 can feed them beat panels that fit L1. Measured at
   * 64x2048x1024 on one Zen 4 core: 512 111, 1024 114 GFLOP/s.
   */
  static final int KC = 1024;

  /** Rows in a block: 96 rows of 1024 floats are 384 KB, less than half of one core's L2. */
  private static final int MC = 96;

  /** Buffers of one member: a block of A and a tile of C. Made once, kept for good. */
  static final class Scratch {
    private final PackedRows a = new PackedRows(MC, KC);
    private final float[] tile = new float[MC * NR];

    /** One for each member of a team. */
    static Scratch[] forTeam(int size) {
      Scratch[] scratch = new Scratch[size];
      for (int i = 0; i < size; i++) {
        scratch[i] = new Scratch();
      }
      return scratch;
    }

    /** Floats that {@link #forTeam} allocates. */
    static long size(int team) {
      return (long) team * (PackedRows.size(MC, KC) + MC * NR);
    }
  }

  private Gemm() {}

  /**
   * C = (accumulate ? C : 0) + A · B for the same range of panels of every block of B.
   *
   * @param rows of A and C
   * @param a A[r, p] = a[aFrom + r * rowStride + p * kStride]; one of the strides is 1
   * @param k how many rows of B, from its first on
   * @param panelFrom first panel within each block
   * @param panelTo end of the panels
   * @param c C[r, n] = c[cFrom + r * cStride + n]
   */
  static void multiply(
      int rows,
      float[] a,
      int aFrom,
      int rowStride,
      int kStride,
      PackedPanels b,
      int k,
      int panelFrom,
      int panelTo,
      boolean accumulate,
      float[] c,
      int cFrom,
      int cStride,
      Scratch scratch) {
    for (int p = 0; p < k; p += KC) {
      int depth = Math.min(KC, k - p);
      for (int r = 0; r < rows; r += MC) {
        int height = Math.min(MC, rows - r);
        int from = aFrom + r * rowStride + p * kStride;
        if (kStride == 1) {
          scratch.a.packRows(a, from, rowStride, height, depth);
        } else {
          scratch.a.packColumns(a, from, kStride, height, depth);
        }
        for (int block = 0; block < b.blocks; block++) {
          int to = cFrom + r * cStride + block * b.blockColumns;
          panels(
              height,
              depth,
              scratch.a.data,
              b,
              b.panel(block, 0) + p * NR,
              panelFrom,
              panelTo,
              accumulate || p > 0,
              c,
              to,
              cStride,
              scratch.tile);
        }
      }
    }
  }

  /** A block of A times the panels of one block of B, the first of which begins at {@code bFrom}. */
  private static void panels(
      int rows,
      int k,
      float[] a,
      PackedPanels b,
      int bFrom,
      int panelFrom,
      int panelTo,
      boolean accumulate,
      float[] c,
      int cFrom,
      int cStride,
      float[] tile) {
    for (int panel = panelFrom; panel < panelTo; panel++) {
      int columns = b.columns(panel);
      int bAt = bFrom + panel * b.k * NR;
      int cAt = cFrom + panel * NR;
      if (columns == NR) {
        GemmKernels.strip(rows, k, a, 0, b.data, bAt, accumulate, c, cAt, cStride);
      } else { // the last panel is wider than C: by way of a full tile
        if (accumulate) {
          copy(rows, columns, c, cAt, cStride, tile, 0, NR);
        }
        GemmKernels.strip(rows, k, a, 0, b.data, bAt, accumulate, tile, 0, NR);
        copy(rows, columns, tile, 0, NR, c, cAt, cStride);
      }
    }
  }

  private static void copy(
      int rows, int columns, float[] from, int at, int stride, float[] to, int toAt, int toStride) {
    for (int r = 0; r < rows; r++) {
      System.arraycopy(from, at + r * stride, to, toAt + r * toStride, columns);
    }
  }
}
