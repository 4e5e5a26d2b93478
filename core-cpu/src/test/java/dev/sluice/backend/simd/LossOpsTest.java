package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Guarded.assertClose;
import static dev.sluice.backend.simd.Guarded.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.LossOps;
import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Losses and softmax against plain loops in double. */
class LossOpsTest {
  private static final int L = Lanes.LANES;

  /** Rows and classes; the vocabulary of 5003 takes several pieces a row. */
  private static final int[][] SHAPES = {
    {1, 1}, {4, 2}, {3, L - 1}, {5, L}, {7, L + 1}, {60, 97}, {300, 131}, {9, 5003}
  };

  private final Backend backend = new SimdBackend(2);
  private final LossOps ops = backend.losses();

  @AfterEach
  void close() {
    backend.close();
  }

  @ParameterizedTest
  @ValueSource(floats = {0f, 0.1f})
  void crossEntropy(float smoothing) {
    for (int[] shape : SHAPES) {
      for (boolean inPlace : new boolean[] {false, true}) {
        checkCrossEntropy(shape[0], shape[1], smoothing, inPlace);
      }
    }
  }

  private void checkCrossEntropy(int rows, int classes, float smoothing, boolean inPlace) {
    float[] scores = random(rows * classes, 8, rows);
    int[] targets = new int[rows];
    Random random = new Random(classes);
    int count = 0;
    for (int n = 0; n < rows; n++) {
      targets[n] = n % 4 == 3 ? -1 : random.nextInt(classes);
      count += targets[n] >= 0 ? 1 : 0;
    }
    Guarded logits = Guarded.floats(backend, scores, rows, classes);
    Guarded gradient =
        inPlace ? logits : Guarded.floats(backend, new float[rows * classes], rows, classes);
    Guarded perTarget = Guarded.floats(backend, new float[rows]);
    Guarded total = Guarded.floats(backend, new float[] {0.5f, 2});
    Tensor index = Guarded.ints(backend, targets);
    if (!inPlace) { // without a gradient the loss is the same, to the bit
      Guarded alone = Guarded.floats(backend, new float[rows]);
      Guarded aloneTotal = Guarded.floats(backend, new float[] {0.5f, 2});
      ops.softmaxCrossEntropy(
          logits.tensor(), index, smoothing, 3, null, alone.tensor(), aloneTotal.tensor());
      ops.softmaxCrossEntropy(
          logits.tensor(),
          index,
          smoothing,
          3,
          gradient.tensor(),
          perTarget.tensor(),
          total.tensor());
      assertArrayEquals(alone.values(), perTarget.values());
      assertArrayEquals(aloneTotal.values(), total.values());
      assertArrayEquals(scores, logits.values());
    } else {
      ops.softmaxCrossEntropy(
          logits.tensor(),
          index,
          smoothing,
          3,
          gradient.tensor(),
          perTarget.tensor(),
          total.tensor());
    }
    float[] losses = perTarget.values();
    float[] slopes = gradient.values();
    double sum = 0.5;
    for (int n = 0; n < rows; n++) {
      double[] logP = logSoftmax(scores, n, classes);
      double loss = 0;
      for (int v = 0; v < classes; v++) {
        double q = (v == targets[n] ? 1.0 - smoothing : 0) + (double) smoothing / classes;
        loss -= q * logP[v];
        double slope = targets[n] < 0 ? 0 : 3 * (Math.exp(logP[v]) - q) / count;
        assertClose(slope, slopes[n * classes + v], 6.0 * (q + Math.exp(logP[v])), "slope");
      }
      loss = targets[n] < 0 ? 0 : loss;
      assertClose(loss, losses[n], 16, "loss " + n);
      sum += loss;
    }
    assertClose(sum, total.values()[0], 16 * rows, "total");
    assertEquals(2f + count, total.values()[1]);
  }

  private static double[] logSoftmax(float[] scores, int n, int classes) {
    double max = Double.NEGATIVE_INFINITY;
    for (int v = 0; v < classes; v++) {
      max = Math.max(max, scores[n * classes + v]);
    }
    double sum = 0;
    for (int v = 0; v < classes; v++) {
      sum += Math.exp(scores[n * classes + v] - max);
    }
    double[] logP = new double[classes];
    for (int v = 0; v < classes; v++) {
      logP[v] = scores[n * classes + v] - max - Math.log(sum);
    }
    return logP;
  }

  @Test
  void nothingCountsWhenAllTargetsAreIgnored() {
    Guarded logits = Guarded.floats(backend, random(6, 1, 1), 2, 3);
    Guarded total = Guarded.floats(backend, new float[] {1, 2});
    ops.softmaxCrossEntropy(
        logits.tensor(),
        Guarded.ints(backend, -1, -9),
        0,
        1,
        logits.tensor(),
        null,
        total.tensor());
    assertArrayEquals(new float[6], logits.values());
    assertArrayEquals(new float[] {1, 2}, total.values());
  }

  @Test
  void extremeLogitsNeitherOverflowNorHide() {
    Guarded logits = Guarded.floats(backend, new float[] {3e38f, -3e38f, 1, Float.NaN}, 2, 2);
    Guarded perTarget = Guarded.floats(backend, new float[2]);
    Guarded total = Guarded.floats(backend, new float[2]);
    ops.softmaxCrossEntropy(
        logits.tensor(),
        Guarded.ints(backend, 0, 0),
        0,
        1,
        logits.tensor(),
        perTarget.tensor(),
        total.tensor());
    assertEquals(0f, perTarget.values()[0]);
    assertEquals(0f, logits.values()[1]);
    assertTrue(Float.isNaN(perTarget.values()[1]));
  }

  @Test
  void unknownTargetIsRefused() {
    Guarded logits = Guarded.floats(backend, new float[6], 2, 3);
    Guarded total = Guarded.floats(backend, new float[2]);
    Tensor targets = Guarded.ints(backend, 1, 3);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                ops.softmaxCrossEntropy(
                    logits.tensor(), targets, 0, 1, null, null, total.tensor()));
    assertEquals("crossEntropy: targets[1] is 3 but must be below 3", e.getMessage());
  }

  @ParameterizedTest
  @EnumSource
  void regression(Regression loss) {
    int[][] shapes = {{1, 1}, {7, 1}, {3, L}, {5, L + 1}, {40, 3}, {70, 1000}};
    for (int[] shape : shapes) {
      checkRegression(loss, shape[0], shape[1], false);
      checkRegression(loss, shape[0], shape[1], true);
    }
  }

  private void checkRegression(Regression loss, int rows, int columns, boolean weighted) {
    float delta = 0.8f;
    int size = rows * columns;
    float[] p = random(size, 2, rows);
    float[] t = random(size, 1, columns);
    p[size - 1] = t[size - 1];
    float[] w = new float[rows];
    int count = 0;
    for (int n = 0; n < rows; n++) {
      w[n] = weighted && n % 3 == 1 ? 0 : 1;
      count += w[n] != 0 ? columns : 0;
    }
    Guarded prediction = Guarded.floats(backend, p, rows, columns);
    Guarded target = Guarded.floats(backend, t, rows, columns);
    Guarded total = Guarded.floats(backend, new float[] {0.5f, 2});
    Guarded alone = Guarded.floats(backend, new float[] {0.5f, 2});
    Tensor weights = weighted ? Guarded.floats(backend, w).tensor() : null;
    ops.regression(
        loss, delta, prediction.tensor(), target.tensor(), weights, 3, null, alone.tensor());
    ops.regression(
        loss,
        delta,
        prediction.tensor(),
        target.tensor(),
        weights,
        3,
        prediction.tensor(),
        total.tensor());
    assertArrayEquals(alone.values(), total.values());
    float[] slopes = prediction.values();
    double sum = 0.5;
    for (int i = 0; i < size; i++) {
      double r = (double) p[i] - t[i];
      double size1 = Math.abs(r);
      double value =
          switch (loss) {
            case SQUARED -> r * r;
            case ABSOLUTE -> size1;
            case HUBER -> size1 <= delta ? r * r / 2 : delta * (size1 - delta / 2.0);
          };
      double slope =
          switch (loss) {
            case SQUARED -> 2 * r;
            case ABSOLUTE -> Math.signum(r);
            case HUBER -> Math.clamp(r, -delta, delta);
          };
      boolean counts = w[i / columns] != 0;
      sum += counts ? value : 0;
      assertClose(counts ? 3 * slope / count : 0, slopes[i], 24.0 / count, loss + " slope " + i);
    }
    assertClose(sum, total.values()[0], 2 * sum, loss + " total");
    assertEquals(2f + count, total.values()[1]);
  }

  @Test
  void softmax() {
    for (int[] shape : SHAPES) {
      int rows = shape[0];
      int classes = shape[1];
      float[] scores = random(rows * classes, 8, rows);
      Guarded x = Guarded.floats(backend, scores, rows, classes);
      ops.softmax(x.tensor(), x.tensor());
      float[] y = x.values();
      for (int n = 0; n < rows; n++) {
        double[] logP = logSoftmax(scores, n, classes);
        for (int v = 0; v < classes; v++) {
          double p = Math.exp(logP[v]);
          assertClose(p, y[n * classes + v], 4 * p, "p");
        }
      }
    }
  }
}
