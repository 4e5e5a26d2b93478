package dev.sluice.bench.peers;

import java.util.Map;

/** An engine prepared for one {@link Work}. */
public interface Engine extends AutoCloseable {
  /** Makes engines. The implementation's name is what a process is started with. */
  interface Factory {
    /**
     * Allocates everything and loads the numbers.
     *
     * @param work what {@link Engine#iterate} shall do
     * @param data its numbers
     * @param threads that the engine may use
     * @throws Exception when the engine cannot; the message says why
     */
    Engine prepare(Work work, WorkData data, int threads) throws Exception;
  }

  /** Does the work once. */
  void iterate() throws Exception;

  /**
   * What the work computes from the numbers as they were given, to be compared between engines; not
   * called together with {@link #iterate}. Row-major, time-major:
   *
   * <ul>
   *   <li>{@code TRAIN}: {@code y}, {@code dx}, and {@code d} with each parameter's name
   *   <li>{@code FORWARD}: {@code y}
   *   <li>{@code STREAM}: {@code y}, the outputs of {@link WorkData#CHECKED_STEPS} steps from a zero
   *       state, which read the same x
   *   <li>{@code LANGUAGE_MODEL}: {@code losses} of {@link WorkData#CHECKED_LOSSES} training steps,
   *       and {@code d} with each parameter's name: the first step's gradients before clipping
   * </ul>
   */
  Map<String, float[]> results() throws Exception;

  @Override
  void close();
}
