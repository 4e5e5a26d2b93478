package dev.sluice.backend;

/**
 * How long the device takes for what is enqueued on it. Made by {@link Backend#stopwatch}; used by
 * the thread that uses the backend, and not within a {@link Replay}'s work.
 */
public interface Stopwatch extends AutoCloseable {
  /** Marks the point behind everything that was enqueued so far. */
  void mark();

  /**
   * Waits for what was enqueued, and forgets the marks.
   *
   * @return nanoseconds from each mark to the next, at least 0: one fewer than there were marks
   * @throws IllegalStateException when there were none
   */
  long[] laps();

  /** Frees what it holds; closing twice does nothing. */
  @Override
  void close();
}
