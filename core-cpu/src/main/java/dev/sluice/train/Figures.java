package dev.sluice.train;

import java.util.Locale;

/** Numbers and durations as people read them; the same in every locale. */
final class Figures {
  private Figures() {}

  /** With thousands separated: 12,345. */
  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** Four decimals for the size that losses have, fewer digits for what is larger or smaller. */
  static String loss(double value) {
    double size = Math.abs(value);
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "unknown" : value > 0 ? "infinite" : "-infinite";
    }
    return size != 0 && (size < 0.01 || size >= 10_000)
        ? String.format(Locale.ROOT, "%.3e", value)
        : String.format(Locale.ROOT, "%.4f", value);
  }

  /** Epochs with two decimals: 1.25. */
  static String epoch(double epochs) {
    return String.format(Locale.ROOT, "%.2f", epochs);
  }

  /** Three significant digits or so, with k, M or G beyond a thousand: 31.2k. */
  static String rate(double value) {
    if (!Double.isFinite(value)) {
      return "unknown";
    }
    if (value >= 999.5e6) {
      return threeDigits(value / 1e9) + "G";
    }
    if (value >= 999.5e3) {
      return threeDigits(value / 1e6) + "M";
    }
    return value >= 999.5 ? threeDigits(value / 1e3) + "k" : threeDigits(value);
  }

  private static String threeDigits(double value) {
    int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  /** Up to {@code digits} significant digits, no trailing zeros: 0.002, 1.5e-7, 350. */
  static String significant(double value, int digits) {
    if (!Double.isFinite(value)) {
      return "unknown";
    }
    if (value == 0) {
      return "0";
    }
    double size = Math.abs(value);
    if (size < 1e-4 || size >= 1e7) {
      String text = String.format(Locale.ROOT, "%." + (digits - 1) + "e", value);
      int exponentAt = text.indexOf('e');
      int exponent = Integer.parseInt(text.substring(exponentAt + 1));
      return withoutTrailingZeros(text.substring(0, exponentAt)) + "e" + exponent;
    }
    int magnitude = (int) Math.floor(Math.log10(size));
    int decimals = Math.max(0, digits - 1 - magnitude);
    return withoutTrailingZeros(String.format(Locale.ROOT, "%,." + decimals + "f", value));
  }

  private static String withoutTrailingZeros(String number) {
    if (number.indexOf('.') < 0) {
      return number;
    }
    int end = number.length();
    while (number.charAt(end - 1) == '0') {
      end--;
    }
    if (number.charAt(end - 1) == '.') {
      end--;
    }
    return number.substring(0, end);
  }

  /** 4.2 s, 42 s, 3 min 20 s, 2 h 5 min, 1 d 3 h. */
  static String duration(double seconds) {
    if (!Double.isFinite(seconds)) {
      return "unknown";
    }
    if (seconds < 9.95) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    if (whole < 3600) {
      return whole / 60 + " min " + whole % 60 + " s";
    }
    if (whole < 86_400) {
      return whole / 3600 + " h " + whole % 3600 / 60 + " min";
    }
    return whole / 86_400 + " d " + whole % 86_400 / 3600 + " h";
  }
}
