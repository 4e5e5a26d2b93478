package dev.sluice.cli;

import java.util.Locale;

/** Quantities for people to read. */
final class Units {
  private Units() {}

  /** For example {@code 312 MiB} or {@code 1.5 GiB}. */
  static String bytes(long bytes) {
    double mebibytes = bytes / (double) (1 << 20);
    return mebibytes < 1024
        ? String.format(Locale.ROOT, mebibytes < 10 ? "%.1f MiB" : "%.0f MiB", mebibytes)
        : String.format(Locale.ROOT, "%.1f GiB", mebibytes / 1024);
  }

  /** With a comma between groups of three digits. */
  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** With the noun, in the plural where it must be. */
  static String count(long count, String noun) {
    return count(count) + " " + (count == 1 ? noun : noun + "s");
  }
}
