package dev.sluice.cuda;

import dev.sluice.backend.DType;

/**
 * Sums over the rows of a matrix, for each column, in an order that follows from its size alone.
 */
final class ColumnSums {
  private final CudaRuntime runtime;
  private final TypedKernel partials;
  private final Kernel totals;

  ColumnSums(CudaRuntime runtime) {
    this.runtime = runtime;
    partials = TypedKernel.of(runtime, "column_partials");
    totals = runtime.kernel("sluice_column_totals");
  }

  /** Bytes of working memory that {@link #add} needs. */
  static long partialBytes(long rows, int columns) {
    return (long) Grid.chunks(rows) * columns * Float.BYTES;
  }

  /** Blocks along the columns, 32 packs of 16 bytes each. */
  static long columnBlocks(DType type, int columns) {
    return Grid.divide(columns, 32 * (16 / type.bytes()));
  }

  /**
   * out[f] += Σ x[row, f], and the same for {@code second} unless it is 0.
   *
   * @param work {@link #partialBytes} of working memory
   */
  void add(
      Lane lane, DType type, long x, long rows, int columns, long work, long out, long second) {
    runtime
        .begin(partials.of(type))
        .pointer(x)
        .pointer(work)
        .count(rows)
        .integer(columns)
        .integer(Grid.chunkRows(rows))
        .launch(lane, Grid.chunks(rows), columnBlocks(type, columns));
    finish(lane, work, Grid.chunks(rows), columns, out, second);
  }

  /** Adds up partial sums [chunks, columns]. */
  void finish(Lane lane, long work, int chunks, int columns, long out, long second) {
    runtime
        .begin(totals)
        .pointer(work)
        .pointer(out)
        .pointer(second)
        .integer(chunks)
        .integer(columns)
        .launch(lane, Grid.threads(columns));
  }
}
