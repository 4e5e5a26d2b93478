package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.bench.Comparison.Verdict;
import dev.sluice.cli.UsageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a row counts as slower, and how often it is measured again before it does. */
class ComparisonTest {
  private static final Row BEFORE = Rows.timed("8,1,2,3", 1000, 100);

  private static Comparison.Line line(Row now) {
    List<Comparison.Line> lines = Comparison.of(List.of(BEFORE), List.of(now), 0.1);
    assertEquals(1, lines.size());
    return lines.getFirst();
  }

  @Test
  void fifteenPercentMoreIsSlower() {
    Comparison.Line line = line(Rows.timed("8,1,2,3", 1150, 100));
    assertEquals(Verdict.SLOWER, line.verdict());
    assertEquals(1.15, line.ratio(), 1e-9);
  }

  @Test
  void lessThanTheThresholdIsTheSame() {
    assertEquals(Verdict.SAME, line(Rows.timed("8,1,2,3", 1090, 100)).verdict());
    assertEquals(Verdict.SAME, line(Rows.timed("8,1,2,3", 920, 100)).verdict());
  }

  @Test
  void aThirdLessIsFaster() {
    assertEquals(Verdict.FASTER, line(Rows.timed("8,1,2,3", 667, 100)).verdict());
  }

  @Test
  void aMachineThatSlowedDownAsAWholeAccusesNoRow() {
    assertEquals(Verdict.SAME, line(Rows.timed("8,1,2,3", 1250, 80)).verdict());
  }

  @Test
  void aRowMeasuredWhileOthersUsedTheCoresIsUnclear() {
    assertEquals(Verdict.UNCLEAR, line(Rows.timed("8,1,2,3", 1500, 80)).verdict());
  }

  @Test
  void aRowMustBeSlowerAsMeasuredToo() {
    assertEquals(Verdict.SAME, line(Rows.timed("8,1,2,3", 1000, 130)).verdict());
  }

  @Test
  void moreMemoryIsSlowerThanTheThresholdAllows() {
    List<Comparison.Line> lines =
        Comparison.of(List.of(Rows.memory(1000)), List.of(Rows.memory(1200)), 0.1);
    assertEquals(Verdict.SLOWER, lines.getFirst().verdict());
  }

  @Test
  void rowsOfOneRunOnlyAreShownAsSuch() {
    List<Comparison.Line> lines =
        Comparison.of(List.of(BEFORE), List.of(Rows.timed("9,1,2,3", 5, 100)), 0.1);
    assertEquals(
        List.of(Verdict.ONLY_NOW, Verdict.ONLY_BEFORE),
        lines.stream().map(Comparison.Line::verdict).toList());
  }

  @Test
  void aDisturbedRowIsMeasuredUntilItIsAsBefore() throws IOException {
    List<Row> asked = new ArrayList<>();
    List<Row> settled =
        Comparison.settle(
            List.of(BEFORE),
            List.of(Rows.timed("8,1,2,3", 1400, 100)),
            0.1,
            row -> {
              asked.add(row);
              return Rows.timed("8,1,2,3", asked.size() < 3 ? 1300 : 1010, 100);
            });
    assertEquals(3, asked.size());
    assertEquals(1010, settled.getFirst().timing().minNs());
  }

  @Test
  void aSlowRowStaysSlow() throws IOException {
    int[] asked = new int[1];
    List<Row> settled =
        Comparison.settle(
            List.of(BEFORE),
            List.of(Rows.timed("8,1,2,3", 1150, 100)),
            0.1,
            row -> {
              asked[0]++;
              return Rows.timed("8,1,2,3", 1160, 100);
            });
    assertEquals(Comparison.ATTEMPTS, asked[0]);
    assertEquals(Verdict.SLOWER, Comparison.of(List.of(BEFORE), settled, 0.1).getFirst().verdict());
  }

  @Test
  void memoryIsNotMeasuredAgain() throws IOException {
    Comparison.settle(
        List.of(Rows.memory(1000)),
        List.of(Rows.memory(1200)),
        0.1,
        row -> {
          throw new IOException("measured again");
        });
  }

  @Test
  void thresholdsArePercentOrShares() {
    assertEquals(0.1, Threshold.parse("10%"), 1e-12);
    assertEquals(0.25, Threshold.parse("0.25"), 1e-12);
    for (String nonsense : List.of("", "%", "ten", "-5%", "0", "NaN", "2000%")) {
      UsageException refusal =
          assertThrows(UsageException.class, () -> Threshold.parse(nonsense), nonsense);
      assertEquals(
          "--threshold must be a share such as 10% or 0.1, above 0 and below 1000%, not '"
              + nonsense
              + "'",
          refusal.getMessage());
    }
  }
}
