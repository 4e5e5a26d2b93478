package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.GemmKernels.NR;
import static dev.sluice.backend.simd.Lanes.FIRST;
import static dev.sluice.backend.simd.Lanes.LANES;

/**
 * The right factor of a matrix product, [K, N], cut into panels of {@link GemmKernels#NR} columns
 * that the kernels read front to back: element (p, n) of block g lies at panel(g, n / NR) + p * NR +
 * n % NR, and the columns that fill up a block's last panel are zero.
 *
 * <p>N may be made of several blocks of equal width (the gates), each starting a panel of its own, so
 * that a range of units is a range of panels in every block. Weights are packed once a pass at most
 * and read by every step.
 */
final class PackedPanels {
  /** Panels, one behind the other, from {@link Lanes#FIRST} on. */
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
   * Packs one part of the panels of B[row + p, n] = source[from + p * stride + n], scaled.
   *
   * @param row first row of B to be packed
   * @param depth how many; the other rows keep what they hold
   * @param part of {@code parts}: each packs its own range of panels
   */
  void packRows(
      float[] source, int from, int stride, int row, int depth, float scale, int part, int parts) {
    int total = blocks * blockPanels;
    for (int i = total * part / parts; i < total * (part + 1) / parts; i++) {
      int first = firstColumn(i);
      int columns = columns(i % blockPanels);
      int to = FIRST + (i * k + row) * NR;
      for (int p = 0; p < depth; p++, to += NR) {
        int at = from + p * stride + first;
        if (scale == 1) {
          System.arraycopy(source, at, data, to, columns);
        } else {
          for (int j = 0; j < columns; j++) {
            data[to + j] = scale * source[at + j];
          }
        }
        clear(to, columns);
      }
    }
  }

  /**
   * As {@link #packRows}, all rows of B stored transposed: B[p, n] = source[from + n * stride + p].
   */
  void packColumns(
      float[] source,
      int from,
      int stride,
      float scale,
      int part,
      int parts,
      SquareTranspose transpose) {
    int total = blocks * blockPanels;
    for (int i = total * part / parts; i < total * (part + 1) / parts; i++) {
      int at = from + firstColumn(i) * stride;
      int columns = columns(i % blockPanels);
      int to = FIRST + i * k * NR;
      int squares = columns / LANES * LANES;
      int p = 0;
      for (; p <= k - LANES; p += LANES) {
        for (int j = 0; j < squares; j += LANES) {
          transpose.run(source, at + j * stride + p, stride, scale, data, to + p * NR + j, NR);
        }
        copyColumns(source, at + p, stride, scale, squares, columns, LANES, to + p * NR);
      }
      copyColumns(source, at + p, stride, scale, 0, columns, k - p, to + p * NR);
      for (int q = 0; q < k; q++) {
        clear(to + q * NR, columns);
      }
    }
  }

  /** Packs columns {@code first} to {@code end} of a panel, one number after the other. */
  private void copyColumns(
      float[] source, int from, int stride, float scale, int first, int end, int steps, int to) {
    for (int j = first; j < end; j++) {
      for (int p = 0; p < steps; p++) {
        data[to + p * NR + j] = scale * source[from + j * stride + p];
      }
    }
  }

  private int firstColumn(int panel) {
    return panel / blockPanels * blockColumns + panel % blockPanels * NR;
  }

  /** Zeroes what so many columns leave of a row of a panel. */
  private void clear(int row, int columns) {
    for (int j = columns; j < NR; j++) {
      data[row + j] = 0;
    }
  }
}
