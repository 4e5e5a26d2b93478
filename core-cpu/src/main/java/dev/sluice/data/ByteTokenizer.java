package dev.sluice.data;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The UTF-8 bytes of a text as tokens: 256 of them, none unknown.
 *
 * <p>Decoding replaces byte sequences that are not UTF-8, which a model may well produce, by
 * U+FFFD. Half a surrogate pair, which is no character, is encoded as a question mark.
 */
public final class ByteTokenizer implements Tokenizer {
  static final String KIND = "byte";
  private static final int SIZE = 256;

  /** The one there is: a byte tokenizer has nothing to learn. */
  public ByteTokenizer() {}

  static ByteTokenizer fit(Iterable<String> texts) {
    boolean[] seen = new boolean[SIZE];
    int distinct = 0;
    int last = 0;
    for (String text : texts) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < bytes.length && distinct < 2; i++) {
        last = bytes[i] & 0xFF;
        if (!seen[last]) {
          seen[last] = true;
          distinct++;
        }
      }
      if (distinct == 2) {
        break;
      }
    }
    Tokenizers.requireTwo("byte", distinct, name(last));
    return new ByteTokenizer();
  }

  static ByteTokenizer restore(List<String> pieces) {
    ByteTokenizer tokenizer = new ByteTokenizer();
    if (!tokenizer.pieces().equals(pieces)) {
      throw new IllegalArgumentException(
          "the saved vocabulary of "
              + pieces.size()
              + " pieces is not that of a byte tokenizer, which is 00 to ff");
    }
    return tokenizer;
  }

  private static String name(int value) {
    return String.format("%02x", value);
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public int size() {
    return SIZE;
  }

  @Override
  public int unknownId() {
    return -1;
  }

  @Override
  public int[] encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = bytes[i] & 0xFF;
    }
    return ids;
  }

  @Override
  public int[] encodeKnown(String text) {
    return encode(text);
  }

  @Override
  public String decode(int[] ids, int from, int to) {
    Tokenizers.requireIds(ids, from, to, SIZE);
    byte[] bytes = new byte[to - from];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) ids[from + i];
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The bytes in hexadecimal, {@code 00} to {@code ff}. */
  @Override
  public List<String> pieces() {
    return IntStream.range(0, SIZE).mapToObj(ByteTokenizer::name).toList();
  }
}
