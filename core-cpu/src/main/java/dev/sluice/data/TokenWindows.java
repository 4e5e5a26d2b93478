package dev.sluice.data;

import java.util.Objects;

/**
 * Batches of consecutive tokens for truncated backpropagation through time.
 *
 * <p>The tokens are cut into B streams of equal length, each a stretch of the text. Window i holds
 * steps {@code i*T .. (i+1)*T-1} of all streams, so that sequence b of window i+1 goes on where
 * sequence b of window i ended and the state may be carried from one to the next:
 * <pre>
 *   input(i, t, b)  = tokens[b * count * T + i * T + t]
 *   target(i, t, b) = the token after it
 * </pre>
 *
 * <p>{@code count = (tokens - 1) / (B * T)}, rounded down; the tokens after the last whole window
 * are not used. The array is kept, not copied. Immutable; may be shared between threads.
 */
public final class TokenWindows {
  private final String name;
  private final int[] tokens;
  private final int batch;
  private final int steps;

  /** Distance of two streams' first tokens. */
  private final int stride;

  private final int first;
  private final int count;

  /**
   * Windows over all tokens.
   *
   * @param name of the text in messages, for example {@code training text}
   * @param tokens not modified by either side from here on
   * @param batch sequences in parallel, B, 1 or more
   * @param steps tokens of a sequence in one window, T, 1 or more
   * @throws IllegalArgumentException when the tokens do not fill one window
   */
  public TokenWindows(String name, int[] tokens, int batch, int steps) {
    if (batch < 1 || steps < 1) {
      throw new IllegalArgumentException(
          "windows need at least 1 sequence and 1 step, not " + batch + " and " + steps);
    }
    long perWindow = (long) batch * steps;
    if (tokens.length - 1 < perWindow) {
      throw new IllegalArgumentException(tooSmall(name, tokens.length, batch, steps));
    }
    this.name = Objects.requireNonNull(name, "name");
    this.tokens = tokens;
    this.batch = batch;
    this.steps = steps;
    this.first = 0;
    this.count = (int) ((tokens.length - 1) / perWindow);
    this.stride = count * steps;
  }

  /** As the other constructor, for a text named {@code text} in messages. */
  public TokenWindows(int[] tokens, int batch, int steps) {
    this("text", tokens, batch, steps);
  }

  private TokenWindows(TokenWindows whole, String name, int first, int count) {
    this.name = name;
    this.tokens = whole.tokens;
    this.batch = whole.batch;
    this.steps = whole.steps;
    this.stride = whole.stride;
    this.first = first;
    this.count = count;
  }

  private static String tooSmall(String name, int tokens, int batch, int steps) {
    String has = "the " + name + " has " + tokens + (tokens == 1 ? " token" : " tokens");
    return batch > tokens - 1
        ? has + ", too few for a batch of " + batch + " sequences: use a smaller batch or more text"
        : has
            + ", but one window of "
            + batch
            + " sequences with "
            + steps
            + " steps needs "
            + ((long) batch * steps + 1)
            + ": use a smaller batch, fewer steps or more text";
  }

  /**
   * Some consecutive windows of these, with the same streams; window 0 of the part is window {@code
   * from} here, so a part goes on where the one before it ended.
   *
   * @param partName of the part in messages
   * @throws IllegalArgumentException when {@code from..to} is empty or leaves these windows
   */
  public TokenWindows part(String partName, long from, long to) {
    if (from < 0 || to <= from || to > count) {
      throw new IllegalArgumentException(
          "windows "
              + from
              + ".."
              + to
              + " for the "
              + partName
              + " are none of the "
              + count
              + " windows of the "
              + name);
    }
    return new TokenWindows(this, partName, (int) (first + from), (int) (to - from));
  }

  /** What this text is called in messages. */
  public String name() {
    return name;
  }

  /** Number of whole windows: one epoch. */
  public long count() {
    return count;
  }

  /** Sequences in parallel, B. */
  public int batch() {
    return batch;
  }

  /** Tokens of a sequence in one window, T. */
  public int steps() {
    return steps;
  }

  /**
   * Writes one window, time-major.
   *
   * @param index 0 to {@code count() - 1}
   * @param inputs receives [T, B]
   * @param targets receives [T, B]: each input's next token
   * @throws IllegalArgumentException when the index or an array's length does not fit
   */
  public void fill(long index, int[] inputs, int[] targets) {
    int size = batch * steps;
    if (index < 0 || index >= count) {
      throw new IllegalArgumentException(
          "window " + index + " is none of the " + count + " windows of the " + name);
    }
    if (inputs.length != size || targets.length != size) {
      throw new IllegalArgumentException(
          "a window of "
              + steps
              + " steps and "
              + batch
              + " sequences fills arrays of "
              + size
              + ", not "
              + inputs.length
              + " and "
              + targets.length);
    }
    int start = (first + (int) index) * steps;
    for (int b = 0; b < batch; b++) {
      int from = b * stride + start;
      for (int t = 0; t < steps; t++) {
        inputs[t * batch + b] = tokens[from + t];
        targets[t * batch + b] = tokens[from + t + 1];
      }
    }
  }
}
