package dev.sluice.bench;

import dev.sluice.cli.UsageException;

/** A share as people write it: {@code 10%} or {@code 0.1}. */
final class Threshold {
  private Threshold() {}

  /**
   * The share, above 0.
   *
   * @throws UsageException when the text is none
   */
  static double parse(String text) {
    boolean percent = text.endsWith("%");
    try {
      double number = Double.parseDouble(percent ? text.substring(0, text.length() - 1) : text);
      double share = percent ? number / 100 : number;
      if (share > 0 && share < 10) {
        return share;
      }
    } catch (NumberFormatException _) {
      // the sentence below says it
    }
    throw new UsageException(
        "--threshold must be a share such as 10% or 0.1, above 0 and below 1000%, not '"
            + text
            + "'");
  }
}
