package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Guarded.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.backend.Backend;
import dev.sluice.backend.EmbeddingOps;
import dev.sluice.backend.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Look-up and scatter against plain loops, to the bit: sums go in the order of the rows. */
class EmbeddingOpsTest {
  /** Vocabulary, columns, rows; the last ones are shared by columns, by ids, and by both. */
  private static final int[][] CASES = {
    {1, 1, 1}, {3, 5, 4}, {7, 16, 9}, {50, 33, 200}, {90, 512, 700}, {40, 24, 9000}, {40, 130, 5000}
  };

  @Test
  void forwardAndBackward() {
    for (int threads = 1; threads <= 5; threads++) {
      try (Backend backend = new SimdBackend(threads)) {
        for (int[] sizes : CASES) {
          check(backend, sizes[0], sizes[1], sizes[2]);
        }
      }
    }
  }

  private static void check(Backend backend, int vocabulary, int columns, int rows) {
    EmbeddingOps ops = backend.embedding();
    float[] table = random(vocabulary * columns, 1, vocabulary);
    float[] slopes = random(rows * columns, 1, rows);
    int[] ids = new int[rows];
    Random random = new Random(rows);
    for (int n = 0; n < rows; n++) {
      ids[n] = random.nextInt(vocabulary + 1) - 1;
    }
    Guarded weights = Guarded.floats(backend, table, vocabulary, columns);
    Guarded dOutput = Guarded.floats(backend, slopes, rows, columns);
    Guarded output = Guarded.floats(backend, slopes, rows, columns);
    Tensor index = Guarded.ints(backend, ids);
    ops.forward(weights.tensor(), index, output.tensor());
    ops.backward(dOutput.tensor(), index, weights.tensor());

    float[] expected = new float[rows * columns];
    float[] sums = table.clone();
    for (int n = 0; n < rows; n++) {
      for (int e = 0; e < columns && ids[n] >= 0; e++) {
        expected[n * columns + e] = table[ids[n] * columns + e];
        sums[ids[n] * columns + e] += slopes[n * columns + e];
      }
    }
    assertArrayEquals(expected, output.values());
    assertArrayEquals(sums, weights.values());
  }

  @Test
  void unknownIdIsRefusedBeforeAnythingIsWritten() {
    try (Backend backend = new SimdBackend(1)) {
      Guarded table = Guarded.floats(backend, new float[6], 3, 2);
      Guarded output = Guarded.floats(backend, new float[] {1, 2, 3, 4}, 2, 2);
      Tensor ids = Guarded.ints(backend, 0, 3);
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> backend.embedding().forward(table.tensor(), ids, output.tensor()));
      assertEquals("embedding: ids[1] is 3 but must be below 3", e.getMessage());
      assertArrayEquals(new float[] {1, 2, 3, 4}, output.values());
    }
  }
}
