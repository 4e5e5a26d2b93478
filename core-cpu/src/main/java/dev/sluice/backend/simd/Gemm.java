package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.GemmKernels.MR;
import static dev.sluice.backend.simd.GemmKernels.NR;

/**
 * Blocked matrix products over a packed right factor, for one member of the team. A block of the left
 * factor is packed, then every panel's block stays in cache while all its rows pass over it; since the
 * kernels continue the sums from C, blocking does not change a bit.
 */
final class Gemm {
  /**
   * Steps of k in a block. A panel's block is 64 KB with 512-bit vectors, which L2 feeds to a tile:
   * 256, 512 and 1024 made no difference beyond the noise on an Emerald Rapids core, but packed columns
   * cost less with 512 than with 1024.
   */
  static final int KC = 512;

  /**
   * Rows in a block: 192 rows of 512 floats are 384 KB, less than half of one core's L2. The more there
   * are, the fewer times the panels come from L3 or memory.
   */
  static final int MC = 192;

  /**
   * Bytes of panels above which a product reads each ahead of its tiles, since they come from memory or
   * a far part of L3. Within a tile's window of reordering lie some 20 lines of a panel, too few to wait
   * for at once: from memory, 64 rows rose from 180 to 220 GFLOP/s on a Zen 5 core, while panels of 4 MB
   * would fall from 265 to 250.
   */
  private static final long FAR = 4 << 20;

  /** Floats in a cache line. */
  private static final int LINE = 16;

  /** Buffers of one member: a block of A, a tile of C and more. Made once, kept for good. */
  static final class Scratch {
    /** A block of A, at most {@link #MC} rows by {@link #KC} steps. */
    final PackedRows a = new PackedRows(MC, KC);

    /** For the packing of weights. */
    final SquareTranspose transpose = new SquareTranspose();

    private final float[] tile = new float[MC * NR];

    /** What was read ahead, so that the compiler has to read it. */
    private int ahead;

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
      return (long) team * (PackedRows.size(MC, KC) + SquareTranspose.size() + MC * NR);
    }
  }

  private Gemm() {}

  /** Rows of the blocks that so many rows are cut into: as equal as whole tiles can be; 0 for none. */
  static int blockRows(int rows) {
    int blocks = Math.max(1, Math.ceilDiv(rows, MC));
    int tiles = (rows + blocks * MR - 1) / (blocks * MR);
    return tiles * MR;
  }

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
    int most = blockRows(rows);
    for (int p = 0; p < k; p += KC) {
      int depth = Math.min(KC, k - p);
      for (int r = 0; r < rows; r += most) {
        int height = Math.min(most, rows - r);
        int from = aFrom + r * rowStride + p * kStride;
        if (kStride == 1) {
          scratch.a.packRows(a, from, rowStride, 0, height, depth);
        } else {
          scratch.a.packColumns(a, from, kStride, height, depth);
        }
        int to = cFrom + r * cStride;
        boolean add = accumulate || p > 0;
        panels(1, height, 0, depth, b, p, panelFrom, panelTo, add, c, to, 0, cStride, scratch);
      }
    }
  }

  /**
   * C = A · B for groups of rows: those of some sequences at several steps. A panel is read once for
   * many groups.
   *
   * @param rows of each group
   * @param a A[g, r, p] = a[aFrom + g * aGroup + r * aStride + p]
   * @param c C[g, r, n] = c[cFrom + g * cGroup + r * cStride + n]
   */
  static void multiplyGroups(
      int groups,
      int rows,
      float[] a,
      int aFrom,
      int aGroup,
      int aStride,
      PackedPanels b,
      int panelFrom,
      int panelTo,
      float[] c,
      int cFrom,
      int cGroup,
      int cStride,
      Scratch scratch) {
    int quads = (rows + 3) / 4;
    int most = MC / (4 * quads);
    if (most < 2) {
      for (int g = 0; g < groups; g++) {
        int from = aFrom + g * aGroup;
        int to = cFrom + g * cGroup;
        multiply(
            rows, a, from, aStride, 1, b, b.k, panelFrom, panelTo, false, c, to, cStride, scratch);
      }
      return;
    }
    for (int p = 0; p < b.k; p += KC) {
      int depth = Math.min(KC, b.k - p);
      for (int first = 0; first < groups; first += most) {
        int count = Math.min(most, groups - first);
        for (int g = 0; g < count; g++) {
          int from = aFrom + (first + g) * aGroup + p;
          scratch.a.packRows(a, from, aStride, g * quads, rows, depth);
        }
        int to = cFrom + first * cGroup;
        boolean add = p > 0;
        panels(
            count, rows, 0, depth, b, p, panelFrom, panelTo, add, c, to, cGroup, cStride, scratch);
      }
    }
  }

  /**
   * The packed block of A times panels of every block of B, over the steps {@code first} to {@code
   * end} of the block.
   *
   * @param groups of {@code rows} rows, each from a quad of its own on
   * @param k row of B that belongs to step 0
   */
  static void panels(
      int groups,
      int rows,
      int first,
      int end,
      PackedPanels b,
      int k,
      int panelFrom,
      int panelTo,
      boolean accumulate,
      float[] c,
      int cFrom,
      int cGroup,
      int cStride,
      Scratch scratch) {
    int depth = end - first;
    int groupSize = (rows + 3) / 4 * PackedRows.QUAD;
    boolean far = 4L * b.k * b.blocks * (panelTo - panelFrom) * NR > FAR;
    float[] a = scratch.a.data;
    float[] tile = scratch.tile;
    for (int block = 0; block < b.blocks; block++) {
      for (int panel = panelFrom; panel < panelTo; panel++) {
        int columns = b.columns(panel);
        int bAt = b.panel(block, panel) + (k + first) * NR;
        int aAt = scratch.a.at(first);
        int cAt = cFrom + block * b.blockColumns + panel * NR;
        if (far) {
          scratch.ahead += readAhead(b.data, bAt, depth * NR);
        }
        for (int g = 0; g < groups; g++, aAt += groupSize, cAt += cGroup) {
          if (columns == NR) {
            GemmKernels.strip(rows, depth, a, aAt, b.data, bAt, accumulate, c, cAt, cStride);
          } else { // the last panel is wider than C: by way of a full tile
            if (accumulate) {
              copy(rows, columns, c, cAt, cStride, tile, 0, NR);
            }
            GemmKernels.strip(rows, depth, a, aAt, b.data, bAt, accumulate, tile, 0, NR);
            copy(rows, columns, tile, 0, NR, c, cAt, cStride);
          }
        }
      }
    }
  }

  /** Brings data into the nearest caches: reads a float of each line. */
  private static int readAhead(float[] data, int from, int count) {
    int even = 0;
    int odd = 0;
    for (int i = from; i < from + count - LINE; i += 2 * LINE) {
      even += Float.floatToRawIntBits(data[i]);
      odd += Float.floatToRawIntBits(data[i + LINE]);
    }
    return even + odd;
  }

  private static void copy(
      int rows, int columns, float[] from, int at, int stride, float[] to, int toAt, int toStride) {
    for (int r = 0; r < rows; r++) {
      System.arraycopy(from, at + r * stride, to, toAt + r * toStride, columns);
    }
  }
}
