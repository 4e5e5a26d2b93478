package dev.sluice.nn;

import static dev.sluice.nn.GradientCheck.integers;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.DType;
import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.reference.ReferenceBackend;
import org.junit.jupiter.api.Test;

/** Losses total over batches, and put their gradient where they were told to. */
class LossTest {
  private final ReferenceBackend backend = new ReferenceBackend();

  private Tensor numbers(Shape shape, float... values) {
    Tensor tensor = backend.allocate(DType.FLOAT32, shape);
    tensor.upload(values, 0);
    return tensor;
  }

  /** Two equal logits: log 2 for each counted target, gradient ±1/2 over the count. */
  @Test
  void crossEntropy() {
    Shape shape = Shape.of(3, 2);
    LossPlan plan = new CrossEntropy(0).plan(backend, shape, true, false);
    Tensor logits = numbers(shape, 1, 1, 0, 0, 5, 5);
    Tensor gradient = plan.compute(logits, integers(backend, Shape.of(3), 0, 1, -1), 1);
    assertNotSame(logits, gradient);
    assertArrayEquals(new float[] {-0.25f, 0.25f, 0.25f, -0.25f, 0, 0}, gradient.toFloats());
    plan.compute(logits, integers(backend, Shape.of(3), 0, 1, 1), 0.5f);
    assertEquals(Math.log(2), plan.mean(), 1e-6);
    assertArrayEquals(new float[] {5 * (float) Math.log(2), 5}, plan.total().toFloats(), 1e-6f);
    plan.resetTotal();
    assertTrue(Double.isNaN(plan.mean()));
  }

  @Test
  void inPlaceSavesTheBuffer() {
    Shape shape = Shape.of(3, 2);
    Loss loss = new CrossEntropy(0);
    long before = backend.allocatedBytes();
    LossPlan apart = loss.plan(backend, shape, true, false);
    assertEquals(2 * loss.planBytes(shape, true, false), backend.allocatedBytes() - before);
    apart.close();
    LossPlan inPlace = loss.plan(backend, shape, true, true);
    assertEquals(2 * loss.planBytes(shape, true, true), backend.allocatedBytes() - before);
    assertEquals(24, loss.planBytes(shape, true, false) - loss.planBytes(shape, true, true));
    Tensor logits = numbers(shape, 1, 1, 0, 0, 5, 5);
    assertSame(logits, inPlace.compute(logits, integers(backend, Shape.of(3), 0, 1, -1), 1));
    assertEquals(-0.25f, logits.toFloats()[0]);
  }

  @Test
  void evaluationLeavesTheOutputAlone() {
    Shape shape = Shape.of(1, 2);
    LossPlan plan = new CrossEntropy(0).plan(backend, shape, false, true);
    Tensor logits = numbers(shape, 1, 1);
    assertNull(plan.compute(logits, integers(backend, Shape.of(1), 0), 1));
    assertArrayEquals(new float[] {1, 1}, logits.toFloats());
  }

  /** Residuals 1 and -3; the second row is left out by its weight. */
  @Test
  void regression() {
    Shape shape = Shape.of(2, 2);
    Tensor prediction = numbers(shape, 1, 0, 9, 9);
    Tensor target = numbers(shape, 0, 3, 0, 0);
    Tensor weights = numbers(Shape.of(2), 1, 0);
    assertRegression(RegressionLoss.squared(), prediction, target, weights, 5, 1, -3);
    assertRegression(RegressionLoss.absolute(), prediction, target, weights, 2, 0.5f, -0.5f);
    assertRegression(RegressionLoss.huber(1), prediction, target, weights, 1.5, 0.5f, -0.5f);
  }

  private void assertRegression(
      RegressionLoss loss,
      Tensor prediction,
      Tensor target,
      Tensor weights,
      double mean,
      float... gradient) {
    RegressionLoss.Plan plan = loss.plan(backend, prediction.shape(), true, false);
    float[] all = plan.compute(prediction, target, weights, 1).toFloats();
    assertEquals(mean, plan.mean(), 1e-6);
    assertArrayEquals(new float[] {gradient[0], gradient[1], 0, 0}, all, 1e-6f);
    plan.resetTotal();
    plan.compute(prediction, target, 1);
    assertEquals(4, plan.total().toFloats()[1]);
  }

  @Test
  void wrongOptionsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new CrossEntropy(1));
    assertThrows(IllegalArgumentException.class, () -> RegressionLoss.huber(0));
    assertEquals(Regression.SQUARED, RegressionLoss.squared().kind());
  }
}
