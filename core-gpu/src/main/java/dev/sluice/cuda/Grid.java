package dev.sluice.cuda;

/** How many blocks a kernel is launched with; the rules stand in {@code arguments.cuh}. */
final class Grid {
  /** Threads of a block. */
  private static final int BLOCK = 256;

  private static final int ROWS_PER_BLOCK = 8;
  private static final int WARP_ROW = 1024;
  private static final int SUM_ITEMS = 4096;
  private static final int MOST_PARTIALS = 1024;

  private final int most;

  /**
   * Grids for one device.
   *
   * @param multiprocessors of it
   */
  Grid(int multiprocessors) {
    this.most = 16 * multiprocessors;
  }

  static long divide(long items, long size) {
    return (items + size - 1) / size;
  }

  /** Any grid would do: a block for 1,024 elements, at most 16 blocks a multiprocessor. */
  long any(long elements) {
    return Math.min(divide(elements, 1024), most);
  }

  /** A thread an item. */
  static long threads(long items) {
    return divide(items, BLOCK);
  }

  /** A warp a row. */
  static long warps(long rows) {
    return divide(rows, ROWS_PER_BLOCK);
  }

  /** A warp a row, or a block a row where rows are long. */
  static long rows(long rows, int columns) {
    return columns > WARP_ROW ? rows : warps(rows);
  }

  /** Number of partial sums of a total; it fixes the order of the sum. */
  static int partials(long elements) {
    return (int) Math.min(divide(elements, SUM_ITEMS), MOST_PARTIALS);
  }

  /** Rows that one block of a column sum takes; from the number of rows alone. */
  static int chunkRows(long rows) {
    return (int) Math.max(256, divide(rows, 256));
  }

  /** Number of chunks that {@link #chunkRows} makes. */
  static int chunks(long rows) {
    return (int) divide(rows, chunkRows(rows));
  }
}
