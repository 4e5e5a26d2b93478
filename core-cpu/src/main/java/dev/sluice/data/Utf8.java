package dev.sluice.data;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Strict decoding of UTF-8. */
final class Utf8 {
  /** Says why bytes are no text, as the end of a sentence that begins with the file's name. */
  static final class NotTextException extends Exception {
    private static final long serialVersionUID = 1;

    NotTextException(String message) {
      super(message);
    }
  }

  private Utf8() {}

  /**
   * The text; a byte order mark at its beginning is dropped.
   *
   * @throws NotTextException when the bytes are not UTF-8, or hold a zero as binary files do
   */
  static String decode(byte[] bytes) throws NotTextException {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        throw new NotTextException(
            "is not UTF-8 text: byte " + i + " is zero; convert it to UTF-8 if it is text at all");
      }
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    // That call replaces what is malformed: only a text with replacements needs a second look.
    if (text.indexOf('\uFFFD') >= 0) {
      requireWellFormed(bytes);
    }
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  private static void requireWellFormed(byte[] bytes) throws NotTextException {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(1 << 13);
    CoderResult result;
    do {
      out.clear();
      result = decoder.decode(in, out, true);
    } while (result.isOverflow());
    if (result.isError()) {
      throw new NotTextException(
          String.format(
              "is not UTF-8 text: byte %d, 0x%02x, fits no character; convert it to UTF-8 if it is"
                  + " text at all",
              in.position(), bytes[in.position()]));
    }
  }
}
