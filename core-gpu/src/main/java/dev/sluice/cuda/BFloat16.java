package dev.sluice.cuda;

/** bfloat16, the upper half of a float. */
final class BFloat16 {
  private BFloat16() {}

  /** To the nearest, ties to even; NaN stays NaN. */
  static short round(float x) {
    int bits = Float.floatToRawIntBits(x);
    if (Float.isNaN(x)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  /** Exactly. */
  static float widen(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
