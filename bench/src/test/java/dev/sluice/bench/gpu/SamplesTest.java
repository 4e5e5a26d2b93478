package dev.sluice.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which numbers are compared and how, and that inputs in turn are larger than any cache. */
class SamplesTest {
  @Test
  void smallArraysAreComparedWhole() {
    float[] values = {1, 2, 3};
    assertArrayEquals(values, Samples.of(Map.of("y", values)).get("y"));
  }

  @Test
  void ofLargeArraysEachColumnHasItsTurn() {
    int columns = 1024;
    float[] values = new float[4096 * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % columns;
    }
    float[] sample = Samples.of(Map.of("y", values)).get("y");
    assertTrue(sample.length < 1 << 19, sample.length + " numbers");
    boolean[] seen = new boolean[columns];
    for (float value : sample) {
      seen[(int) value] = true;
    }
    for (int column = 0; column < columns; column++) {
      assertTrue(seen[column], "column " + column);
    }
  }

  @Test
  void distanceIsRelativeToTheNorm() {
    assertEquals(0.1, Samples.distance(new float[] {3.3f, 4.4f}, new float[] {3, 4}), 1e-6);
    assertEquals(0, Samples.distance(new float[2], new float[2]));
    assertEquals(Double.POSITIVE_INFINITY, Samples.distance(new float[] {1}, new float[] {0}));
    assertTrue(Double.isNaN(Samples.distance(new float[] {Float.NaN}, new float[] {1})));
    assertThrows(
        IllegalArgumentException.class, () -> Samples.distance(new float[1], new float[2]));
  }

  @Test
  void setsAreManyAndDiffer() {
    long bytes = 2L * 25 * 16 * 512 * Float.BYTES;
    assertTrue(InputSets.count(bytes) * bytes >= 256L << 20);
    assertEquals(1, InputSets.count(1L << 30));
    assertEquals(InputSets.MOST, InputSets.count(1));
    assertEquals(1, InputSets.factor(0));
    assertTrue(InputSets.factor(InputSets.MOST - 1) > 0.5);
    assertTrue(InputSets.factor(1) < 1);
  }
}
