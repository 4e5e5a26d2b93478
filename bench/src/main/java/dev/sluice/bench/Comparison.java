package dev.sluice.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rows of two runs side by side.
 *
 * <p>Compared are the shortest times, since on a shared machine a disturbance only ever adds. A row is
 * slower when its time has grown past the threshold both as measured and in proportion to the ceiling
 * measured beside it, so that a machine that has slowed down as a whole accuses no row.
 */
final class Comparison {
  /** How often a row that looks slower is measured again. */
  static final int ATTEMPTS = 4;

  /** Below this part of the ceiling, measured beside a row, its time says nothing about Sluice. */
  private static final double QUIET = 0.85;

  /** What became of a row. */
  enum Verdict {
    SAME,
    SLOWER,
    UNCLEAR,
    FASTER,
    ONLY_NOW,
    ONLY_BEFORE;

    String words() {
      return switch (this) {
        case SAME -> "";
        case SLOWER -> "slower";
        case UNCLEAR -> "unclear: busy machine";
        case FASTER -> "faster";
        case ONLY_NOW -> "new";
        case ONLY_BEFORE -> "not measured now";
      };
    }
  }

  /**
   * A row in both runs.
   *
   * @param before null when it was not measured then
   * @param now null when it was not measured now
   * @param ratio time now to time before, or memory where there is no time; NaN without both
   */
  record Line(Row before, Row now, double ratio, Verdict verdict) {}

  private Comparison() {}

  /**
   * Compares.
   *
   * @param before rows of the earlier run
   * @param now rows of this run
   * @param threshold growth beyond which a row is slower, for example 0.1
   * @return rows of this run in their order, then those that only the earlier run has
   */
  static List<Line> of(List<Row> before, List<Row> now, double threshold) {
    Map<String, Row> earlier = new HashMap<>();
    before.forEach(row -> earlier.put(row.key(), row));
    List<Line> lines = new ArrayList<>();
    for (Row row : now) {
      Row old = earlier.remove(row.key());
      lines.add(
          old == null
              ? new Line(null, row, Double.NaN, Verdict.ONLY_NOW)
              : line(old, row, threshold));
    }
    for (Row row : before) {
      if (earlier.containsKey(row.key())) {
        lines.add(new Line(row, null, Double.NaN, Verdict.ONLY_BEFORE));
      }
    }
    return lines;
  }

  /** Measures a row once more. */
  interface Again {
    /** The row as it turned out this time. */
    Row measure(Row row) throws IOException;
  }

  /**
   * Measures rows that look slower again, until they do not or have had {@link #ATTEMPTS} more tries.
   *
   * @return the rows of this run, each as it was disturbed least
   * @throws IOException when measuring fails
   */
  static List<Row> settle(List<Row> before, List<Row> now, double threshold, Again again)
      throws IOException {
    List<Row> settled = new ArrayList<>(now);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      for (Line line : of(before, settled, threshold)) {
        boolean suspicious = line.verdict() == Verdict.SLOWER || line.verdict() == Verdict.UNCLEAR;
        if (suspicious && line.now().timing() != null) {
          Row repeated = again.measure(line.now());
          settled.replaceAll(row -> row == line.now() ? better(row, repeated) : row);
        }
      }
    }
    return settled;
  }

  private static Line line(Row before, Row now, double threshold) {
    double ratio = ratio(before, now);
    double adjusted = ratio * speedOfMachine(now) / speedOfMachine(before);
    Verdict verdict = Verdict.SAME;
    if (Math.min(ratio, adjusted) > 1 + threshold) {
      verdict = disturbed(before, now) ? Verdict.UNCLEAR : Verdict.SLOWER;
    } else if (Math.max(ratio, adjusted) < 1 / (1 + threshold)) {
      verdict = Verdict.FASTER;
    }
    return new Line(before, now, ratio, verdict);
  }

  /** Whether the ceiling itself was out of reach beside this row, because others used the cores. */
  private static boolean disturbed(Row before, Row now) {
    return before.rate() != null
        && now.rate() != null
        && now.rate().nearby() < QUIET * before.rate().ceiling();
  }

  private static double ratio(Row before, Row now) {
    return before.timing() == null || now.timing() == null
        ? (double) now.heldBytes() / before.heldBytes()
        : now.timing().minNs() / before.timing().minNs();
  }

  private static double speedOfMachine(Row row) {
    return row.rate() == null ? 1 : row.rate().nearby();
  }

  /** Of two measurements of one row the one that was disturbed less. */
  static Row better(Row first, Row second) {
    return first.timing() == null
            || second.timing() == null
            || first.timing().minNs() <= second.timing().minNs()
        ? first
        : second;
  }
}
