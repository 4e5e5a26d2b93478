package dev.sluice.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The known answers that Random123 publishes for Philox 4x32-10. */
class PhiloxTest {
  @Test
  void knownAnswers() {
    check(0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    check(-1L, -1L, -1, -1, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    check(
        0x299f31d0_a4093822L,
        0x85a308d3_243f6a88L,
        0x13198a2e,
        0x03707344,
        0xd16cfe09,
        0x94fdcceb,
        0x5001e420,
        0x24126ea1);
  }

  @Test
  void uniformNumbersLieFromZeroToBelowOne() {
    assertEquals(0f, Philox.uniform(0xFF));
    assertEquals(0.5f, Philox.uniform(0x80000000));
    assertEquals(1 - 0x1p-24f, Philox.uniform(-1));
  }

  private static void check(long seed, long block, int stream, int step, int... expected) {
    int[] words = new int[5];
    Philox.block(seed, block, stream, step, words, 1);
    assertArrayEquals(new int[] {0, expected[0], expected[1], expected[2], expected[3]}, words);
  }
}
