package dev.sluice.task;

import dev.sluice.data.SplitMethod;
import dev.sluice.data.Tokenizers;

/**
 * How a corpus becomes training and validation data.
 *
 * @param tokenizer {@code byte}, {@code char} or {@code word}
 * @param maxVocabulary tokens at most, at least 3; not used for bytes
 * @param split what is held out; null for documents when there are 10 or more, else the tail
 * @param validation share of the text that is held out, at least 0 and below 1
 * @param batch streams of text in parallel, B, at least 1
 * @param steps steps that gradients go back, T, at least 1
 * @param seed chooses the documents that are held out
 */
public record TextOptions(
    String tokenizer,
    int maxVocabulary,
    SplitMethod split,
    double validation,
    int batch,
    int steps,
    long seed) {
  /** Characters, 5 % held out, 64 streams, 64 steps, seed 1. */
  public static final TextOptions DEFAULT = new TextOptions("char", 10_000, null, 0.05, 64, 64, 1);

  public TextOptions {
    require(
        Tokenizers.KINDS.contains(tokenizer),
        "there is no tokenizer '%s'; choose one of: %s"
            .formatted(tokenizer, String.join(", ", Tokenizers.KINDS)));
    require(maxVocabulary >= 3, "the vocabulary must be at least 3 tokens, not " + maxVocabulary);
    require(
        validation >= 0 && validation < 1,
        "the fraction for validation must be at least 0 and below 1, not " + validation);
    require(batch >= 1, "the batch must be at least 1, not " + batch);
    require(steps >= 1, "the steps (bptt) must be at least 1, not " + steps);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /** The same with B streams of T steps. */
  public TextOptions withWindow(int streams, int stepCount) {
    return new TextOptions(tokenizer, maxVocabulary, split, validation, streams, stepCount, seed);
  }

  /** The same with another tokenizer. */
  public TextOptions withTokenizer(String kind) {
    return new TextOptions(kind, maxVocabulary, split, validation, batch, steps, seed);
  }
}
