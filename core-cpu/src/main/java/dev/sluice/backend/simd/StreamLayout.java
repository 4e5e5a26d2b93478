package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;

import dev.sluice.backend.WeightStorage;
import java.util.Arrays;

/**
 * Which columns of a matrix product lie where in its packed weights, when each member of the team owns
 * a range of units and reads its weights front to back: part by part, block (gate) by block, panel by
 * panel. A panel is some neighbouring columns that a kernel multiplies at once; a block's last panel
 * within a part may be padded.
 */
final class StreamLayout {
  /** For each part, its first panel; and the end of the last. */
  private final int[] partPanels;

  /** For each panel: its first column in a row of the result, how many it has, and its vectors. */
  private int[] firstColumn = new int[16];

  private int[] columns = new int[16];
  private int[] vectors = new int[16];

  /** For each panel, the packed columns of all panels before it; then those of all. */
  private int[] columnsBefore = new int[17];

  private int panels;

  /**
   * @param rows B: a single row has kernels of its own, several take {@link GemmKernels}
   * @param blocks of columns
   * @param units columns of one block: H
   */
  StreamLayout(WeightStorage storage, int rows, int blocks, int units, int parts) {
    partPanels = new int[parts + 1];
    for (int part = 0; part < parts; part++) {
      int from = unitFrom(rows, units, part, parts);
      int to = unitFrom(rows, units, part + 1, parts);
      for (int block = 0; block < blocks; block++) {
        for (int unit = from; unit < to; unit += vectors[panels - 1] * LANES) {
          add(block * units + unit, to - unit, width(storage, rows, to - unit));
        }
      }
      partPanels[part + 1] = panels;
    }
  }

  private void add(int column, int left, int width) {
    if (panels == vectors.length) {
      firstColumn = Arrays.copyOf(firstColumn, 2 * panels);
      columns = Arrays.copyOf(columns, 2 * panels);
      vectors = Arrays.copyOf(vectors, 2 * panels);
      columnsBefore = Arrays.copyOf(columnsBefore, 2 * panels + 1);
    }
    firstColumn[panels] = column;
    columns[panels] = Math.min(left, width * LANES);
    vectors[panels] = width;
    columnsBefore[panels + 1] = columnsBefore[panels] + width * LANES;
    panels++;
  }

  /** Vectors of the next panel of a block when so many columns are left. */
  private static int width(WeightStorage storage, int rows, int columns) {
    if (storage == WeightStorage.INT8) {
      return 4;
    }
    return rows > 1 || columns <= 2 * LANES ? 2 : 4;
  }

  /** Units that are not divided: a vector for a single row, else a panel of {@link GemmKernels}. */
  private static int granule(int rows) {
    return rows == 1 ? LANES : GemmKernels.NR;
  }

  /** As many members may share so many units. */
  static int mostParts(int rows, int units) {
    return Math.ceilDiv(units, granule(rows));
  }

  /** First unit of a part; the end of the units for part = parts. */
  static int unitFrom(int rows, int units, int part, int parts) {
    long granules = mostParts(rows, units);
    return (int) Math.min(units, granules * part / parts * granule(rows));
  }

  /** Columns of all panels, padding included. */
  int paddedColumns() {
    return columnsBefore[panels];
  }

  /** First panel of a part; the end of all for the part behind the last. */
  int panelFrom(int part) {
    return partPanels[part];
  }

  /** Packed columns of all panels before this one. */
  int columnsBefore(int panel) {
    return columnsBefore[panel];
  }

  /** Width of a panel in vectors. */
  int vectors(int panel) {
    return vectors[panel];
  }

  /** A panel's first column in a row of the result. */
  int firstColumn(int panel) {
    return firstColumn[panel];
  }

  /** Columns of a panel that are not padding. */
  int columns(int panel) {
    return columns[panel];
  }
}
