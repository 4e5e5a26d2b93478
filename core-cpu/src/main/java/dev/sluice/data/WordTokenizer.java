package dev.sluice.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Words, numbers, punctuation and whitespace as tokens, by falling frequency in the training text;
 * id 0 stands for all others and is decoded as {@code <unk>}.
 *
 * <p>A piece is the longest of these that fits:
 *
 * <ul>
 *   <li>a word: a letter, mark or underscore, then letters, marks, underscores and digits
 *   <li>a number: digits
 *   <li>whitespace: one or more of the same whitespace character
 *   <li>any other character by itself
 * </ul>
 *
 * <p>The pieces of a text, put together, are the text: nothing is dropped or changed.
 */
public final class WordTokenizer implements Tokenizer {
  static final String KIND = "word";
  private static final String UNKNOWN_PIECE = "<unk>";

  private static final int MARKS =
      1 << Character.NON_SPACING_MARK
          | 1 << Character.COMBINING_SPACING_MARK
          | 1 << Character.ENCLOSING_MARK;

  private final List<String> pieces;
  private final PieceTable table;

  /**
   * A tokenizer with a given vocabulary.
   *
   * @param pieces {@code <unk>}, then pieces as described above, all different
   * @throws IllegalArgumentException when they are not
   */
  WordTokenizer(List<String> pieces) {
    this.pieces = List.copyOf(pieces);
    if (pieces.size() < 2 || !pieces.getFirst().equals(UNKNOWN_PIECE)) {
      throw new IllegalArgumentException(
          "a saved vocabulary of words must begin with <unk> and hold one more at least, but this"
              + " one has "
              + pieces.size()
              + (pieces.isEmpty()
                  ? ""
                  : " and begins with " + Tokenizers.quote(pieces.getFirst())));
    }
    table = new PieceTable();
    table.add(UNKNOWN_PIECE, 0, UNKNOWN_PIECE.length());
    for (int id = 1; id < pieces.size(); id++) {
      String piece = pieces.get(id);
      if (piece.isEmpty() || pieceEnd(piece, 0) != piece.length()) {
        throw new IllegalArgumentException(
            "piece "
                + id
                + " of the saved vocabulary, "
                + Tokenizers.quote(piece)
                + ", is not one word, number, whitespace or character");
      }
      if (table.add(piece, 0, piece.length()) != id) {
        throw new IllegalArgumentException(
            "piece "
                + id
                + " of the saved vocabulary, "
                + Tokenizers.quote(piece)
                + ", is there twice");
      }
    }
  }

  static WordTokenizer fit(Iterable<String> texts, int maxSize) {
    PieceTable found = new PieceTable();
    long[] counts = new long[1024];
    for (String text : texts) {
      for (int at = 0; at < text.length(); ) {
        int end = pieceEnd(text, at);
        // Half a surrogate pair would not survive being saved as UTF-8.
        if (end - at > 1 || !Character.isSurrogate(text.charAt(at))) {
          int index = found.add(text, at, end);
          if (index == counts.length) {
            counts = Arrays.copyOf(counts, index * 2);
          }
          counts[index]++;
        }
        at = end;
      }
    }
    Tokenizers.requireTwo(
        "word", found.size(), found.size() == 0 ? "" : Tokenizers.quote(found.piece(0)));
    long[] frequency = counts;
    List<String> pieces = new ArrayList<>();
    pieces.add(UNKNOWN_PIECE);
    IntStream.range(0, found.size())
        .boxed()
        .sorted(
            Comparator.comparingLong((Integer i) -> -frequency[i])
                .thenComparing(found::piece, WordTokenizer::compareCodePoints))
        .limit(maxSize - 1L)
        .forEach(i -> pieces.add(found.piece(i)));
    return new WordTokenizer(pieces);
  }

  /** The end of the piece that begins at {@code from}, which is before the end of the text. */
  static int pieceEnd(String text, int from) {
    int first = text.codePointAt(from);
    int at = from + Character.charCount(first);
    if (startsWord(first)) {
      for (int c; at < text.length(); at += Character.charCount(c)) {
        c = text.codePointAt(at);
        if (!startsWord(c) && !Character.isDigit(c)) {
          break;
        }
      }
    } else if (Character.isDigit(first)) {
      for (int c; at < text.length(); at += Character.charCount(c)) {
        c = text.codePointAt(at);
        if (!Character.isDigit(c)) {
          break;
        }
      }
    } else if (Character.isWhitespace(first) || Character.isSpaceChar(first)) {
      // No whitespace lies outside the basic plane.
      while (at < text.length() && text.charAt(at) == first) {
        at++;
      }
    }
    return at;
  }

  private static boolean startsWord(int c) {
    return Character.isLetter(c) || c == '_' || (MARKS >> Character.getType(c) & 1) != 0;
  }

  /** UTF-16 order differs from code point order where surrogates meet U+E000 to U+FFFF. */
  private static int compareCodePoints(String a, String b) {
    int at = 0;
    int shorter = Math.min(a.length(), b.length());
    while (at < shorter && a.charAt(at) == b.charAt(at)) {
      at++;
    }
    return at == shorter
        ? Integer.compare(a.length(), b.length())
        : Integer.compare(a.codePointAt(at), b.codePointAt(at));
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public int size() {
    return pieces.size();
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
    int[] ids = new int[text.length() / 3 + 16];
    int count = 0;
    for (int at = 0; at < text.length(); count++) {
      int end = pieceEnd(text, at);
      int id = table.find(text, at, end);
      if (known && id < 0) {
        throw new IllegalArgumentException(
            "the word "
                + Tokenizers.quote(text.substring(at, end))
                + " at position "
                + (text.codePointCount(0, at) + 1)
                + " of "
                + Tokenizers.quote(text)
                + " is not among the "
                + (size() - 1)
                + " that the model knows: leave it out, or train on text that has it");
      }
      if (count == ids.length) {
        ids = Arrays.copyOf(ids, (int) Math.min(text.length(), count * 2L));
      }
      ids[count] = Math.max(id, 0);
      at = end;
    }
    return Arrays.copyOf(ids, count);
  }

  @Override
  public String decode(int[] ids, int from, int to) {
    Tokenizers.requireIds(ids, from, to, size());
    StringBuilder text = new StringBuilder();
    for (int i = from; i < to; i++) {
      text.append(pieces.get(ids[i]));
    }
    return text.toString();
  }

  @Override
  public List<String> pieces() {
    return pieces;
  }
}
