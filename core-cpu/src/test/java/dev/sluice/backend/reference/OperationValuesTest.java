package dev.sluice.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.RandomDraw;
import org.junit.jupiter.api.Test;

/** Every operation outside recurrent layers and optimisers, worked by hand. */
class OperationValuesTest {
  private static final double TINY = 1e-14;

  private final Numbers numbers = new Numbers(2);
  private final ReferenceBackend backend = numbers.backend();

  /**
   * A = (1 2; 3 4; 5 6), B = (1 -1; 2 0). A B = (5 -1; 11 -3; 17 -5). Twice that minus C = (1 1; 1 1;
   * 1 1) is (9 -3; 21 -7; 33 -11). The transposed are stored by columns.
   */
  @Test
  void gemm() {
    double[] a = {1, 2, 3, 4, 5, 6};
    double[] aT = {1, 3, 5, 2, 4, 6};
    double[] b = {1, -1, 2, 0};
    double[] bT = {1, 2, -1, 0};
    double[] expected = {9, -3, 21, -7, 33, -11};
    for (int bits = 0; bits < 4; bits++) {
      boolean turnA = (bits & 1) != 0;
      boolean turnB = (bits & 2) != 0;
      ReferenceTensor left = turnA ? numbers.of(aT, 2, 3) : numbers.of(a, 3, 2);
      ReferenceTensor right = numbers.of(turnB ? bT : b, 2, 2);
      ReferenceTensor c = numbers.of(new double[] {1, 1, 1, 1, 1, 1}, 3, 2);
      backend.matrix().gemm(turnA, turnB, 2, left, right, -1, c);
      assertArrayEquals(expected, c.values());
      ReferenceTensor unread = numbers.poisoned(3, 2);
      backend.matrix().gemm(turnA, turnB, 1, left, right, 0, unread);
      assertArrayEquals(new double[] {5, -1, 11, -3, 17, -5}, unread.values());
    }
  }

  /** Ids 2, -1, 0 of the table (1 2; 3 4; 5 6), and twice the id 2 on the way back. */
  @Test
  void embedding() {
    ReferenceTensor table = numbers.of(new double[] {1, 2, 3, 4, 5, 6}, 3, 2);
    ReferenceTensor y = numbers.poisoned(3, 2);
    backend.embedding().forward(table, numbers.integers(2, -1, 0), y);
    assertArrayEquals(new double[] {5, 6, 0, 0, 1, 2}, y.values());
    ReferenceTensor dy = numbers.of(new double[] {1, 2, 10, 20, 100, 200}, 3, 2);
    backend.embedding().backward(dy, numbers.integers(2, -1, 2), table);
    assertArrayEquals(new double[] {1, 2, 3, 4, 106, 208}, table.values());
    ReferenceTensor wrong = numbers.integers(0, 1, 3);
    Exception refused =
        assertThrows(
            IllegalArgumentException.class, () -> backend.embedding().forward(table, wrong, dy));
    assertEquals("embedding: ids[2] is 3 but must be below 3", refused.getMessage());
    assertArrayEquals(new double[] {1, 2, 10, 20, 100, 200}, dy.values(), "nothing is written");
  }

  @Test
  void elements() {
    ReferenceTensor x = numbers.vector(1, -2, 3);
    ReferenceTensor y = numbers.vector(10, 20, 30);
    backend.elements().add(0.5f, x, y);
    assertArrayEquals(new double[] {10.5, 19, 31.5}, y.values());
    backend.elements().multiply(x, y, y);
    assertArrayEquals(new double[] {10.5, -38, 94.5}, y.values());
    backend.elements().scale(y, -2);
    assertArrayEquals(new double[] {-21, 76, -189}, y.values());
    backend.elements().copy(x, y);
    assertArrayEquals(new double[] {1, -2, 3}, y.values());
    backend.elements().fill(y, 0.25f);
    assertArrayEquals(new double[] {.25, .25, .25}, y.values());
    ReferenceTensor ids = numbers.integers(4, -7);
    ReferenceTensor other = numbers.integers(0, 0);
    backend.elements().copy(ids, other);
    assertArrayEquals(new int[] {4, -7}, other.toInts());
    ReferenceTensor counter = numbers.integers(41);
    backend.elements().increment(counter);
    assertArrayEquals(new int[] {42}, counter.toInts());
  }

  /** σ(ln 3) = 3/4 with slope 3/16; tanh(ln 2) = 3/5 with slope 16/25; both ends of relu. */
  @Test
  void activations() {
    ReferenceTensor y = numbers.poisoned(2);
    ReferenceTensor two = numbers.vector(2, 2);
    ReferenceTensor dx = numbers.poisoned(2);
    backend.elements().activate(Activation.SIGMOID, numbers.vector(Math.log(3), -1000), y);
    assertArrayEquals(new double[] {.75, 0}, y.values(), TINY);
    backend.elements().activateBackward(Activation.SIGMOID, y, two, dx);
    assertArrayEquals(new double[] {.375, 0}, dx.values(), TINY);
    backend.elements().activate(Activation.TANH, numbers.vector(Math.log(2), 1000), y);
    assertArrayEquals(new double[] {.6, 1}, y.values(), TINY);
    backend.elements().activateBackward(Activation.TANH, y, two, dx);
    assertArrayEquals(new double[] {1.28, 0}, dx.values(), TINY);
    backend.elements().activate(Activation.RELU, numbers.vector(-3, 3), y);
    assertArrayEquals(new double[] {0, 3}, y.values());
    backend.elements().activateBackward(Activation.RELU, y, two, dx);
    assertArrayEquals(new double[] {0, 2}, dx.values());
    for (Activation activation : Activation.values()) {
      backend.elements().activate(activation, numbers.vector(Double.NaN, 0), y);
      assertTrue(Double.isNaN(y.get(0)), activation + " keeps NaN");
    }
  }

  @Test
  void bias() {
    ReferenceTensor x = numbers.of(new double[] {1, 2, 3, 4, 5, 6}, 3, 2);
    backend.elements().addBias(x, numbers.vector(10, 20));
    assertArrayEquals(new double[] {11, 22, 13, 24, 15, 26}, x.values());
    ReferenceTensor dBias = numbers.vector(1000, 2000);
    backend.elements().biasBackward(x, dBias);
    assertArrayEquals(new double[] {1039, 2072}, dBias.values(), "added to");
  }

  /**
   * Row (1, 3): mean 2, variance 1, rstd 1 / √(1 + 3) = 1/2 with epsilon 3, x̂ = (-1/2, 1/2), gain
   * (2, 4), bias (0, 1): y = (-1, 3). With dy = (1, 1): q = (2, 4), Σq/F = 3, Σ(q ∘ x̂)/F = 1/2, dx =
   * 1/2 (2 - 3 + 1/4, 4 - 3 - 1/4) = (-3/8, 3/8); dGain = (-1/2, 1/2), dBias = (1, 1).
   */
  @Test
  void layerNorm() {
    ReferenceTensor x = numbers.of(new double[] {1, 3}, 1, 2);
    ReferenceTensor gain = numbers.vector(2, 4);
    ReferenceTensor y = numbers.poisoned(1, 2);
    ReferenceTensor mean = numbers.poisoned(1);
    ReferenceTensor rstd = numbers.poisoned(1);
    backend.layerNorm().forward(x, gain, numbers.vector(0, 1), 3, y, mean, rstd);
    assertArrayEquals(new double[] {-1, 3}, y.values(), TINY);
    assertArrayEquals(new double[] {2}, mean.values(), TINY);
    assertArrayEquals(new double[] {.5}, rstd.values(), TINY);
    ReferenceTensor dy = numbers.of(new double[] {1, 1}, 1, 2);
    ReferenceTensor dx = numbers.poisoned(1, 2);
    ReferenceTensor dGain = numbers.zeros(2);
    ReferenceTensor dBias = numbers.zeros(2);
    backend.layerNorm().backward(x, gain, mean, rstd, dy, dx, dGain, dBias);
    assertArrayEquals(new double[] {-.375, .375}, dx.values(), TINY);
    assertArrayEquals(new double[] {-.5, .5}, dGain.values(), TINY);
    assertArrayEquals(new double[] {1, 1}, dBias.values(), TINY);
  }

  /**
   * Key 0 and counter 0 give the words 6627e8d5 e169c58d bc57ac4c 9b00dbd8, that is, the uniform
   * numbers .399, .881, .736, .605: with p = .7 elements 1 and 2 stay, times 1 / .3.
   */
  @Test
  void dropout() {
    ReferenceTensor x = numbers.vector(3, 3, 3, 3);
    ReferenceTensor y = numbers.poisoned(4);
    RandomDraw draw = new RandomDraw(0, 0, numbers.integers(0));
    backend.dropout().apply(0.7f, draw, x, y);
    assertArrayEquals(new double[] {0, 10, 10, 0}, y.values(), 1e-5);
    backend.dropout().apply(0, draw, x, y);
    assertArrayEquals(x.values(), y.values());
    backend.dropout().apply(0.5f, draw, numbers.vector(Double.NaN, 1, 1, 1), y);
    assertArrayEquals(new double[] {0, 2, 2, 2}, y.values(), "a dropped element is 0");
  }

  /**
   * Logits (0, 0, ln 2): p = (1/4, 1/4, 1/2). Target 2 without smoothing: loss ln 2, gradient scale 2
   * over 2 counted targets: (1/4, 1/4, -1/2). The row with target -1 counts for nothing. With
   * smoothing .3: q = (.1, .1, .8), loss = .2 · ln 4 + .8 · ln 2 = 1.2 ln 2, p - q = (.15, .15, -.3).
   */
  @Test
  void crossEntropy() {
    double ln2 = Math.log(2);
    double[] logits = {0, 0, ln2, 5, 6, 7, 0, 0, ln2};
    ReferenceTensor targets = numbers.integers(2, -1, 2);
    ReferenceTensor gradient = numbers.of(logits, 3, 3);
    ReferenceTensor perTarget = numbers.poisoned(3);
    ReferenceTensor total = numbers.vector(100, 10);
    backend.losses().softmaxCrossEntropy(gradient, targets, 0, 2, gradient, perTarget, total);
    assertArrayEquals(
        new double[] {.25, .25, -.5, 0, 0, 0, .25, .25, -.5}, gradient.values(), TINY, "in place");
    assertArrayEquals(new double[] {ln2, 0, ln2}, perTarget.values(), TINY);
    assertArrayEquals(new double[] {100 + 2 * ln2, 12}, total.values(), 1e-13);

    gradient.upload(logits, 0);
    total.upload(new double[] {0, 0}, 0);
    backend.losses().softmaxCrossEntropy(gradient, targets, .3f, 2, gradient, perTarget, total);
    assertArrayEquals(
        new double[] {.15, .15, -.3, 0, 0, 0, .15, .15, -.3}, gradient.values(), 1e-7);
    assertArrayEquals(new double[] {1.2 * ln2, 0, 1.2 * ln2}, perTarget.values(), 1e-7);

    total.upload(new double[] {0, 0}, 0);
    ReferenceTensor none = numbers.integers(-1, -1, -1);
    backend.losses().softmaxCrossEntropy(gradient, none, 0, 1, gradient, null, total);
    assertArrayEquals(new double[9], gradient.values(), "none counts");
    assertArrayEquals(new double[2], total.values());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            backend
                .losses()
                .softmaxCrossEntropy(
                    gradient, numbers.integers(0, 3, 0), 0, 1, gradient, null, total));
  }

  /** Residuals 1 and -3, then a row that does not count. Gradient scale 4 over 2 elements: twice. */
  @Test
  void regression() {
    double[] prediction = {2, 0, Double.NaN, 9};
    ReferenceTensor target = numbers.of(new double[] {1, 3, 0, 0}, 2, 2);
    ReferenceTensor rows = numbers.vector(1, 0);
    Object[][] table = {
      // squared: 1 + 9 = 10, slopes 2, -6
      {Regression.SQUARED, 10.0, new double[] {4, -12, 0, 0}},
      // absolute: 1 + 3 = 4, slopes 1, -1
      {Regression.ABSOLUTE, 4.0, new double[] {2, -2, 0, 0}},
      // huber, delta 2: 1/2 + 2 (3 - 1) = 4.5, slopes 1, -2
      {Regression.HUBER, 4.5, new double[] {2, -4, 0, 0}}
    };
    for (Object[] row : table) {
      ReferenceTensor gradient = numbers.of(prediction, 2, 2);
      ReferenceTensor total = numbers.vector(1, 1);
      backend
          .losses()
          .regression((Regression) row[0], 2, gradient, target, rows, 4, gradient, total);
      assertArrayEquals(new double[] {1 + (double) row[1], 3}, total.values());
      assertArrayEquals((double[]) row[2], gradient.values());
    }
  }

  /** (0, ln 3) gives (1/4, 3/4), also when both are raised by 1000. */
  @Test
  void softmax() {
    double ln3 = Math.log(3);
    ReferenceTensor x = numbers.of(new double[] {0, ln3, 1000, 1000 + ln3}, 2, 2);
    backend.losses().softmax(x, x);
    assertArrayEquals(new double[] {.25, .75, .25, .75}, x.values(), 1e-12);
  }
}
