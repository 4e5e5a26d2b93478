package dev.sluice.data;

import java.util.List;

/** Makes tokenizers: fitted to a text, or restored from a saved vocabulary. */
public final class Tokenizers {
  /** The kinds of tokenizer. */
  public static final List<String> KINDS =
      List.of(ByteTokenizer.KIND, CharTokenizer.KIND, WordTokenizer.KIND);

  private Tokenizers() {}

  /**
   * A tokenizer whose vocabulary comes from the training text.
   *
   * @param kind one of {@link #KINDS}
   * @param trainingTexts the texts to learn the vocabulary from; read once
   * @param maxSize the largest {@link Tokenizer#size} wanted, 3 or more; the most frequent pieces
   *     are kept, and of equally frequent ones those that come first by code point. A byte
   *     tokenizer has 256 tokens whatever this is
   * @throws IllegalArgumentException when the kind is none of these, {@code maxSize} is below 3, or
   *     the texts hold fewer than two different pieces, so that there is nothing to predict
   */
  public static Tokenizer fit(String kind, Iterable<String> trainingTexts, int maxSize) {
    if (maxSize < 3) {
      throw new IllegalArgumentException(
          "a vocabulary of at most " + maxSize + " tokens is too small: 3 is the least");
    }
    return switch (kind) {
      case ByteTokenizer.KIND -> ByteTokenizer.fit(trainingTexts);
      case CharTokenizer.KIND -> CharTokenizer.fit(trainingTexts, maxSize);
      case WordTokenizer.KIND -> WordTokenizer.fit(trainingTexts, maxSize);
      default -> throw unknownKind(kind);
    };
  }

  /**
   * The tokenizer that gave {@code kind} and {@code pieces}.
   *
   * @throws IllegalArgumentException when the pieces are no vocabulary of that kind
   */
  public static Tokenizer restore(String kind, List<String> pieces) {
    return switch (kind) {
      case ByteTokenizer.KIND -> ByteTokenizer.restore(pieces);
      case CharTokenizer.KIND -> new CharTokenizer(pieces);
      case WordTokenizer.KIND -> new WordTokenizer(pieces);
      default -> throw unknownKind(kind);
    };
  }

  private static IllegalArgumentException unknownKind(String kind) {
    return new IllegalArgumentException(
        "there is no tokenizer '" + kind + "'; choose one of: " + String.join(", ", KINDS));
  }

  /** Refuses a vocabulary in which nothing is left to predict. */
  static void requireTwo(String noun, int distinct, String only) {
    if (distinct < 2) {
      throw new IllegalArgumentException(
          distinct == 0
              ? "the training text has no " + noun + " at all: a model needs text to learn from"
              : "the training text repeats a single "
                  + noun
                  + ", "
                  + only
                  + ": a model needs at least two different ones to learn anything");
    }
  }

  /** {@code text} in quotes, cut to 40 characters, control characters written as escapes. */
  static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .limit(40)
        .forEach(c -> {
          switch (c) {
            case '\n' -> quoted.append("\\n");
            case '\r' -> quoted.append("\\r");
            case '\t' -> quoted.append("\\t");
            default -> {
              if (Character.isISOControl(c)) {
                quoted.append(String.format("\\u%04x", c));
              } else {
                quoted.appendCodePoint(c);
              }
            }
          }
        });
    if (text.codePointCount(0, text.length()) > 40) {
      quoted.append("...");
    }
    return quoted.append('"').toString();
  }

  /** Checks the range and the ids that {@link Tokenizer#decode(int[], int, int)} is given. */
  static void requireIds(int[] ids, int from, int to, int size) {
    if (from < 0 || to < from || to > ids.length) {
      throw new IllegalArgumentException(
          "decode: " + from + ".." + to + " is no range of " + ids.length + " ids");
    }
    for (int i = from; i < to; i++) {
      if (ids[i] < 0 || ids[i] >= size) {
        throw new IllegalArgumentException(
            "decode: id " + ids[i] + " at index " + i + " is outside 0.." + (size - 1));
      }
    }
  }
}
