package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Guarded.random;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Philox;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The vectorised random numbers against {@link Philox}, element by element. */
class DropoutOpsTest {
  private static final int L = Lanes.LANES;

  @ParameterizedTest
  @ValueSource(floats = {0f, 0.1f, 0.5f, 0.999f, 0x1p-24f})
  void maskIsThatOfPhilox(float probability) {
    long seed = 0x9876543210FEDCBAL;
    int[] words = new int[4];
    try (Backend backend = new SimdBackend(2)) {
      for (int n : new int[] {1, 3, 4, 5, 2 * L - 1, 2 * L, 2 * L + 1, 64, 65, 1003, 20_011}) {
        float[] values = random(n, 1, n);
        Guarded x = Guarded.floats(backend, values);
        Guarded y = Guarded.floats(backend, new float[n]);
        Tensor step = Guarded.ints(backend, -7 + n);
        RandomDraw draw = new RandomDraw(seed + n, -3, step);
        backend.dropout().apply(probability, draw, x.tensor(), y.tensor());
        float scale = (float) (1 / (1 - (double) probability));
        float[] result = y.values();
        for (int i = 0; i < n; i++) {
          Philox.block(seed + n, i / 4, -3, -7 + n, words, 0);
          boolean kept = Philox.uniform(words[i % 4]) >= probability;
          assertEquals(kept ? values[i] * scale : 0, result[i], n + " elements, number " + i);
        }
      }
    }
  }

  @Test
  void droppedElementsAreZeroWhateverTheyWere() {
    try (Backend backend = new SimdBackend(1)) {
      float[] values = new float[101];
      Arrays.fill(values, Float.NaN);
      Guarded x = Guarded.floats(backend, values);
      RandomDraw draw = new RandomDraw(1, 2, Guarded.ints(backend, 3));
      backend.dropout().apply(0.9f, draw, x.tensor(), x.tensor());
      int zeros = 0;
      for (float value : x.values()) {
        zeros += value == 0 ? 1 : 0;
      }
      assertEquals(91, zeros, 10);
    }
  }
}
