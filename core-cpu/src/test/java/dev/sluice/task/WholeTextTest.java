package dev.sluice.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.data.Tokenizer;
import dev.sluice.data.Tokenizers;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WholeTextTest {
  /** Every token but the first is a target once, after the token before it, whatever the length. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 63, 64, 65, 66, 1024, 1025, 2047, 2049, 4099, 66_000})
  void everyTokenButTheFirstIsPredictedOnceFromTheOneBefore(int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) ('!' + (i * 31 + i / 7) % 90));
    }
    Tokenizer tokenizer = Tokenizers.fit("char", List.of(text.toString()), 1000);
    int[] tokens = tokenizer.encode(text.toString());
    WholeText whole = new WholeText("text", tokenizer, text.toString());
    int size = whole.batch() * whole.steps();
    int[] inputs = new int[size];
    int[] targets = new int[size];
    int stream = Math.ceilDiv(length - 1, whole.batch());
    int[] seen = new int[length];
    for (int window = 0; window < whole.windows(); window++) {
      whole.fill(window, inputs, targets);
      for (int t = 0; t < whole.steps(); t++) {
        for (int b = 0; b < whole.batch(); b++) {
          int at = t * whole.batch() + b;
          int step = window * whole.steps() + t;
          int position = b * stream + step;
          if (step >= stream || position >= length - 1) {
            assertEquals(-1, targets[at]);
            assertEquals(-1, inputs[at]);
          } else {
            assertEquals(tokens[position], inputs[at]);
            assertEquals(tokens[position + 1], targets[at]);
            seen[position + 1]++;
          }
        }
      }
    }
    int[] once = new int[length];
    Arrays.fill(once, 1, length, 1);
    assertArrayEquals(once, seen);
    assertEquals(length - 1, whole.tokens());
    assertEquals(length - 1, whole.characters());
  }

  /** ä is two bytes but one character; the first byte of the text is not predicted. */
  @Test
  void bytesAreCountedAsCharacters() {
    Tokenizer bytes = Tokenizers.fit("byte", List.of("xäy"), 1000);
    assertEquals(2, new WholeText("text", bytes, "xäy").characters());
    assertEquals(3, new WholeText("text", bytes, "xäy").tokens());
    assertEquals(2, new WholeText("text", bytes, "äxy").characters());
  }

  @Test
  void wordsAreCountedAsTheirCharacters() {
    Tokenizer words = Tokenizers.fit("word", List.of("one two one two"), 1000);
    WholeText whole = new WholeText("text", words, "one two");
    assertEquals(2, whole.tokens());
    assertEquals(4, whole.characters());
  }

  /** The first token is no target, so it is not counted, unknown or not. */
  @Test
  void unknownTargetsAreCounted() {
    Tokenizer words = Tokenizers.fit("word", List.of("one one two"), 1000);
    assertEquals(2, new WholeText("text", words, "ten one six two six").unknownTokens());
    assertEquals(0, new WholeText("text", words, "ten one two").unknownTokens());
    Tokenizer bytes = Tokenizers.fit("byte", List.of("ab"), 1000);
    assertEquals(0, new WholeText("text", bytes, "xyz").unknownTokens());
  }

  @Test
  void aSingleTokenCannotBeScored() {
    Tokenizer chars = Tokenizers.fit("char", List.of("ab"), 1000);
    assertThrows(IllegalArgumentException.class, () -> new WholeText("text", chars, "a"));
    assertThrows(IllegalArgumentException.class, () -> new WholeText("text", chars, ""));
  }
}
