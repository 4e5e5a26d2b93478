package dev.sluice.task;

import dev.sluice.data.TokenWindows;
import dev.sluice.data.Tokenizer;

/** Windows at the end of each training stream, with the training's own batch and steps. */
final class HeldOutWindows implements EvaluationText {
  private final TokenWindows windows;
  private final long characters;
  private final long unknownTokens;

  HeldOutWindows(TokenWindows windows, Tokenizer tokenizer) {
    this.windows = windows;
    int[] lengths = TokenLengths.of(tokenizer);
    int size = windows.batch() * windows.steps();
    int[] inputs = new int[size];
    int[] targets = new int[size];
    long sum = 0;
    long unknown = 0;
    for (long window = 0; window < windows.count(); window++) {
      windows.fill(window, inputs, targets);
      for (int target : targets) {
        sum += lengths[target];
        unknown += target == tokenizer.unknownId() ? 1 : 0;
      }
    }
    characters = sum;
    unknownTokens = unknown;
  }

  @Override
  public int batch() {
    return windows.batch();
  }

  @Override
  public int steps() {
    return windows.steps();
  }

  @Override
  public long windows() {
    return windows.count();
  }

  @Override
  public long tokens() {
    return windows.count() * windows.batch() * windows.steps();
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
    windows.fill(window, inputs, targets);
  }
}
