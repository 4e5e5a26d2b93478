package dev.sluice.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.RandomDraw;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every backward outside the recurrent layers is the gradient of its forward. */
class OperationGradientTest {
  private final Numbers numbers = new Numbers(3);
  private final ReferenceBackend backend = numbers.backend();

  /** dA = alpha · dC op(B)^T and dB = alpha · op(A)^T dC are themselves products. */
  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void gemm(boolean transposeA, boolean transposeB) {
    ReferenceTensor a = transposeA ? numbers.uniform(1, 4, 2) : numbers.uniform(1, 2, 4);
    ReferenceTensor b = transposeB ? numbers.uniform(1, 3, 4) : numbers.uniform(1, 4, 3);
    ReferenceTensor c = numbers.uniform(1, 2, 3);
    ReferenceTensor start = numbers.of(c.values(), 2, 3);
    ReferenceTensor dC = numbers.uniform(1, 2, 3);
    ReferenceTensor dA = numbers.poisoned(a.shape().dim(0), a.shape().dim(1));
    ReferenceTensor dB = numbers.poisoned(b.shape().dim(0), b.shape().dim(1));
    ReferenceTensor dStart = numbers.of(dC.values(), 2, 3);
    float alpha = 0.75f;
    float beta = -0.5f;
    if (transposeA) {
      backend.matrix().gemm(transposeB, true, alpha, b, dC, 0, dA);
    } else {
      backend.matrix().gemm(false, !transposeB, alpha, dC, b, 0, dA);
    }
    if (transposeB) {
      backend.matrix().gemm(true, transposeA, alpha, dC, a, 0, dB);
    } else {
      backend.matrix().gemm(!transposeA, false, alpha, a, dC, 0, dB);
    }
    backend.elements().scale(dStart, beta);
    Supplier<ReferenceTensor[]> forward =
        () -> {
          backend.elements().copy(start, c);
          backend.matrix().gemm(transposeA, transposeB, alpha, a, b, beta, c);
          return new ReferenceTensor[] {c};
        };
    FiniteDifferences.check("dA", a, dA, forward, dC);
    FiniteDifferences.check("dB", b, dB, forward, dC);
    FiniteDifferences.check("dC", start, dStart, forward, dC);
  }

  @ParameterizedTest
  @EnumSource
  void activation(Activation activation) {
    ReferenceTensor x = numbers.uniform(2, 3, 5);
    ReferenceTensor y = numbers.poisoned(3, 5);
    ReferenceTensor dy = numbers.uniform(1, 3, 5);
    ReferenceTensor dx = numbers.poisoned(3, 5);
    Supplier<ReferenceTensor[]> forward =
        () -> {
          backend.elements().activate(activation, x, y);
          return new ReferenceTensor[] {y};
        };
    forward.get();
    backend.elements().activateBackward(activation, y, dy, dx);
    FiniteDifferences.check("dx", x, dx, forward, dy);
  }

  @Test
  void bias() {
    ReferenceTensor x = numbers.uniform(1, 4, 3);
    ReferenceTensor bias = numbers.uniform(1, 3);
    ReferenceTensor y = numbers.zeros(4, 3);
    ReferenceTensor dy = numbers.uniform(1, 4, 3);
    ReferenceTensor dBias = numbers.zeros(3);
    backend.elements().biasBackward(dy, dBias);
    FiniteDifferences.check(
        "dBias",
        bias,
        dBias,
        () -> {
          backend.elements().copy(x, y);
          backend.elements().addBias(y, bias);
          return new ReferenceTensor[] {y};
        },
        dy);
  }

  /** The id 1 occurs twice, so its row gets both gradients; a negative one gets none. */
  @Test
  void embedding() {
    ReferenceTensor table = numbers.uniform(1, 4, 3);
    ReferenceTensor ids = numbers.integers(1, 3, -1, 1, 0);
    ReferenceTensor y = numbers.poisoned(5, 3);
    ReferenceTensor dy = numbers.uniform(1, 5, 3);
    ReferenceTensor dTable = numbers.zeros(4, 3);
    backend.embedding().backward(dy, ids, dTable);
    FiniteDifferences.check(
        "dTable",
        table,
        dTable,
        () -> {
          backend.embedding().forward(table, ids, y);
          return new ReferenceTensor[] {y};
        },
        dy);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void layerNorm(int features) {
    ReferenceTensor x = numbers.uniform(2, 3, features);
    ReferenceTensor gain = numbers.uniform(1, features);
    ReferenceTensor bias = numbers.uniform(1, features);
    ReferenceTensor y = numbers.poisoned(3, features);
    ReferenceTensor mean = numbers.poisoned(3);
    ReferenceTensor rstd = numbers.poisoned(3);
    ReferenceTensor dy = numbers.uniform(1, 3, features);
    ReferenceTensor dx = numbers.poisoned(3, features);
    ReferenceTensor dGain = numbers.zeros(features);
    ReferenceTensor dBias = numbers.zeros(features);
    Supplier<ReferenceTensor[]> forward =
        () -> {
          backend.layerNorm().forward(x, gain, bias, 1e-2f, y, mean, rstd);
          return new ReferenceTensor[] {y};
        };
    forward.get();
    backend.layerNorm().backward(x, gain, mean, rstd, dy, dx, dGain, dBias);
    FiniteDifferences.check("dGain", gain, dGain, forward, dy);
    FiniteDifferences.check("dBias", bias, dBias, forward, dy);
    FiniteDifferences.check("dx", x, dx, forward, dy);

    forward.get();
    ReferenceTensor dGain2 = numbers.of(dGain.values(), features);
    ReferenceTensor inPlace = numbers.of(dy.values(), 3, features);
    backend.layerNorm().backward(x, gain, mean, rstd, dy, null, dGain2, dBias);
    assertEquals(2 * dGain.get(0), dGain2.get(0), 1e-12, "added to");
    backend.layerNorm().backward(x, gain, mean, rstd, inPlace, inPlace, dGain, dBias);
    assertArrayEquals(dx.values(), inPlace.values(), "dx may be dy");
  }

  @Test
  void dropout() {
    ReferenceTensor x = numbers.uniform(1, 3, 7);
    ReferenceTensor y = numbers.poisoned(3, 7);
    ReferenceTensor dy = numbers.uniform(1, 3, 7);
    ReferenceTensor dx = numbers.poisoned(3, 7);
    RandomDraw draw = new RandomDraw(-5, 3, numbers.integers(12));
    backend.dropout().apply(0.4f, draw, dy, dx);
    FiniteDifferences.check(
        "dx",
        x,
        dx,
        () -> {
          backend.dropout().apply(0.4f, draw, x, y);
          return new ReferenceTensor[] {y};
        },
        dy);
  }

  /** The gradient is that of gradientScale · total / count. */
  @ParameterizedTest
  @ValueSource(floats = {0, 0.2f})
  void crossEntropy(float smoothing) {
    ReferenceTensor logits = numbers.uniform(2, 4, 5);
    ReferenceTensor targets = numbers.integers(2, -1, 4, 0);
    ReferenceTensor gradient = numbers.poisoned(4, 5);
    backend
        .losses()
        .softmaxCrossEntropy(
            logits, targets, smoothing, 1.5f, gradient, null, numbers.vector(0, 0));
    FiniteDifferences.check(
        "gradient",
        logits,
        gradient,
        () -> {
          ReferenceTensor total = numbers.vector(0, 0);
          backend.losses().softmaxCrossEntropy(logits, targets, smoothing, 1, null, null, total);
          return new ReferenceTensor[] {total};
        },
        numbers.vector(1.5 / 3, 0));
  }

  @ParameterizedTest
  @CsvSource({
    "SQUARED, false",
    "SQUARED, true",
    "ABSOLUTE, false",
    "ABSOLUTE, true",
    "HUBER, false",
    "HUBER, true"
  })
  void regression(Regression loss, boolean weighted) {
    ReferenceTensor prediction = numbers.uniform(2, 3, 4);
    ReferenceTensor target = numbers.uniform(2, 3, 4);
    ReferenceTensor rows = weighted ? numbers.vector(1, 0, 1) : null;
    ReferenceTensor gradient = numbers.poisoned(3, 4);
    int count = weighted ? 8 : 12;
    backend
        .losses()
        .regression(loss, 0.7f, prediction, target, rows, 2, gradient, numbers.vector(0, 0));
    FiniteDifferences.check(
        "gradient",
        prediction,
        gradient,
        () -> {
          ReferenceTensor total = numbers.vector(0, 0);
          backend.losses().regression(loss, 0.7f, prediction, target, rows, 1, null, total);
          return new ReferenceTensor[] {total};
        },
        numbers.vector(2.0 / count, 0));
  }
}
