package dev.sluice.task;

import dev.sluice.data.Tokenizer;
import java.util.Arrays;

/**
 * All of a text: every token but the first is a target, once. The text is cut into as many streams
 * as can have {@value #MIN_STREAM} targets, up to {@value #MAX_BATCH}, so that few tokens are
 * predicted without a past.
 */
final class WholeText implements EvaluationText {
  private static final int MAX_BATCH = 64;
  private static final int MAX_STEPS = 64;
  private static final int MIN_STREAM = 1024;

  private final int[] tokens;
  private final long characters;
  private final long unknownTokens;
  private final int batch;
  private final int stream;
  private final int steps;

  /**
   * Cuts a text.
   *
   * @param name of the text in messages
   * @throws IllegalArgumentException when it has fewer than two tokens
   */
  WholeText(String name, Tokenizer tokenizer, String text) {
    tokens = tokenizer.encode(text);
    if (tokens.length < 2) {
      throw new IllegalArgumentException(
          "the %s has %d tokens; at least 2 are needed to predict one from another"
              .formatted(name, tokens.length));
    }
    int targets = tokens.length - 1;
    characters = text.codePointCount(0, text.length()) - TokenLengths.of(tokenizer)[tokens[0]];
    int unknown = tokenizer.unknownId();
    unknownTokens =
        Arrays.stream(tokens, 1, tokens.length).filter(token -> token == unknown).count();
    batch = Math.clamp(targets / MIN_STREAM, 1, MAX_BATCH);
    stream = Math.ceilDiv(targets, batch);
    steps = Math.min(stream, MAX_STEPS);
  }

  @Override
  public int batch() {
    return batch;
  }

  @Override
  public int steps() {
    return steps;
  }

  @Override
  public long windows() {
    return Math.ceilDiv(stream, steps);
  }

  @Override
  public long tokens() {
    return tokens.length - 1;
  }

  @Override
  public long characters() {
    return characters;
  }

  @Override
  public long unknownTokens() {
    return unknownTokens;
  }

  @Override
  public void fill(long window, int[] inputs, int[] targets) {
    Arrays.fill(inputs, -1);
    Arrays.fill(targets, -1);
    int from = (int) window * steps;
    int to = Math.min(stream, from + steps);
    for (int b = 0; b < batch; b++) {
      int start = b * stream;
      for (int t = from; t < to && start + t < tokens.length - 1; t++) {
        inputs[(t - from) * batch + b] = tokens[start + t];
        targets[(t - from) * batch + b] = tokens[start + t + 1];
      }
    }
  }
}
