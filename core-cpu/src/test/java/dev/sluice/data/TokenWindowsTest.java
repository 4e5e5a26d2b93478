package dev.sluice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenWindowsTest {
  @Test
  void windowsAreTimeMajorAndTargetsAreTheNextTokens() {
    // 14 tokens, 2 streams of 2 windows of 3 steps: 0..5 and 6..11; token 13 is not used.
    TokenWindows windows = new TokenWindows(IntStream.range(0, 14).toArray(), 2, 3);
    int[] inputs = new int[6];
    int[] targets = new int[6];
    assertEquals(2, windows.count());
    windows.fill(0, inputs, targets);
    assertArrayEquals(new int[] {0, 6, 1, 7, 2, 8}, inputs);
    assertArrayEquals(new int[] {1, 7, 2, 8, 3, 9}, targets);
    windows.fill(1, inputs, targets);
    assertArrayEquals(new int[] {3, 9, 4, 10, 5, 11}, inputs);
    assertArrayEquals(new int[] {4, 10, 5, 11, 6, 12}, targets);
  }

  /** Every size: each input once, streams without gaps, targets one further. */
  @Test
  void anEpochVisitsEveryTokenOfTheWholeWindowsOnce() {
    for (int length = 2; length < 40; length++) {
      for (int batch = 1; batch < 8; batch++) {
        for (int steps = 1; steps < 8; steps++) {
          int[] tokens = IntStream.range(100, 100 + length).toArray();
          if (length - 1 < batch * steps) {
            int b = batch;
            int t = steps;
            assertThrows(IllegalArgumentException.class, () -> new TokenWindows(tokens, b, t));
            continue;
          }
          TokenWindows windows = new TokenWindows(tokens, batch, steps);
          assertEquals((length - 1) / (batch * steps), windows.count());
          boolean[] seen = new boolean[(int) windows.count() * batch * steps];
          int[] inputs = new int[batch * steps];
          int[] targets = new int[batch * steps];
          for (long index = 0; index < windows.count(); index++) {
            windows.fill(index, inputs, targets);
            for (int i = 0; i < inputs.length; i++) {
              assertEquals(inputs[i] + 1, targets[i]);
              int stream = i % batch;
              int step = (int) index * steps + i / batch;
              assertEquals(100 + stream * windows.count() * steps + step, inputs[i]);
              assertEquals(false, seen[inputs[i] - 100]);
              seen[inputs[i] - 100] = true;
            }
          }
        }
      }
    }
  }

  @Test
  void aPartGoesOnWhereTheOneBeforeItEnded() {
    TokenWindows all = new TokenWindows(IntStream.range(0, 61).toArray(), 3, 4);
    TokenWindows part = all.part("validation text", 2, 5).part("rest", 1, 3);
    assertEquals(2, part.count());
    assertEquals("rest", part.name());
    int[] expected = new int[12];
    int[] inputs = new int[12];
    int[] targets = new int[12];
    all.fill(3, expected, targets);
    part.fill(0, inputs, targets);
    assertArrayEquals(expected, inputs);
    all.fill(4, expected, targets);
    part.fill(1, inputs, targets);
    assertArrayEquals(expected, inputs);
    assertThrows(IllegalArgumentException.class, () -> part.fill(2, inputs, targets));
    assertThrows(IllegalArgumentException.class, () -> all.part("none", 2, 2));
    assertThrows(IllegalArgumentException.class, () -> all.part("none", 2, 6));
    assertThrows(IllegalArgumentException.class, () -> all.part("none", -1, 2));
  }

  @Test
  void tooLittleTextIsSaidWithTheSizes() {
    var small =
        assertThrows(
            IllegalArgumentException.class,
            () -> new TokenWindows("validation text", new int[2048], 32, 64));
    assertEquals(
        "the validation text has 2048 tokens, but one window of 32 sequences with 64 steps needs"
            + " 2049: use a smaller batch, fewer steps or more text",
        small.getMessage());
    new TokenWindows("validation text", new int[2049], 32, 64);
    var batch =
        assertThrows(
            IllegalArgumentException.class,
            () -> new TokenWindows("training text", new int[32], 32, 1));
    assertEquals(
        "the training text has 32 tokens, too few for a batch of 32 sequences: use a smaller batch"
            + " or more text",
        batch.getMessage());
    assertThrows(IllegalArgumentException.class, () -> new TokenWindows(new int[0], 1, 1));
    // The product of the two does not fit into an int.
    assertThrows(
        IllegalArgumentException.class, () -> new TokenWindows(new int[9], 1 << 16, 1 << 16));
    assertThrows(IllegalArgumentException.class, () -> new TokenWindows(new int[9], 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new TokenWindows(new int[9], 1, 0));
  }

  @Test
  void arraysAndIndicesThatDoNotFitAreRefused() {
    TokenWindows windows = new TokenWindows(new int[13], 2, 3);
    int[] fits = new int[6];
    assertThrows(IllegalArgumentException.class, () -> windows.fill(-1, fits, fits));
    assertThrows(IllegalArgumentException.class, () -> windows.fill(2, fits, fits));
    assertThrows(IllegalArgumentException.class, () -> windows.fill(0, new int[5], fits));
    assertThrows(IllegalArgumentException.class, () -> windows.fill(0, fits, new int[7]));
  }
}
