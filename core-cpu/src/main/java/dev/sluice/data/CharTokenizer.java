package dev.sluice.data;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Unicode code points as tokens, by falling frequency in the training text; id 0 stands for all
 * others and is decoded as U+FFFD.
 */
public final class CharTokenizer implements Tokenizer {
  static final String KIND = "char";
  private static final int UNKNOWN = 0xFFFD;
  private static final String UNKNOWN_PIECE = Character.toString(UNKNOWN);

  private final List<String> pieces;
  private final int[] codePoints;

  /** Id by code point up to the largest known one; 0 where unknown. */
  private final int[] idOf;

  /**
   * A tokenizer with a given vocabulary.
   *
   * @param pieces U+FFFD, then one code point each, all different
   * @throws IllegalArgumentException when they are not
   */
  CharTokenizer(List<String> pieces) {
    this.pieces = List.copyOf(pieces);
    if (pieces.size() < 2 || !pieces.getFirst().equals(UNKNOWN_PIECE)) {
      throw new IllegalArgumentException(
          "a saved vocabulary of characters must begin with U+FFFD and hold one more at least, but"
              + " this one has "
              + pieces.size()
              + (pieces.isEmpty()
                  ? ""
                  : " and begins with " + Tokenizers.quote(pieces.getFirst())));
    }
    codePoints = new int[pieces.size()];
    int largest = 0;
    for (int id = 0; id < codePoints.length; id++) {
      String piece = pieces.get(id);
      if (piece.isEmpty() || piece.codePointCount(0, piece.length()) != 1) {
        throw new IllegalArgumentException(
            "piece "
                + id
                + " of the saved vocabulary, "
                + Tokenizers.quote(piece)
                + ", is not one character");
      }
      codePoints[id] = piece.codePointAt(0);
      largest = Math.max(largest, codePoints[id]);
    }
    idOf = new int[largest + 1];
    for (int id = 1; id < codePoints.length; id++) {
      if (idOf[codePoints[id]] != 0 || codePoints[id] == UNKNOWN) {
        throw new IllegalArgumentException(
            "piece "
                + id
                + " of the saved vocabulary, "
                + Tokenizers.quote(pieces.get(id))
                + ", is there twice");
      }
      idOf[codePoints[id]] = id;
    }
  }

  static CharTokenizer fit(Iterable<String> texts, int maxSize) {
    long[] counts = new long[Character.MAX_CODE_POINT + 1];
    for (String text : texts) {
      for (int i = 0; i < text.length(); ) {
        int codePoint = text.codePointAt(i);
        counts[codePoint]++;
        i += Character.charCount(codePoint);
      }
    }
    // Neither can be told from the unknown one after a round through UTF-8.
    counts[UNKNOWN] = 0;
    Arrays.fill(counts, Character.MIN_SURROGATE, Character.MAX_SURROGATE + 1, 0);
    List<Integer> found =
        IntStream.range(0, counts.length).filter(c -> counts[c] > 0).boxed().toList();
    Tokenizers.requireTwo(
        "character", found.size(), found.isEmpty() ? "" : describe(found.getFirst()));
    Stream<String> kept =
        found.stream()
            .sorted(Comparator.comparingLong((Integer c) -> counts[c]).reversed())
            .limit(maxSize - 1L)
            .map(Character::toString);
    return new CharTokenizer(Stream.concat(Stream.of(UNKNOWN_PIECE), kept).toList());
  }

  private static String describe(int codePoint) {
    return Tokenizers.quote(Character.toString(codePoint)) + String.format(" (U+%04X)", codePoint);
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public int size() {
    return codePoints.length;
  }

  @Override
  public int unknownId() {
    return 0;
  }

  @Override
  public int[] encode(String text) {
    return encode(text, false);
  }

  @Override
  public int[] encodeKnown(String text) {
    return encode(text, true);
  }

  private int[] encode(String text, boolean known) {
    int[] ids = new int[text.codePointCount(0, text.length())];
    int at = 0;
    for (int i = 0; i < ids.length; i++) {
      int codePoint = text.codePointAt(at);
      at += Character.charCount(codePoint);
      ids[i] = codePoint < idOf.length ? idOf[codePoint] : 0;
      if (known && ids[i] == 0) {
        throw new IllegalArgumentException(
            "the character "
                + describe(codePoint)
                + " at position "
                + (i + 1)
                + " of "
                + Tokenizers.quote(text)
                + " is not among the "
                + (size() - 1)
                + " that the model knows: leave it out, or train on text that has it");
      }
    }
    return ids;
  }

  @Override
  public String decode(int[] ids, int from, int to) {
    Tokenizers.requireIds(ids, from, to, size());
    StringBuilder text = new StringBuilder(to - from);
    for (int i = from; i < to; i++) {
      text.appendCodePoint(codePoints[ids[i]]);
    }
    return text.toString();
  }

  @Override
  public List<String> pieces() {
    return pieces;
  }
}
