package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Guarded.assertClose;
import static dev.sluice.backend.simd.Guarded.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.ElementOps;
import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Element-wise operations against plain loops in double, for lengths around the vector's. */
class ElementOpsTest {
  private static final int L = Lanes.LANES;

  /** The last is large enough that the team shares the work. */
  private static final int[] LENGTHS = {1, L - 1, L, L + 1, 2 * L + 3, 97, 100_003};

  private final Backend backend = new SimdBackend(2);
  private final ElementOps ops = backend.elements();

  @AfterEach
  void close() {
    backend.close();
  }

  @Test
  void fillScaleAddMultiply() {
    for (int n : LENGTHS) {
      float[] a = random(n, 3, n);
      float[] b = random(n, 2, n + 1);
      Guarded x = Guarded.floats(backend, a);
      Guarded y = Guarded.floats(backend, b);
      Guarded out = Guarded.floats(backend, new float[n]);
      ops.multiply(x.tensor(), y.tensor(), out.tensor());
      ops.add(-1.5f, x.tensor(), y.tensor());
      ops.scale(x.tensor(), 0.7f);
      float[] products = out.values();
      float[] sums = y.values();
      float[] scaled = x.values();
      for (int i = 0; i < n; i++) {
        assertEquals(a[i] * b[i], products[i]);
        assertClose(b[i] - 1.5 * a[i], sums[i], 0, "add " + i);
        assertEquals(a[i] * 0.7f, scaled[i]);
      }
      ops.fill(out.tensor(), 4.5f);
      for (float value : out.values()) {
        assertEquals(4.5f, value);
      }
    }
  }

  @Test
  void copyTakesNumbersAndIntegers() {
    for (int n : LENGTHS) {
      float[] a = random(n, 3, n);
      Guarded x = Guarded.floats(backend, a);
      Guarded y = Guarded.floats(backend, new float[n]);
      ops.copy(x.tensor(), y.tensor());
      assertArrayEquals(a, y.values());
      Tensor ids = Guarded.ints(backend, 3, -1, 7);
      Tensor copy = Guarded.ints(backend, 0, 0, 0);
      ops.copy(ids, copy);
      assertArrayEquals(new int[] {3, -1, 7}, copy.toInts());
    }
  }

  @ParameterizedTest
  @EnumSource
  void activationsAndTheirGradients(Activation activation) {
    for (int n : LENGTHS) {
      float[] a = random(n, 6, n);
      a[0] = 0;
      float[] d = random(n, 2, n + 1);
      Guarded x = Guarded.floats(backend, a);
      Guarded dy = Guarded.floats(backend, d);
      ops.activate(activation, x.tensor(), x.tensor());
      ops.activateBackward(activation, x.tensor(), dy.tensor(), dy.tensor());
      float[] y = x.values();
      float[] dx = dy.values();
      for (int i = 0; i < n; i++) {
        double exact =
            switch (activation) {
              case SIGMOID -> 1 / (1 + Math.exp(-a[i]));
              case TANH -> Math.tanh(a[i]);
              case RELU -> Math.max(0, a[i]);
            };
        double slope =
            switch (activation) {
              case SIGMOID -> y[i] * (1 - (double) y[i]);
              case TANH -> 1 - (double) y[i] * y[i];
              case RELU -> y[i] > 0 ? 1 : 0;
            };
        assertEquals(exact, y[i], 5 * Math.ulp((float) exact), activation + " of " + a[i]);
        assertClose(slope * d[i], dx[i], 0, activation + " backward " + i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void notANumberStaysOne(Activation activation) {
    float[] a = random(2 * L + 1, 1, 1);
    a[0] = Float.NaN;
    a[2 * L] = Float.NaN;
    Guarded x = Guarded.floats(backend, a);
    ops.activate(activation, x.tensor(), x.tensor());
    float[] y = x.values();
    assertTrue(Float.isNaN(y[0]) && Float.isNaN(y[2 * L]), activation + " hides NaN");
    assertTrue(!Float.isNaN(y[1]));
  }

  @Test
  void biasIsAddedToRowsAndItsGradientSumsThem() {
    int[][] shapes = {{1, 1}, {3, L}, {5, L + 1}, {64, 3}, {65, 2 * L}, {129, 37}, {1000, 150}};
    for (int[] shape : shapes) {
      int rows = shape[0];
      int columns = shape[1];
      float[] a = random(rows * columns, 1, rows);
      float[] b = random(columns, 1, columns);
      float[] start = random(columns, 1, 7);
      Guarded x = Guarded.floats(backend, a, rows, columns);
      Guarded bias = Guarded.floats(backend, b);
      Guarded dBias = Guarded.floats(backend, start);
      ops.biasBackward(x.tensor(), dBias.tensor());
      ops.addBias(x.tensor(), bias.tensor());
      float[] y = x.values();
      float[] sums = dBias.values();
      for (int f = 0; f < columns; f++) {
        double sum = start[f];
        double size = Math.abs(sum);
        for (int row = 0; row < rows; row++) {
          int i = row * columns + f;
          sum += a[i];
          size += Math.abs(a[i]);
          assertEquals(a[i] + b[f], y[i]);
        }
        assertClose(sum, sums[f], size, rows + "x" + columns + " column " + f);
      }
    }
  }

  @Test
  void incrementCounts() {
    Tensor counter = Guarded.ints(backend, 41);
    ops.increment(counter);
    assertArrayEquals(new int[] {42}, counter.toInts());
  }
}
