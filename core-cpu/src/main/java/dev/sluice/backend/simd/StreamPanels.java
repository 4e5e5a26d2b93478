package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.GemmKernels.NR;
import static dev.sluice.backend.simd.Lanes.FIRST;
import static dev.sluice.backend.simd.Lanes.LANES;

import dev.sluice.backend.WeightStorage;
import java.util.Arrays;

/**
 * A weight matrix [N, K] that is multiplied with few rows at a time, x · Wᵀ, so that reading it is what
 * costs: packed once, in fewer bytes where that is wanted, each member of the team its own columns.
 *
 * <p>Every element of the result is one chain of fused multiply-adds in rising k, whatever the number
 * of rows, of members, or the vector width; {@link WeightStorage#INT8} multiplies the finished chain by
 * its scale and adds the product to what is there, in one rounding.
 */
final class StreamPanels {
  /**
   * Steps of k whose weights are decoded at once for several rows: 16 KB with 512-bit vectors. They
   * divide {@link Gemm#KC}, so that they lie in one block of the packed rows.
   */
  private static final int DECODED = 128;

  /**
   * Bytes of a part's weights in single precision from which on two panels are read at once: one Zen 5
   * core read 32 MB at 66 instead of 54 GB/s, 64 MB at 55 instead of 36; at 1 MB it lost a tenth.
   */
  private static final long TWO_STREAMS = 2 << 20;

  /** Columns of the widest panel. */
  private static final int WIDEST = 4 * LANES;

  /** Floats behind an array that keep the next member's off its last cache line. */
  private static final int PADDING = 32;

  /** What one member needs beside the weights. */
  static final class Scratch {
    private final float[] sums;
    private final float[] wide;
    private final float[] decoded;

    /** The rows, where there are several. */
    private final PackedRows packed;

    /**
     * @param rows B
     * @param k largest extent of the sums
     */
    Scratch(int rows, int k) {
      sums = new float[rows * WIDEST + PADDING];
      wide = new float[sums.length];
      decoded = new float[decodedSize(rows)];
      packed = rows == 1 ? null : new PackedRows(rows, k);
    }

    /** Floats that it holds. */
    static long size(int rows, int k) {
      long packed = rows == 1 ? 0 : PackedRows.size(rows, k);
      return 2L * (rows * WIDEST + PADDING) + decodedSize(rows) + packed;
    }

    private static int decodedSize(int rows) {
      return rows == 1 ? 0 : FIRST + DECODED * WIDEST;
    }
  }

  private final WeightStorage storage;
  private final StreamLayout layout;
  private final int rows;
  private final int k;

  /** The weights, from {@link Lanes#FIRST} on: one of the two is empty. */
  private final float[] floats;

  private final int[] packed;

  /** Scales of {@link WeightStorage#INT8}, in the order of the packed columns. */
  private final float[] scales;

  /**
   * @param rows B
   * @param k extent of the sums
   * @param blocks the columns are blocks of so many
   * @param columns of each block
   * @param parts members that share the columns
   */
  StreamPanels(WeightStorage storage, int rows, int k, int blocks, int columns, int parts) {
    this.storage = storage;
    this.rows = rows;
    this.k = k;
    layout = new StreamLayout(storage, rows, blocks, columns, parts);
    long size = (long) layout.paddedColumns() * k;
    int perInt = Integer.BYTES / storage.bytes();
    floats = new float[perInt == 1 ? Math.toIntExact(FIRST + size) : 0];
    packed = new int[perInt == 1 ? 0 : Math.toIntExact(FIRST + size / perInt)];
    scales = new float[storage == WeightStorage.INT8 ? layout.paddedColumns() : 0];
  }

  /** Bytes that it holds. */
  long bytes() {
    return 4L * floats.length + 4L * packed.length + 4L * scales.length;
  }

  /** Packs one part's columns: row n of the matrix is at {@code from + n * k}. */
  void pack(float[] weights, int from, int part) {
    for (int panel = layout.panelFrom(part); panel < layout.panelFrom(part + 1); panel++) {
      int width = layout.vectors(panel) * LANES;
      int before = layout.columnsBefore(panel);
      if (storage != WeightStorage.FLOAT32) {
        int perInt = Integer.BYTES / storage.bytes();
        Arrays.fill(packed, FIRST + before / perInt * k, FIRST + (before + width) / perInt * k, 0);
      }
      for (int j = 0; j < layout.columns(panel); j++) {
        int row = from + (layout.firstColumn(panel) + j) * k;
        switch (storage) {
          case FLOAT32 -> packFloats(weights, row, FIRST + before * k + j, width);
          case BFLOAT16 -> packHalves(weights, row, FIRST + before / 2 * k, j, width / 2);
          case INT8 -> {
            float scale = WeightStorage.scale(weights, row, k);
            scales[before + j] = scale * StreamKernels8.UNIT;
            packBytes(weights, row, scale, FIRST + before / 4 * k, j, width / 4);
          }
        }
      }
    }
  }

  private void packFloats(float[] weights, int row, int to, int stride) {
    for (int p = 0; p < k; p++) {
      floats[to + p * stride] = weights[row + p];
    }
  }

  private void packHalves(float[] weights, int row, int panelAt, int j, int stride) {
    int shift = j / LANES % 2 * 16;
    int to = panelAt + j / (2 * LANES) * LANES + j % LANES;
    for (int p = 0; p < k; p++) {
      packed[to + p * stride] |= WeightStorage.bfloat16(weights[row + p]) << shift;
    }
  }

  private void packBytes(float[] weights, int row, float scale, int panelAt, int j, int stride) {
    int shift = j / LANES * 8;
    int to = panelAt + j % LANES;
    for (int p = 0; p < k; p++) {
      packed[to + p * stride] |= (WeightStorage.quantized(weights[row + p], scale) & 0xFF) << shift;
    }
  }

  /**
   * out = (accumulate ? out : 0) + x · Wᵀ for a part's columns of all rows.
   *
   * @param x row r from {@code xAt + r * xStride}
   * @param out row r from {@code outAt + r * outStride}
   */
  void multiply(
      int part,
      float[] x,
      int xAt,
      int xStride,
      boolean accumulate,
      float[] out,
      int outAt,
      int outStride,
      Scratch scratch) {
    if (rows > 1) {
      scratch.packed.packRows(x, xAt, xStride, 0, rows, k);
    }
    int first = layout.panelFrom(part);
    int count = layout.panelFrom(part + 1) - first;
    int pairs = inPairs(first, count) ? count / 2 : 0;
    for (int i = 0; i < pairs; i++) {
      int second = first + pairs + i;
      if (isWhole(first + i) && isWhole(second)) {
        multiplyTwo(first + i, second, x, xAt, accumulate, out, outAt);
      } else {
        multiplyColumns(first + i, x, xAt, accumulate, out, outAt, outStride, scratch);
        multiplyColumns(second, x, xAt, accumulate, out, outAt, outStride, scratch);
      }
    }
    for (int i = 2 * pairs; i < count; i++) {
      multiplyColumns(first + i, x, xAt, accumulate, out, outAt, outStride, scratch);
    }
  }

  /**
   * Whether so many panels are better read two at a time: in bfloat16 all, since decoding hides behind
   * eight sums but not behind four.
   */
  private boolean inPairs(int first, int count) {
    int columns = layout.columnsBefore(first + count) - layout.columnsBefore(first);
    return rows == 1
        && switch (storage) {
          case FLOAT32 -> 4L * columns * k >= TWO_STREAMS;
          case BFLOAT16 -> true;
          case INT8 -> false;
        };
  }

  /** Whether a panel has the width of {@link StreamKernels32#multiplyTwo}, and no padding. */
  private boolean isWhole(int panel) {
    return layout.vectors(panel) == 4 && layout.columns(panel) == 4 * LANES;
  }

  /** Where a panel's weights begin. */
  private int from(int panel) {
    return FIRST + Math.toIntExact((long) layout.columnsBefore(panel) * k * storage.bytes() / 4);
  }

  private void multiplyTwo(
      int panel, int second, float[] x, int xAt, boolean accumulate, float[] out, int outAt) {
    int at = outAt + layout.firstColumn(panel);
    int secondAt = outAt + layout.firstColumn(second);
    if (!accumulate) {
      Arrays.fill(out, at, at + 4 * LANES, 0);
      Arrays.fill(out, secondAt, secondAt + 4 * LANES, 0);
    }
    int from = from(panel);
    int secondFrom = from(second);
    if (storage == WeightStorage.FLOAT32) {
      StreamKernels32.multiplyTwo(k, x, xAt, floats, from, secondFrom, out, at, secondAt);
    } else {
      StreamKernels16.multiplyTwo(k, x, xAt, packed, from, secondFrom, out, at, secondAt);
    }
  }

  /** One panel, of which only some columns may have a place in {@code out}. */
  private void multiplyColumns(
      int panel,
      float[] x,
      int xAt,
      boolean accumulate,
      float[] out,
      int outAt,
      int outStride,
      Scratch scratch) {
    int width = layout.vectors(panel) * LANES;
    int columns = layout.columns(panel);
    int at = outAt + layout.firstColumn(panel);
    if (columns == width) {
      multiplyPanel(panel, x, xAt, accumulate, out, at, outStride, scratch);
    } else { // the panel is wider than what is left of the block
      float[] wide = scratch.wide;
      for (int r = 0; accumulate && r < rows; r++) {
        System.arraycopy(out, at + r * outStride, wide, r * width, columns);
      }
      multiplyPanel(panel, x, xAt, accumulate, wide, 0, width, scratch);
      for (int r = 0; r < rows; r++) {
        System.arraycopy(wide, r * width, out, at + r * outStride, columns);
      }
    }
  }

  /** One panel, whose columns all have a place in {@code out}. */
  private void multiplyPanel(
      int panel,
      float[] x,
      int xAt,
      boolean accumulate,
      float[] out,
      int outAt,
      int outStride,
      Scratch scratch) {
    int width = layout.vectors(panel) * LANES;
    if (!accumulate) {
      clear(out, outAt, outStride, width);
    }
    if (storage != WeightStorage.INT8) {
      sum(panel, x, xAt, out, outAt, outStride, scratch);
      return;
    }
    clear(scratch.sums, 0, width, width);
    sum(panel, x, xAt, scratch.sums, 0, width, scratch);
    int before = layout.columnsBefore(panel);
    for (int r = 0; r < rows; r++) {
      StreamKernels8.scale(
          scales, before, scratch.sums, r * width, out, outAt + r * outStride, width);
    }
  }

  private void clear(float[] array, int at, int stride, int width) {
    for (int r = 0; r < rows; r++) {
      Arrays.fill(array, at + r * stride, at + r * stride + width, 0);
    }
  }

  /** Adds the products with the weights as they are stored, scales left aside. */
  private void sum(
      int panel, float[] x, int xAt, float[] out, int outAt, int outStride, Scratch scratch) {
    int vectors = layout.vectors(panel);
    int from = from(panel);
    if (rows == 1) {
      switch (storage) {
        case FLOAT32 -> StreamKernels32.multiply(vectors, k, x, xAt, floats, from, out, outAt);
        case BFLOAT16 -> StreamKernels16.multiply(vectors, k, x, xAt, packed, from, out, outAt);
        case INT8 -> StreamKernels8.multiply(k, x, xAt, packed, from, out, outAt);
      }
      return;
    }
    // Several rows: weights of a few steps of k become panels of floats, which all rows pass over.
    float[] rowsOf = scratch.packed.data;
    float[] decoded = scratch.decoded;
    for (int p = 0; p < k; p += DECODED) {
      int depth = Math.min(DECODED, k - p);
      int at = scratch.packed.at(p);
      switch (storage) {
        case FLOAT32 -> strip(depth, rowsOf, at, floats, from + p * NR, out, outAt, outStride);
        case BFLOAT16 -> {
          StreamKernels16.decode(depth, packed, from + p * LANES, decoded, FIRST);
          strip(depth, rowsOf, at, decoded, FIRST, out, outAt, outStride);
        }
        case INT8 -> {
          int second = FIRST + DECODED * NR;
          StreamKernels8.decode(depth, packed, from + p * LANES, decoded, FIRST, second);
          strip(depth, rowsOf, at, decoded, FIRST, out, outAt, outStride);
          strip(depth, rowsOf, at, decoded, second, out, outAt + NR, outStride);
        }
      }
    }
  }

  private void strip(
      int depth,
      float[] a,
      int aFrom,
      float[] panel,
      int panelAt,
      float[] out,
      int outAt,
      int outStride) {
    GemmKernels.strip(rows, depth, a, aFrom, panel, panelAt, true, out, outAt, outStride);
  }
}
