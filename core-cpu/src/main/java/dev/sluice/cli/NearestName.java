package dev.sluice.cli;

import java.util.Collection;
import java.util.Comparator;

/** Finds the known name that a misspelt one most likely meant. */
final class NearestName {
  private NearestName() {}

  /**
   * The known name with the smallest edit distance; the first of equals in alphabetical order.
   *
   * @param known at least one name
   */
  static String of(String name, Collection<String> known) {
    return known.stream()
        .sorted()
        .min(Comparator.comparingInt(candidate -> distance(name, candidate)))
        .orElseThrow();
  }

  /** Insertions, deletions and substitutions that turn a into b (Levenshtein 1966). */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
