package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.GemmKernels.NR;

/**
 * The right factor of a matrix product, [K, N], cut into panels of {@link GemmKernels#NR} columns
 * that the kernels read front to back: element (p, n) of block g lies at panel(g, n / NR) + p * NR +
 * n % NR, and the columns that fill up a block's last panel are zero.
 *
 * <p>N may be made of several blocks of equal width (the gates), each starting a panel of its own, so
 * that a range of units is a range of panels in every block. Weights are packed once a sequence and
 * read by every step.
 */
final class PackedPanels {
  /**
   * Index of the first element. An array's elements begin 16 bytes behind its address, so where arrays
   * lie at cache lines ({@code -XX:ObjectAlignmentInBytes=64}, or large ones with G1) all vectors of all
   * panels do too. Vectors across two lines cost an Emerald Rapids core 6 % with tiles of 12 rows and
   * 38 % with tiles of 4.
   */
  static final int FIRST = 12;

  /** Panels, one behind the other, from {@link #FIRST} on. */
  final float[] data;

  /** K. */
  final int k;

  /** Columns of one block. */
  final int blockColumns;

  /** Panels of one block. */
  final int blockPanels;

  /** How many blocks. */
  final int blocks;

  PackedPanels(int k, int blocks, int blockColumns) {
    this(k, blocks, blockColumns, new float[size(k, blocks, blockColumns)]);
  }

  /** Packs into a given array of at least {@link #size} elements. */
  PackedPanels(int k, int blocks, int blockColumns, float[] data) {
    this.k = k;
    this.blocks = blocks;
    this.blockColumns = blockColumns;
    this.blockPanels = panels(blockColumns);
    this.data = data;
  }

  /** Panels that so many columns fill. */
  static int panels(int columns) {
    return (columns + NR - 1) / NR;
  }

  /** Elements of the array that holds the packed matrix. */
  static int size(int k, int blocks, int blockColumns) {
    return Math.toIntExact(FIRST + (long) k * blocks * panels(blockColumns) * NR);
  }

  /** Index of the first element of a panel. */
  int panel(int block, int panel) {
    return FIRST + (block * blockPanels + panel) * k * NR;
  }

  /** Columns of a panel that are not padding. */
  int columns(int panel) {
    return Math.min(NR, blockColumns - panel * NR);
  }

  /**
   * Packs one part of the panels of B[p, n] = source[from + p * stride + n], scaled.
   *
   * @param depth how many rows of B, at most k; the others keep what they hold
   * @param part of {@code parts}: each packs its own range of panels
   */
  void packRows(float[] source, int from, int stride, int depth, float scale, int part, int parts) {
    int total = blocks * blockPanels;
    for (int i = total * part / parts; i < total * (part + 1) / parts; i++) {
      int first = (i / blockPanels) * blockColumns + (i % blockPanels) * NR;
      int columns = columns(i % blockPanels);
      int to = FIRST + i * k * NR;
      for (int p = 0; p < depth; p++, to += NR) {
        int at = from + p * stride + first;
        if (scale == 1) {
          System.arraycopy(source, at, data, to, columns);
        } else {
          for (int j = 0; j < columns; j++) {
            data[to + j] = scale * source[at + j];
          }
        }
        for (int j = columns; j < NR; j++) {
          data[to + j] = 0;
        }
      }
    }
  }

  /** As {@link #packRows}, for B stored transposed: B[p, n] = source[from + n * stride + p]. */
  void packColumns(float[] source, int from, int stride, float scale, int part, int parts) {
    int total = blocks * blockPanels;
    for (int i = total * part / parts; i < total * (part + 1) / parts; i++) {
      int first = (i / blockPanels) * blockColumns + (i % blockPanels) * NR;
      int columns = columns(i % blockPanels);
      int to = FIRST + i * k * NR;
      // 16 steps of k at a time: a block of the panel that stays in L1 while columns are written
      for (int p = 0; p < k; p += 16) {
        int steps = Math.min(16, k - p);
        for (int j = 0; j < NR; j++) {
          int at = from + (first + j) * stride + p;
          int write = to + p * NR + j;
          if (j < columns) {
            for (int q = 0; q < steps; q++) {
              data[write + q * NR] = scale * source[at + q];
            }
          } else {
            for (int q = 0; q < steps; q++) {
              data[write + q * NR] = 0;
            }
          }
        }
      }
    }
  }
}
