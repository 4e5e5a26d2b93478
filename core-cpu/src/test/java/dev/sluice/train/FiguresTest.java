package dev.sluice.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Numbers and axes as people read them. */
class FiguresTest {
  @Test
  void numbersHaveTheDigitsThatMatter() {
    assertEquals("1,234,567", Figures.count(1_234_567));
    assertEquals("1.2346", Figures.loss(1.23456));
    assertEquals("0.0000", Figures.loss(0));
    assertEquals("1.235e-05", Figures.loss(0.000012346));
    assertEquals("unknown", Figures.loss(Double.NaN));
    assertEquals("infinite", Figures.loss(Double.POSITIVE_INFINITY));
    assertEquals("12.50", Figures.epoch(12.5));
    assertEquals("3.14", Figures.rate(3.14159));
    assertEquals("999", Figures.rate(999.4));
    assertEquals("1.00k", Figures.rate(999.6));
    assertEquals("31.2k", Figures.rate(31_234));
    assertEquals("2.50M", Figures.rate(2_500_000));
    assertEquals("7.00G", Figures.rate(7e9));
    assertEquals("0.002", Figures.significant(0.002, 3));
    assertEquals("1.5e-7", Figures.significant(1.5e-7, 3));
    assertEquals("1,250", Figures.significant(1250, 3));
    assertEquals("0", Figures.significant(0, 3));
    assertEquals("3e9", Figures.significant(3e9, 3));
  }

  @Test
  void durationsHaveTwoUnitsAtMost() {
    assertEquals("0.4 s", Figures.duration(0.44));
    assertEquals("10 s", Figures.duration(9.96));
    assertEquals("1 min 0 s", Figures.duration(59.6));
    assertEquals("3 min 20 s", Figures.duration(200));
    assertEquals("2 h 5 min", Figures.duration(7_500));
    assertEquals("1 d 3 h", Figures.duration(97_200));
    assertEquals("unknown", Figures.duration(Double.NaN));
  }

  private static List<String> labels(Axis axis, int wanted) {
    return axis.ticks(wanted).stream().map(tick -> axis.label(tick, wanted)).toList();
  }

  @Test
  void ticksAreRound() {
    assertEquals(List.of("1.5", "2.0", "2.5"), labels(new Axis(1.4, 2.7, false), 4));
    assertEquals(List.of("0", "0.001", "0.002"), labels(new Axis(0, 0.0022, false), 4));
    assertEquals(List.of("0", "100k", "200k"), labels(new Axis(0, 250_000, false), 3));
    assertEquals(List.of("0.25", "0.50"), labels(new Axis(0.2, 0.65, false), 2));
    assertEquals(List.of("0.1", "1", "10", "100"), labels(new Axis(0.05, 300, true), 4));
    assertEquals(List.of("0.5", "1", "2", "5", "10"), labels(new Axis(0.4, 12, true), 8));
    assertEquals(List.of(0.0, 1.0, 2.0, 3.0), Axis.steps(1, 3).wholeTicks(9));
  }

  @Test
  void anAxisHoldsItsValues() {
    double[][] ranges = {{1, 1}, {0, 0}, {-1, -1}, {0, 5}, {-3, 2}, {0.01, 100}, {1e-9, 2e-9}};
    for (double[] range : ranges) {
      for (Axis axis :
          List.of(Axis.around(range[0], range[1]), Axis.fromZero(range[0], range[1]))) {
        for (double value : range) {
          double position = axis.position(value);
          assertTrue(position >= 0 && position <= 1, value + " on " + axis);
        }
        assertTrue(axis.ticks(5).size() >= 2, "ticks of " + axis);
      }
    }
    assertTrue(Axis.around(0.01, 100).logarithmic());
    assertEquals(0, Axis.fromZero(3, 5).low());
    assertEquals(0, Axis.steps(1, 1000).low());
    assertEquals(900, Axis.steps(900, 1000).low());
  }
}
