package dev.sluice.bench;

import java.util.Locale;

/** Figures as people read them; the same in every locale. */
final class Figures {
  private Figures() {}

  /** Three digits with a unit: {@code 1.23 ms}, {@code 45.6 us}. */
  static String time(double nanos) {
    if (nanos < 999.5) {
      return digits(nanos) + " ns";
    }
    if (nanos < 999.5e3) {
      return digits(nanos / 1e3) + " us";
    }
    return nanos < 999.5e6 ? digits(nanos / 1e6) + " ms" : digits(nanos / 1e9) + " s";
  }

  /** Three digits, more before the point when there are more: {@code 1.23}, {@code 45.6}. */
  static String digits(double value) {
    int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  /** Whole percent: {@code 87 %}. */
  static String percent(double share) {
    return Math.round(100 * share) + " %";
  }

  /** For example {@code 32 KiB} or {@code 12.5 MiB}. */
  static String bytes(double bytes) {
    if (bytes < 1024) {
      return Math.round(bytes) + " B";
    }
    if (bytes < 1024 * 1024) {
      return trimmed(bytes / 1024) + " KiB";
    }
    return bytes < 1024.0 * 1024 * 1024
        ? trimmed(bytes / 1024 / 1024) + " MiB"
        : trimmed(bytes / 1024 / 1024 / 1024) + " GiB";
  }

  private static String trimmed(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : digits(value);
  }

  /** With k, M or G: {@code 71.2k}. */
  static String count(double value) {
    if (value >= 999.5e6) {
      return digits(value / 1e9) + "G";
    }
    if (value >= 999.5e3) {
      return digits(value / 1e6) + "M";
    }
    return value >= 999.5 ? digits(value / 1e3) + "k" : digits(value);
  }
}
