package dev.sluice.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.DType;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.reference.ReferenceBackend;
import dev.sluice.backend.reference.ReferenceTensor;
import java.util.Random;
import java.util.function.DoubleSupplier;

/**
 * Compares gradients with central differences in double precision on the reference backend. The
 * truncation error of a step of 1e-5 is about 1e-10 of the third derivative and its rounding error
 * about 1e-11 of the value, so 1e-7 leaves room and yet no wrong term.
 */
final class GradientCheck {
  static final double STEP = 1e-5;
  static final double TOLERANCE = 1e-7;

  private GradientCheck() {}

  /** A tensor of numbers around zero. */
  static ReferenceTensor random(ReferenceBackend backend, Shape shape, long seed) {
    ReferenceTensor tensor = backend.allocate(DType.FLOAT32, shape);
    tensor.upload(new Random(seed).doubles(shape.size(), -1, 1).toArray(), 0);
    return tensor;
  }

  /** A tensor of the given integers. */
  static ReferenceTensor integers(ReferenceBackend backend, Shape shape, int... values) {
    ReferenceTensor tensor = backend.allocate(DType.INT32, shape);
    tensor.upload(values, 0);
    return tensor;
  }

  /** A pass with a draw at step 3. */
  static Pass dropping(ReferenceBackend backend) {
    return new Pass(null, new RandomDraw(7, 0, integers(backend, Shape.of(1), 3)));
  }

  /** Compares {@code gradient} with the differences of {@code objective} over {@code values}. */
  static void compare(
      String what, ReferenceTensor values, double[] gradient, DoubleSupplier objective) {
    double[] original = values.values();
    double[] moved = original.clone();
    assertEquals(original.length, gradient.length, what);
    for (int i = 0; i < original.length; i++) {
      moved[i] = original[i] + STEP;
      values.upload(moved, 0);
      double above = objective.getAsDouble();
      moved[i] = original[i] - STEP;
      values.upload(moved, 0);
      double below = objective.getAsDouble();
      moved[i] = original[i];
      double numeric = (above - below) / (2 * STEP);
      assertEquals(numeric, gradient[i], TOLERANCE, what + "[" + i + "]");
    }
    values.upload(original, 0);
  }

  /** Checks every parameter of a store whose gradients have been computed. */
  static void parameters(ParameterStore store, DoubleSupplier objective) {
    for (Parameter parameter : store.parameters()) {
      double[] gradient = ((ReferenceTensor) parameter.gradient()).values();
      double largest = 0;
      for (double each : gradient) {
        largest = Math.max(largest, Math.abs(each));
      }
      assertTrue(largest > 1e-4, parameter + " has no gradient to speak of: the check is blind");
      compare(parameter.name(), (ReferenceTensor) parameter.value(), gradient, objective);
    }
  }

  /**
   * Checks one layer with the objective Σ w∘output for random w: its parameters' gradients and, when
   * the input is of numbers, the input's.
   */
  static void layer(
      ReferenceBackend backend, ParameterStore store, Layer layer, Tensor input, Pass pass) {
    if (!store.parameters().isEmpty()) {
      store.allocate(backend, 1);
      ReferenceTensor values = (ReferenceTensor) store.values();
      values.upload(new Random(2).doubles(values.shape().size(), -0.8, 0.8).toArray(), 0);
    }
    LayerPlan plan = layer.plan(backend, input.shape(), Gradients.ALL);
    ReferenceTensor weights = random(backend, plan.output(), 4);
    DoubleSupplier objective =
        () -> dot(weights.values(), ((ReferenceTensor) plan.forward(input, pass)).values());
    objective.getAsDouble();
    ReferenceTensor dOutput = backend.allocate(DType.FLOAT32, plan.output());
    dOutput.upload(weights.values(), 0);
    ReferenceTensor dInput = (ReferenceTensor) plan.backward(dOutput);
    double[] inputGradient = dInput == null ? null : dInput.values();
    assertEquals(input.type() == DType.FLOAT32, dInput != null);
    parameters(store, objective);
    if (inputGradient != null) {
      compare("input", (ReferenceTensor) input, inputGradient, objective);
    }
    if (!store.parameters().isEmpty()) {
      backwardAdds(store, plan, input, pass, weights);
    }
    plan.close();
    store.close();
  }

  /** A second pass doubles the parameters' gradients. */
  private static void backwardAdds(
      ParameterStore store, LayerPlan plan, Tensor input, Pass pass, ReferenceTensor weights) {
    double[] once = ((ReferenceTensor) store.gradients()).values();
    plan.forward(input, pass);
    plan.backward(weights);
    double[] twice = ((ReferenceTensor) store.gradients()).values();
    for (int i = 0; i < once.length; i++) {
      assertEquals(2 * once[i], twice[i], 1e-12, "gradient " + i + " after a second pass");
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
