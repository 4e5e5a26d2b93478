package dev.sluice.bench;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * A result: a line of the table.
 *
 * @param suite which group of workloads
 * @param cell recurrent cell or operation
 * @param shape sizes
 * @param mode for example {@code train}; may be empty
 * @param device name of the backend
 * @param threads of the backend; 0 for a GPU
 * @param precision of the backend, for example {@code fp32}
 * @param timing of an iteration; null when only memory was looked at
 * @param rate against the ceiling; null when there is none to speak of
 * @param unitsPerSecond what users count, at the median; 0 without timing
 * @param unit its noun in the plural
 * @param allocatedBytes on the Java heap by an iteration, the fewest that were seen
 * @param heldBytes by tensors and plans
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Row(
    String suite,
    String cell,
    String shape,
    String mode,
    String device,
    int threads,
    String precision,
    Timing timing,
    Rate rate,
    double unitsPerSecond,
    String unit,
    long allocatedBytes,
    long heldBytes) {
  /**
   * Work per time.
   *
   * @param value at the median time
   * @param unit {@code GFLOP/s} or {@code GB/s}
   * @param ceiling the best that the same threads reached in the same run
   * @param nearby what they reached in the moments around this row
   */
  public record Rate(double value, String unit, double ceiling, double nearby) {
    /** Part of the ceiling, 0 to about 1. */
    public double share() {
      return value / ceiling;
    }
  }

  /** What tells this row from the others; the same in every run. */
  public String key() {
    return String.join("|", suite, cell, shape, mode, device, Integer.toString(threads), precision);
  }

  /** For example {@code LSTM 256,2,32,64 train}. */
  public String title() {
    return new Workload.Name(suite, cell, shape, mode).title();
  }
}
