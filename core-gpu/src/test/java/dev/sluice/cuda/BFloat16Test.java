package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Rounding to bfloat16, which has 8 significant bits. */
class BFloat16Test {
  @Test
  void roundsToTheNearestAndTiesToEven() {
    assertEquals(1f, rounded(1f));
    assertEquals(1f, rounded(1 + 0x1p-8f)); // half way: to the even one
    assertEquals(1 + 0x1p-6f, rounded(1 + 0x1p-7f + 0x1p-8f)); // half way: up to the even one
    assertEquals(1 + 0x1p-7f, rounded(1 + 0x1p-8f + 0x1p-20f));
    assertEquals(-3f, rounded(-3f));
    assertEquals(Float.POSITIVE_INFINITY, rounded(Float.MAX_VALUE));
    assertEquals(Float.NEGATIVE_INFINITY, rounded(Float.NEGATIVE_INFINITY));
    assertTrue(Float.isNaN(rounded(Float.NaN)));
    assertTrue(Float.isNaN(rounded(Float.intBitsToFloat(0x7f800001))));
  }

  private static float rounded(float x) {
    return BFloat16.widen(BFloat16.round(x));
  }
}
