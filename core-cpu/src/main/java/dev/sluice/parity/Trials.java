package dev.sluice.parity;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects the cases of one group of operations. */
final class Trials {
  /** Around the lanes of 128-, 256- and 512-bit vectors and a GPU's warp, and primes. */
  static final int[] SIZES = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 67, 1031};

  /** Rows and columns: one, few and many of each around the lanes. */
  static final int[][] MATRICES = {
    {1, 1}, {1, 2}, {3, 1}, {2, 3}, {5, 4}, {3, 5}, {2, 7}, {5, 8}, {3, 9}, {2, 15}, {7, 16},
    {4, 17}, {13, 31}, {3, 32}, {17, 33}, {67, 5}, {7, 1031}, {131, 67}
  };

  private final List<ComparisonTrial> trials = new ArrayList<>();

  void add(String operation, String option, String size, Bound bound, Computation computation) {
    ParityCase parityCase = new ParityCase(operation, option, size);
    trials.add(new ComparisonTrial(parityCase, computation, bound));
  }

  /** All cases, and once more the last of each option, for the same bits. */
  List<ParityTrial> all() {
    Map<String, ComparisonTrial> last = new LinkedHashMap<>();
    for (ComparisonTrial trial : trials) {
      last.put(trial.parityCase().operation() + "|" + trial.parityCase().option(), trial);
    }
    List<ParityTrial> all = new ArrayList<>(trials);
    last.values().forEach(trial -> all.add(new RepeatTrial(trial)));
    return all;
  }

  /** For example {@code N=5 F=8}. */
  static String size(String rows, int[] matrix, String columns) {
    return rows + "=" + matrix[0] + " " + columns + "=" + matrix[1];
  }
}
