package dev.sluice.backend;

/**
 * Names one stream of random numbers. Element i of the stream is word i mod 4 of {@link Philox} with
 * key {@code seed} and counter (i / 4 low, i / 4 high, stream, step[0]): a function of these alone,
 * so every backend draws the same numbers, and a resumed run draws what the unbroken one would have.
 *
 * @param seed of the run
 * @param stream tells the users of random numbers within one step apart; from 0 up
 * @param step INT32, one element: number of the training step, read when the operation runs
 */
public record RandomDraw(long seed, int stream, Tensor step) {
  /** The same draw on another stream. */
  public RandomDraw withStream(int other) {
    return new RandomDraw(seed, other, step);
  }
}
