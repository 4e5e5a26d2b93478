package dev.sluice.data;

import java.util.List;

/**
 * Turns text into token ids in {@code 0..size()-1} and back.
 *
 * <p>For every text made of pieces that the tokenizer knows, {@code decode(encode(text))} is the
 * text. Immutable; may be shared between threads.
 */
public sealed interface Tokenizer permits ByteTokenizer, CharTokenizer, WordTokenizer {
  /** What a token is: {@code byte}, {@code char} or {@code word}. */
  String kind();

  /** Number of token ids, V, the one for unknown pieces included. */
  int size();

  /** The id that stands for every piece outside the vocabulary, or -1 when there is none. */
  int unknownId();

  /**
   * The ids of a text; pieces outside the vocabulary become {@link #unknownId}.
   *
   * @param text may be empty
   */
  int[] encode(String text);

  /**
   * The ids of a text whose pieces must all be known, such as a prompt.
   *
   * @throws IllegalArgumentException when a piece is outside the vocabulary; the message names it
   *     and its position
   */
  int[] encodeKnown(String text);

  /**
   * The text of {@code ids[from..to)}.
   *
   * @throws IllegalArgumentException when an id is outside {@code 0..size()-1}
   */
  String decode(int[] ids, int from, int to);

  /** The text of all ids. */
  default String decode(int[] ids) {
    return decode(ids, 0, ids.length);
  }

  /** The vocabulary in the order of the ids, for {@link Tokenizers#restore}. */
  List<String> pieces();
}
