package dev.sluice.task;

import dev.sluice.data.ByteTokenizer;
import dev.sluice.data.CharTokenizer;
import dev.sluice.data.Tokenizer;
import dev.sluice.data.WordTokenizer;
import java.util.Arrays;
import java.util.List;

/** How many Unicode code points each token stands for. */
final class TokenLengths {
  private TokenLengths() {}

  /**
   * Code points by token id: of bytes, a character's first counts 1 and the others 0; an unknown
   * word, whose text is gone, counts 1.
   */
  static int[] of(Tokenizer tokenizer) {
    int[] lengths = new int[tokenizer.size()];
    switch (tokenizer) {
      case ByteTokenizer _ -> Arrays.setAll(lengths, id -> (id & 0xC0) == 0x80 ? 0 : 1);
      case CharTokenizer _ -> Arrays.fill(lengths, 1);
      case WordTokenizer words -> {
        List<String> pieces = words.pieces();
        Arrays.setAll(lengths, id -> pieces.get(id).codePointCount(0, pieces.get(id).length()));
        lengths[words.unknownId()] = 1;
      }
    }
    return lengths;
  }
}
