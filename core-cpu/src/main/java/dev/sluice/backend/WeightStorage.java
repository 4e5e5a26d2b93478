package dev.sluice.backend;

/**
 * How weights that are only read are stored. Activations, states and sums stay in single precision;
 * fewer bytes a weight matter where every weight is read for a single row, as when text is generated.
 */
public enum WeightStorage {
  /** As they are. */
  FLOAT32(4),
  /** Rounded to bfloat16 (8 bits of mantissa), to nearest, ties to even: off by 2^-9 of itself. */
  BFLOAT16(2),
  /**
   * Each row r of a matrix as s[r] · q[r, k] with q an integer in -127 .. 127 and one scale s[r] =
   * max|w[r, ·]| / 127 in single precision; q is w / s rounded to nearest, ties to even: off by s/2.
   */
  INT8(1);

  /** The largest q of {@link #INT8}. */
  private static final int MOST = 127;

  private static final int QUIET_NAN = 0x7FC0;

  private final int bytes;

  WeightStorage(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one weight. */
  public int bytes() {
    return bytes;
  }

  /** The upper half of the bits of a number rounded to bfloat16. */
  public static int bfloat16(float weight) {
    if (Float.isNaN(weight)) {
      return QUIET_NAN;
    }
    int bits = Float.floatToRawIntBits(weight);
    return (bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16;
  }

  /**
   * The scale of a row of {@link #INT8}.
   *
   * @param from index of the row's first weight
   * @param count weights of the row
   */
  public static float scale(float[] weights, int from, int count) {
    float largest = 0;
    for (int i = from; i < from + count; i++) {
      largest = Math.max(largest, Math.abs(weights[i]));
    }
    return (float) ((double) largest / MOST);
  }

  /** The integer q of a weight of {@link #INT8}; 0 where there is none, as for NaN. */
  public static int quantized(float weight, float scale) {
    return Math.clamp((long) Math.rint((double) weight / scale), -MOST, MOST);
  }

  /**
   * Replaces the rows of a matrix by what is left of them once they are stored: {@link #INT8} to
   * within the rounding of s · q.
   *
   * @param from index of the first row's first weight
   * @param rows how many
   * @param columns weights of a row
   */
  public void round(float[] weights, int from, int rows, int columns) {
    for (int row = 0; row < rows; row++) {
      int at = from + row * columns;
      switch (this) {
        case FLOAT32 -> {}
        case BFLOAT16 -> {
          for (int i = at; i < at + columns; i++) {
            weights[i] = Float.intBitsToFloat(bfloat16(weights[i]) << 16);
          }
        }
        case INT8 -> {
          float scale = scale(weights, at, columns);
          for (int i = at; i < at + columns; i++) {
            weights[i] = scale * quantized(weights[i], scale);
          }
        }
      }
    }
  }
}
