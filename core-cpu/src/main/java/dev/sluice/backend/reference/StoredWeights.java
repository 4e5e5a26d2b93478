package dev.sluice.backend.reference;

import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.WeightStorage;

/** What is left of a weight matrix once it is stored in fewer bits: {@link WeightStorage}. */
final class StoredWeights {
  private StoredWeights() {}

  /** Rounds a matrix in place. */
  static void round(WeightStorage storage, double[] weights, RecurrentSpec.Slice matrix) {
    int rows = matrix.shape().rows();
    int columns = matrix.shape().columns();
    for (int row = 0; row < rows; row++) {
      int from = (int) matrix.offset() + row * columns;
      switch (storage) {
        case FLOAT32 -> {}
        case BFLOAT16 -> {
          for (int i = from; i < from + columns; i++) {
            weights[i] = bfloat16(weights[i]);
          }
        }
        case INT8 -> int8(weights, from, columns);
      }
    }
  }

  /** To 8 bits of mantissa, to nearest, ties to even: rint does it once they stand before the point. */
  private static double bfloat16(double weight) {
    int exponent = Math.max(Math.getExponent(weight), Float.MIN_EXPONENT);
    return Math.scalb(Math.rint(Math.scalb(weight, 7 - exponent)), exponent - 7);
  }

  private static void int8(double[] weights, int from, int count) {
    double largest = 0;
    for (int i = from; i < from + count; i++) {
      largest = Math.max(largest, Math.abs(weights[i]));
    }
    double scale = (float) (largest / 127);
    for (int i = from; i < from + count; i++) {
      weights[i] = scale == 0 ? 0 : scale * Math.rint(weights[i] / scale);
    }
  }
}
