package dev.sluice.data;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Decodes token by token, for text that is shown while it is generated: a character of several
 * bytes appears when its last byte has arrived. What {@link #next} and {@link #end} return, put
 * together, is what {@link Tokenizer#decode(int[])} returns for all ids at once.
 */
public final class TokenDecoder {
  private final Tokenizer tokenizer;
  private final int[] id = new int[1];
  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);

  /** Bytes of a character that is not whole yet. */
  private final ByteBuffer pending = ByteBuffer.allocate(8);

  private final CharBuffer decoded = CharBuffer.allocate(16);

  /** Decodes one sequence of tokens. */
  public TokenDecoder(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * The text that one more token completes; empty in the middle of a character.
   *
   * @throws IllegalArgumentException when the id is outside the vocabulary
   */
  public String next(int token) {
    id[0] = token;
    if (!(tokenizer instanceof ByteTokenizer)) {
      return tokenizer.decode(id, 0, 1);
    }
    Tokenizers.requireIds(id, 0, 1, tokenizer.size());
    pending.put((byte) token).flip();
    utf8.decode(pending, decoded, false);
    pending.compact();
    return takeDecoded();
  }

  /** What is left when no more tokens come: U+FFFD for a character cut short, else nothing. */
  public String end() {
    pending.flip();
    utf8.decode(pending, decoded, true);
    utf8.flush(decoded);
    utf8.reset();
    pending.clear();
    return takeDecoded();
  }

  private String takeDecoded() {
    String text = decoded.flip().toString();
    decoded.clear();
    return text;
  }
}
