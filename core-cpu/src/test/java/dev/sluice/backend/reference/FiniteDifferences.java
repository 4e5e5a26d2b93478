package dev.sluice.backend.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.Supplier;

/**
 * Checks a gradient against central differences (f(x + s) - f(x - s)) / 2s in double precision. With s
 * = 1e-5 the truncation error is of the order s² = 1e-10 and the rounding error of the order 1e-16 / s
 * = 1e-11, times values near 1 here, so 1e-7 holds with room and no wrong term hides in it.
 */
final class FiniteDifferences {
  private static final double STEP = 1e-5;
  private static final double TOLERANCE = 1e-7;

  private FiniteDifferences() {}

  /**
   * Checks dL/dargument for L = Σ outputs ∘ weights.
   *
   * @param what named when it fails
   * @param argument the variable; restored afterwards
   * @param gradient what the backward found
   * @param outputs runs the forward and returns its results
   * @param weights L's weights, which the backward had as gradients of the results
   */
  static void check(
      String what,
      ReferenceTensor argument,
      ReferenceTensor gradient,
      Supplier<ReferenceTensor[]> outputs,
      ReferenceTensor... weights) {
    for (int i = 0; i < argument.size(); i++) {
      double value = argument.get(i);
      argument.set(i, value + STEP);
      double above = loss(outputs.get(), weights);
      argument.set(i, value - STEP);
      double below = loss(outputs.get(), weights);
      argument.set(i, value);
      double slope = (above - below) / (2 * STEP);
      double scale = Math.max(1, Math.abs(slope));
      assertEquals(slope, gradient.get(i), TOLERANCE * scale, what + "[" + i + "]");
    }
  }

  private static double loss(ReferenceTensor[] outputs, ReferenceTensor[] weights) {
    double sum = 0;
    for (int k = 0; k < outputs.length; k++) {
      for (int i = 0; outputs[k] != null && i < outputs[k].size(); i++) {
        sum += outputs[k].get(i) * weights[k].get(i);
      }
    }
    return sum;
  }
}
