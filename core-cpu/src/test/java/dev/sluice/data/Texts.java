package dev.sluice.data;

import java.util.Random;

/** Random texts for tests. */
final class Texts {
  private static final String[] ALPHABETS = {
    "ab",
    "abcdefghijklmnopqrstuvwxyzABC_0123456789 \n\t.,;(){}",
    "äöüßéñçàøå ÄÖÜ ἀβγδ жщюя 中文字符 ",
    "\uD83D\uDE00\uD83D\uDE80\uD835\uDC00\uD800\uDC00 \u0301\u0308e\u00A0\u2003\u3000\r\n",
    "\u0000\u0001\u007F\u0080\u00FF\u0100\u07FF\u0800\uD7FF\uE000\uFFFF\uDBFF\uDFFF",
  };

  private Texts() {}

  /** A text of whole characters: letters, digits, spaces, combining marks, emoji, controls. */
  static String random(Random random, int characters) {
    StringBuilder text = new StringBuilder();
    int[] alphabet = {};
    for (int i = 0; i < characters; i++) {
      if (alphabet.length == 0 || random.nextInt(8) == 0) {
        alphabet = ALPHABETS[random.nextInt(ALPHABETS.length)].codePoints().toArray();
      }
      text.appendCodePoint(alphabet[random.nextInt(alphabet.length)]);
    }
    return text.toString();
  }
}
