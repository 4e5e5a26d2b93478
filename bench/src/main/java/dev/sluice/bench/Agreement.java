package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.Precision;

/** Holds a result to the reference's before it is timed. */
public final class Agreement {
  private Agreement() {}

  /** The backend that defines what is right; the caller closes it. */
  public static Backend reference() {
    return Backends.choose("reference", BackendOptions.DEFAULT).backend();
  }

  /**
   * Refuses numbers that differ by more than the tolerance times the largest expected one.
   *
   * @param what for the message
   * @param tolerance see {@link #tolerance}
   * @throws IllegalStateException when they do, or when one is missing or not a number
   */
  public static void require(String what, double tolerance, float[] expected, float[] actual) {
    if (expected.length != actual.length) {
      throw new IllegalStateException(
          "%s: %d numbers, but the reference has %d"
              .formatted(what, actual.length, expected.length));
    }
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs((double) expected[i] - actual[i]));
    }
    if (!(difference <= tolerance * largest)) { // NaN fails too
      throw new IllegalStateException(
          "%s: off the reference by %.3g where the largest value is %.3g; it is not timed"
              .formatted(what, difference, largest));
    }
  }

  /** Relative error allowed: some 1,000 roundings of fp32, some 8 of a shorter mantissa. */
  public static double tolerance(Precision precision) {
    return switch (precision) {
      case FP32 -> 1e-4;
      case TF32 -> 8 * 0x1p-11;
      case BF16 -> 8 * 0x1p-8;
    };
  }
}
