package dev.sluice.bench;

import java.util.Arrays;

/**
 * How long an iteration took.
 *
 * @param medianNs median of the samples, in nanoseconds
 * @param minNs shortest
 * @param p99Ns 99 % took no longer
 * @param spread distance between the quartiles, as a share of the median
 * @param samples how many there are; a sample may be the mean of many short iterations
 */
public record Timing(double medianNs, double minNs, double p99Ns, double spread, int samples) {
  /**
   * From samples in any order.
   *
   * @param nanos at least one; sorted by this call
   */
  static Timing of(double[] nanos) {
    Arrays.sort(nanos);
    double median = quantile(nanos, 0.5);
    return new Timing(
        median,
        nanos[0],
        quantile(nanos, 0.99),
        (quantile(nanos, 0.75) - quantile(nanos, 0.25)) / median,
        nanos.length);
  }

  /** The share {@code q} of the sorted values lies below it; between two of them, in proportion. */
  private static double quantile(double[] sorted, double q) {
    double at = q * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
