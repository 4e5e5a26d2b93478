package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Guarded.assertClose;
import static dev.sluice.backend.simd.Guarded.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.OptimizerOps.Controls;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every rule over three steps against the same arithmetic in double. */
class OptimizerOpsTest {
  private static final int L = Lanes.LANES;
  private static final int[] LENGTHS = {1, L - 1, L, L + 1, 53, 20_001};
  private static final float RATE = 0.05f;

  private final Backend backend = new SimdBackend(2);

  @AfterEach
  void close() {
    backend.close();
  }

  static List<UpdateRule> rules() {
    return List.of(
        new UpdateRule.Sgd(0, false, 0),
        new UpdateRule.Sgd(0, false, 0.1f),
        new UpdateRule.Sgd(0.9f, false, 0.1f),
        new UpdateRule.Sgd(0.9f, true, 0),
        new UpdateRule.RmsProp(0.95f, 1e-6f, 0.1f),
        new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 0.1f, false),
        new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 0.1f, true));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void threeSteps(UpdateRule rule) {
    for (int n : LENGTHS) {
      check(rule, n, Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY);
      check(rule, n, 0.5f, 0.01f);
    }
  }

  private void check(UpdateRule rule, int n, float clipNorm, float clipValue) {
    float[] start = random(n, 1, n);
    Guarded parameters = Guarded.floats(backend, start);
    int slots = rule.stateSlots();
    Guarded state = slots == 0 ? null : Guarded.floats(backend, new float[slots * n], slots, n);
    Guarded squares = Guarded.floats(backend, new float[1]);
    Tensor applied = Guarded.ints(backend, 0);
    Tensor rate = Guarded.floats(backend, new float[] {RATE}).tensor();
    Controls controls = new Controls(rate, applied, squares.tensor(), clipNorm, clipValue);
    double[] p = new double[n];
    double[] s1 = new double[n];
    double[] s2 = new double[n];
    for (int i = 0; i < n; i++) {
      p[i] = start[i];
    }
    for (int step = 1; step <= 3; step++) {
      float[] g = random(n, 2, step);
      Guarded gradients = Guarded.floats(backend, g);
      backend.optimizers().sumOfSquares(gradients.tensor(), squares.tensor());
      Tensor slotTensor = state == null ? null : state.tensor();
      backend
          .optimizers()
          .update(rule, parameters.tensor(), gradients.tensor(), slotTensor, controls);
      assertArrayEquals(g, gradients.values());
      double norm = Math.sqrt(squares.values()[0]);
      for (int i = 0; i < n; i++) {
        double slope =
            Math.clamp(g[i] * Math.min(1, clipNorm / (norm + 1e-6)), -clipValue, clipValue);
        step(rule, step, i, slope, p, s1, s2);
      }
    }
    assertArrayEquals(new int[] {3}, applied.toInts());
    float[] result = parameters.values();
    for (int i = 0; i < n; i++) {
      assertClose(p[i], result[i], 4, rule + " of " + n + ", number " + i);
    }
  }

  private static void step(
      UpdateRule rule, int t, int i, double slope, double[] p, double[] s1, double[] s2) {
    switch (rule) {
      case UpdateRule.Sgd(float momentum, boolean nesterov, float decay) -> {
        double g = slope + decay * p[i];
        s1[i] = momentum * s1[i] + g;
        p[i] -= RATE * (nesterov ? g + momentum * s1[i] : s1[i]);
      }
      case UpdateRule.RmsProp(float keep, float epsilon, float decay) -> {
        double g = slope + decay * p[i];
        s1[i] = keep * s1[i] + (1 - (double) keep) * g * g;
        p[i] -= RATE * g / (Math.sqrt(s1[i]) + epsilon);
      }
      case UpdateRule.Adam(float b1, float b2, float epsilon, float decay, boolean decoupled) -> {
        double g = slope + (decoupled ? 0 : decay * p[i]);
        p[i] -= decoupled ? RATE * decay * p[i] : 0;
        s1[i] = b1 * s1[i] + (1 - (double) b1) * g;
        s2[i] = b2 * s2[i] + (1 - (double) b2) * g * g;
        double mean = s1[i] / (1 - Math.pow(b1, t));
        double square = s2[i] / (1 - Math.pow(b2, t));
        p[i] -= RATE * mean / (Math.sqrt(square) + epsilon);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void nothingIsAppliedWhenAGradientIsNotFinite(float bad) {
    float[] g = random(40, 1, 1);
    g[33] = bad;
    Guarded gradients = Guarded.floats(backend, g);
    Guarded parameters = Guarded.floats(backend, random(40, 1, 2));
    Guarded state = Guarded.floats(backend, random(80, 1, 3), 2, 40);
    float[] before = parameters.values();
    float[] stateBefore = state.values();
    Guarded squares = Guarded.floats(backend, new float[1]);
    Tensor applied = Guarded.ints(backend, 5);
    Tensor rate = Guarded.floats(backend, new float[] {RATE}).tensor();
    backend.optimizers().sumOfSquares(gradients.tensor(), squares.tensor());
    assertTrue(!Float.isFinite(squares.values()[0]));
    backend
        .optimizers()
        .update(
            new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 0, false),
            parameters.tensor(),
            gradients.tensor(),
            state.tensor(),
            new Controls(rate, applied, squares.tensor(), 1, 1));
    assertArrayEquals(before, parameters.values());
    assertArrayEquals(stateBefore, state.values());
    assertArrayEquals(new int[] {5}, applied.toInts());
  }

  @Test
  void sumOfSquares() {
    for (int n : new int[] {1, 15, 16, 17, 4095, 4096, 4097, 123_457}) {
      float[] values = random(n, 3, n);
      Guarded x = Guarded.floats(backend, values);
      Tensor out = backend.allocate(DType.FLOAT32, Shape.of(1));
      backend.optimizers().sumOfSquares(x.tensor(), out);
      double sum = 0;
      for (float value : values) {
        sum += (double) value * value;
      }
      assertClose(sum, out.toFloats()[0], 2 * sum, n + " numbers");
      assertEquals(n, x.values().length);
    }
  }
}
