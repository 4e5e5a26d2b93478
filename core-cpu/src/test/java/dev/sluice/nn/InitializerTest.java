package dev.sluice.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Shape;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Initial values have the moments, ranges and orthogonality of their formulas. */
class InitializerTest {
  private static final Shape MATRIX = Shape.of(200, 300);

  private static float[] draw(Initializer initializer, Shape shape) {
    float[] values = new float[(int) shape.size()];
    initializer.fill(values, 0, shape, new RandomNumbers(11, 2));
    return values;
  }

  /** Mean and variance are within 5 standard errors; the range is kept and used. */
  private static void assertUniform(float[] values, double bound) {
    double mean = 0;
    double variance = 0;
    double largest = 0;
    for (float value : values) {
      assertTrue(value >= -bound && value <= bound, value + " leaves ±" + bound);
      mean += value / values.length;
      variance += (double) value * value / values.length;
      largest = Math.max(largest, Math.abs(value));
    }
    double expected = bound * bound / 3;
    assertEquals(0, mean, 5 * Math.sqrt(expected / values.length));
    assertEquals(expected, variance, 5 * expected * Math.sqrt(0.8 / values.length));
    assertTrue(largest > 0.999 * bound);
  }

  private static void assertNormal(float[] values, double deviation) {
    double mean = 0;
    double variance = 0;
    double fourth = 0;
    int beyondTwo = 0;
    for (float value : values) {
      double z = value / deviation;
      mean += z / values.length;
      variance += z * z / values.length;
      fourth += z * z * z * z / values.length;
      beyondTwo += Math.abs(z) > 2 ? 1 : 0;
    }
    double error = 1 / Math.sqrt(values.length);
    assertEquals(0, mean, 5 * error);
    assertEquals(1, variance, 5 * error * Math.sqrt(2));
    assertEquals(3, fourth, 5 * error * Math.sqrt(96));
    assertEquals(0.0455, (double) beyondTwo / values.length, 5 * error * 0.21);
  }

  @Test
  void constants() {
    assertArrayEquals(new float[] {0, 0, 0}, draw(Initializer.zeros(), Shape.of(3)));
    assertArrayEquals(new float[] {1.5f, 1.5f}, draw(Initializer.constant(1.5f), Shape.of(2)));
  }

  @Test
  void uniform() {
    assertUniform(draw(Initializer.uniform(0.3f), MATRIX), 0.3f);
    assertUniform(draw(Initializer.fanIn(64), MATRIX), 0.125);
  }

  /** Bound √(6 / 500). */
  @Test
  void xavierUniform() {
    assertUniform(draw(Initializer.xavierUniform(), MATRIX), 0.1095445115);
    assertUniform(draw(new Initializer.XavierUniform(2), MATRIX), 0.2190890231);
  }

  /** Deviation √(2 / 500). */
  @Test
  void xavierNormal() {
    assertNormal(draw(Initializer.xavierNormal(), MATRIX), 0.0632455532);
  }

  @Test
  void normal() {
    assertNormal(draw(Initializer.normal(0.02f), MATRIX), 0.02f);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 7", "7, 1", "17, 17", "64, 64", "13, 40", "40, 13"})
  void orthogonal(int rows, int columns) {
    float gain = 1.5f;
    float[] values = draw(Initializer.orthogonal(gain), Shape.of(rows, columns));
    boolean byRows = rows <= columns;
    int count = Math.min(rows, columns);
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < count; j++) {
        double dot = 0;
        for (int k = 0; k < Math.max(rows, columns); k++) {
          dot +=
              byRows
                  ? (double) values[i * columns + k] * values[j * columns + k]
                  : (double) values[k * columns + i] * values[k * columns + j];
        }
        assertEquals(i == j ? gain * gain : 0, dot, 1e-6, i + "·" + j);
      }
    }
  }

  /** A uniformly distributed orthogonal matrix has entries of variance 1/n and both signs. */
  @Test
  void orthogonalEntriesAreUnbiased() {
    float[] values = draw(Initializer.orthogonal(1), Shape.of(150, 150));
    double mean = 0;
    for (float value : values) {
      mean += value / values.length;
    }
    assertEquals(0, mean, 5 / Math.sqrt(150.0 * values.length));
    int positiveDiagonal = 0;
    for (int i = 0; i < 150; i++) {
      positiveDiagonal += values[i * 150 + i] > 0 ? 1 : 0;
    }
    assertEquals(75, positiveDiagonal, 5 * Math.sqrt(150) / 2);
  }

  @Test
  void everyGateIsAMatrixOfItsOwn() {
    float[] values = draw(Initializer.perGate(3, Initializer.orthogonal(1)), Shape.of(12, 4));
    for (int gate = 0; gate < 3; gate++) {
      for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
          double dot = 0;
          for (int k = 0; k < 4; k++) {
            dot += values[(gate * 4 + i) * 4 + k] * values[(gate * 4 + j) * 4 + k];
          }
          assertEquals(i == j ? 1 : 0, dot, 1e-6);
        }
      }
    }
    float[] first = Arrays.copyOfRange(values, 0, 16);
    float[] second = Arrays.copyOfRange(values, 16, 32);
    assertFalse(Arrays.equals(first, second));
    // Fans are those of one gate: 4 + 4, not 12 + 4.
    assertUniform(
        draw(Initializer.perGate(4, Initializer.xavierUniform()), Shape.of(400, 100)),
        Math.sqrt(6.0 / 200));
  }

  @Test
  void stackedBlocksKeepTheirOrder() {
    Initializer stacked =
        new Initializer.Stacked(List.of(Initializer.constant(1), Initializer.constant(2)));
    assertArrayEquals(new float[] {1, 1, 1, 2, 2, 2}, draw(stacked, Shape.of(6)));
    assertThrows(IllegalArgumentException.class, () -> draw(stacked, Shape.of(5)));
  }

  @Test
  void sameSeedAndStreamGiveTheSameBits() {
    for (Initializer initializer :
        List.of(
            Initializer.uniform(1),
            Initializer.normal(1),
            Initializer.orthogonal(1),
            Initializer.xavierNormal())) {
      Shape shape = Shape.of(9, 7);
      float[] once = draw(initializer, shape);
      assertArrayEquals(once, draw(initializer, shape));
      float[] otherSeed = new float[63];
      initializer.fill(otherSeed, 0, shape, new RandomNumbers(12, 2));
      float[] otherStream = new float[63];
      initializer.fill(otherStream, 0, shape, new RandomNumbers(11, 3));
      assertFalse(Arrays.equals(once, otherSeed));
      assertFalse(Arrays.equals(once, otherStream));
      assertFalse(Arrays.equals(otherSeed, otherStream));
    }
  }

  /** A seed promises the same run for ever; worked out with a second implementation of Philox. */
  @Test
  void theFirstNumbersNeverChange() {
    RandomNumbers uniform = new RandomNumbers(1, 0);
    assertEquals(0.957223117351532f, uniform.uniform());
    assertEquals(0.700879693031311f, uniform.uniform());
    RandomNumbers normal = new RandomNumbers(1, 0);
    assertEquals(-0.21057965905723064, normal.normal(), 1e-15);
    assertEquals(2.5018338752654503, normal.normal(), 1e-15);
  }

  @Test
  void wrongArgumentsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Initializer.uniform(-1));
    assertThrows(IllegalArgumentException.class, () -> Initializer.normal(Float.NaN));
    assertThrows(IllegalArgumentException.class, () -> Initializer.fanIn(0));
    assertThrows(IllegalArgumentException.class, () -> new Initializer.Stacked(List.of()));
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> draw(Initializer.xavierUniform(), Shape.of(5)))
            .getMessage();
    assertEquals("this initialiser is for matrices [outputs, inputs], not for [5]", message);
  }
}
