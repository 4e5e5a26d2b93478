package dev.sluice.data;

/**
 * One text of a corpus.
 *
 * @param name where it came from, for people: a path, or an archive and the entry in it
 * @param text all of it
 */
public record Document(String name, String text) {
  /** Length of the text in Unicode code points. */
  public long characters() {
    return text.codePointCount(0, text.length());
  }
}
