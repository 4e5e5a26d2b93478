package dev.sluice.parity;

import java.util.List;
import java.util.Locale;

/** Results as plain text: a line for each case, and what is wrong below the line of a failed one. */
public final class ParityTable {
  private static final String COLUMNS = "%-22s %-62s %-22s %9s %9s  %s";

  private ParityTable() {}

  /** The columns' names. */
  public static String header() {
    return line("operation", "option", "size", "error", "bound", "");
  }

  /** One result. */
  public static String row(ParityResult result) {
    ParityCase parityCase = result.parityCase();
    String row =
        line(
            parityCase.operation(),
            parityCase.option(),
            parityCase.size(),
            number(result.error()),
            number(result.bound()),
            result.passed() ? "ok" : "FAILED");
    return result.passed() ? row : row + System.lineSeparator() + "  " + result.message();
  }

  /** One sentence: how many cases, how many failed, and how near the nearest came to its bound. */
  public static String summary(String backend, List<ParityResult> results) {
    long failed = results.stream().filter(result -> !result.passed()).count();
    double nearest =
        results.stream()
            .filter(result -> result.passed() && result.bound() > 0)
            .mapToDouble(result -> result.error() / result.bound())
            .max()
            .orElse(0);
    return "%s: %d cases, %d failed; the largest error is %.0f %% of its bound"
        .formatted(backend, results.size(), failed, 100 * nearest);
  }

  private static String line(Object... cells) {
    return COLUMNS.formatted(cells).stripTrailing();
  }

  private static String number(double value) {
    if (value == 0) {
      return "0";
    }
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.2e", value);
  }
}
