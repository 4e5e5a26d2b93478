package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Guarded.assertClose;
import static dev.sluice.backend.simd.Guarded.random;

import dev.sluice.backend.Backend;
import dev.sluice.backend.LayerNormOps;
import org.junit.jupiter.api.Test;

/** Layer normalisation against plain loops in double. */
class LayerNormOpsTest {
  private static final int L = Lanes.LANES;
  private static final float EPSILON = 1e-5f;
  private static final int[][] SHAPES = {
    {1, 1}, {3, 2}, {2, L - 1}, {5, L}, {4, L + 1}, {65, 37}, {130, 100}, {400, 257}
  };

  @Test
  void forwardAndBackward() {
    try (Backend backend = new SimdBackend(2)) {
      for (int[] shape : SHAPES) {
        check(backend, shape[0], shape[1]);
      }
    }
  }

  private static void check(Backend backend, int rows, int columns) {
    LayerNormOps ops = backend.layerNorm();
    float[] a = random(rows * columns, 2, rows);
    float[] g = random(columns, 1, 1);
    float[] b = random(columns, 1, 2);
    float[] d = random(rows * columns, 1, columns);
    Guarded x = Guarded.floats(backend, a, rows, columns);
    Guarded gain = Guarded.floats(backend, g);
    Guarded bias = Guarded.floats(backend, b);
    Guarded y = Guarded.floats(backend, new float[rows * columns], rows, columns);
    Guarded mean = Guarded.floats(backend, new float[rows]);
    Guarded rstd = Guarded.floats(backend, new float[rows]);
    Guarded dy = Guarded.floats(backend, d, rows, columns);
    Guarded dGain = Guarded.floats(backend, new float[columns]);
    Guarded dBias = Guarded.floats(backend, b);
    ops.forward(
        x.tensor(),
        gain.tensor(),
        bias.tensor(),
        EPSILON,
        y.tensor(),
        mean.tensor(),
        rstd.tensor());
    ops.backward(
        x.tensor(),
        gain.tensor(),
        mean.tensor(),
        rstd.tensor(),
        dy.tensor(),
        dy.tensor(),
        dGain.tensor(),
        dBias.tensor());
    float[] out = y.values();
    float[] dx = dy.values();
    double[] gainSums = new double[columns];
    double[] biasSums = new double[columns];
    double[] sizes = new double[columns];
    for (int row = 0; row < rows; row++) {
      int at = row * columns;
      double average = 0;
      for (int f = 0; f < columns; f++) {
        average += a[at + f] / (double) columns;
      }
      double variance = 0;
      for (int f = 0; f < columns; f++) {
        variance += Math.pow(a[at + f] - average, 2) / columns;
      }
      double scale = 1 / Math.sqrt(variance + EPSILON);
      assertClose(average, mean.values()[row], 2, "mean " + row);
      assertClose(scale, rstd.values()[row], 8 * scale, "rstd " + row);
      double sum = 0;
      double product = 0;
      for (int f = 0; f < columns; f++) {
        double normal = (a[at + f] - average) * scale;
        assertClose(g[f] * normal + b[f], out[at + f], 8 + 4 * scale, "y " + row + " " + f);
        sum += g[f] * d[at + f];
        product += g[f] * d[at + f] * normal;
        gainSums[f] += d[at + f] * normal;
        biasSums[f] += d[at + f];
        sizes[f] += 8 + 4 * scale;
      }
      for (int f = 0; f < columns; f++) {
        double normal = (a[at + f] - average) * scale;
        double expected = scale * (g[f] * d[at + f] - sum / columns - normal * product / columns);
        assertClose(expected, dx[at + f], 16 * scale + 4 * scale * scale, "dx " + row + " " + f);
      }
    }
    for (int f = 0; f < columns; f++) {
      assertClose(gainSums[f], dGain.values()[f], sizes[f], rows + " rows, dGain " + f);
      assertClose(biasSums[f] + b[f], dBias.values()[f], sizes[f], rows + " rows, dBias " + f);
    }
  }
}
