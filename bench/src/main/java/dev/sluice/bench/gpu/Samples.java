package dev.sluice.bench.gpu;

import java.util.LinkedHashMap;
import java.util.Map;

/** Results as they are compared: of large arrays some numbers, and how far two lie apart. */
final class Samples {
  /** At least so many numbers of an array that has them; of 134 million weights all would take seconds. */
  private static final int LEAST = 1 << 18;

  private Samples() {}

  /**
   * Every so many numbers are taken. Odd, so that where extents are powers of two each unit, gate and
   * sequence has its turn.
   */
  static int stride(long size) {
    return Math.toIntExact(size / LEAST) | 1;
  }

  /** Of each array every {@link #stride}-th number, from the first on. */
  static Map<String, float[]> of(Map<String, float[]> results) {
    Map<String, float[]> samples = new LinkedHashMap<>();
    results.forEach((name, values) -> {
      int stride = stride(values.length);
      float[] sample = new float[Math.ceilDiv(values.length, stride)];
      for (int i = 0; i < sample.length; i++) {
        sample[i] = values[i * stride];
      }
      samples.put(name, sample);
    });
    return samples;
  }

  /**
   * |actual - expected| / |expected| in the 2-norm; NaN when a number is.
   *
   * @throws IllegalArgumentException when they are not as many
   */
  static double distance(float[] actual, float[] expected) {
    if (actual.length != expected.length) {
      throw new IllegalArgumentException(
          "%d numbers where Sluice has %d".formatted(actual.length, expected.length));
    }
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      double error = (double) actual[i] - expected[i];
      difference += error * error;
      norm += (double) expected[i] * expected[i];
    }
    return difference == 0 ? 0 : Math.sqrt(difference / norm);
  }
}
