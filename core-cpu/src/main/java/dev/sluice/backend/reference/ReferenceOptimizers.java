package dev.sluice.backend.reference;

import dev.sluice.backend.Checks;
import dev.sluice.backend.OptimizerOps;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;

/**
 * Optimiser steps. The clipped gradient of every parameter is
 *
 * <pre>
 *   g = limit(gradient · min(1, clipNorm / (√gradientSquares + 1e-6)), -clipValue, clipValue)
 * </pre>
 *
 * and the rules are those of {@link UpdateRule}. Nothing happens when gradientSquares is not finite.
 */
final class ReferenceOptimizers implements OptimizerOps {
  @Override
  public void sumOfSquares(Tensor x, Tensor out) {
    Checks.sumOfSquares(x, out);
    ReferenceTensor numbers = ReferenceTensor.of(x);
    double sum = 0;
    for (int i = 0; i < numbers.size(); i++) {
      sum += numbers.get(i) * numbers.get(i);
    }
    ReferenceTensor.of(out).set(0, sum);
  }

  @Override
  public void update(
      UpdateRule rule, Tensor parameters, Tensor gradients, Tensor state, Controls controls) {
    Checks.update(rule, parameters, gradients, state, controls);
    ReferenceTensor values = ReferenceTensor.of(parameters);
    ReferenceTensor slopes = ReferenceTensor.of(gradients);
    ReferenceTensor slots = ReferenceTensor.of(state);
    ReferenceTensor applied = ReferenceTensor.of(controls.applied());
    double squares = ReferenceTensor.of(controls.gradientSquares()).get(0);
    double rate = ReferenceTensor.of(controls.learningRate()).get(0);
    if (!Double.isFinite(squares)) {
      return;
    }
    applied.setInt(0, applied.getInt(0) + 1);
    int step = applied.getInt(0);
    double factor = Math.min(1, controls.clipNorm() / (Math.sqrt(squares) + 1e-6));
    double limit = controls.clipValue();
    for (int i = 0; i < values.size(); i++) {
      double gradient = Math.clamp(slopes.get(i) * factor, -limit, limit);
      switch (rule) {
        case UpdateRule.Sgd sgd -> sgd(sgd, values, slots, i, gradient, rate);
        case UpdateRule.RmsProp rmsProp -> rmsProp(rmsProp, values, slots, i, gradient, rate);
        case UpdateRule.Adam adam -> adam(adam, values, slots, i, gradient, rate, step);
      }
    }
  }

  /**
   * g += weightDecay · p; v = momentum · v + g; p -= lr · (nesterov ? g + momentum · v : v). The
   * state is zero before the first step, so v = g then.
   */
  private static void sgd(
      UpdateRule.Sgd rule,
      ReferenceTensor values,
      ReferenceTensor slots,
      int i,
      double gradient,
      double rate) {
    double g = gradient + rule.weightDecay() * values.get(i);
    if (rule.momentum() == 0) {
      values.add(i, -rate * g);
      return;
    }
    double v = rule.momentum() * slots.get(i) + g;
    slots.set(i, v);
    values.add(i, -rate * (rule.nesterov() ? g + rule.momentum() * v : v));
  }

  /** g += weightDecay · p; s = decay · s + (1 - decay) · g²; p -= lr · g / (√s + epsilon). */
  private static void rmsProp(
      UpdateRule.RmsProp rule,
      ReferenceTensor values,
      ReferenceTensor slots,
      int i,
      double gradient,
      double rate) {
    double g = gradient + rule.weightDecay() * values.get(i);
    double s = rule.decay() * slots.get(i) + (1 - (double) rule.decay()) * g * g;
    slots.set(i, s);
    values.add(i, -rate * g / (Math.sqrt(s) + rule.epsilon()));
  }

  /**
   * m = beta1 · m + (1 - beta1) · g; v = beta2 · v + (1 - beta2) · g²; p -= lr · (m / (1 - beta1^t))
   * / (√(v / (1 - beta2^t)) + epsilon), the decay before it when decoupled, else in g.
   */
  private static void adam(
      UpdateRule.Adam rule,
      ReferenceTensor values,
      ReferenceTensor slots,
      int i,
      double gradient,
      double rate,
      int step) {
    double beta1 = rule.beta1();
    double beta2 = rule.beta2();
    double g = gradient;
    if (rule.decoupled()) {
      values.add(i, -rate * rule.weightDecay() * values.get(i));
    } else {
      g += rule.weightDecay() * values.get(i);
    }
    int second = values.size() + i;
    double m = beta1 * slots.get(i) + (1 - beta1) * g;
    double v = beta2 * slots.get(second) + (1 - beta2) * g * g;
    slots.set(i, m);
    slots.set(second, v);
    double mean = m / (1 - Math.pow(beta1, step));
    double meanSquare = v / (1 - Math.pow(beta2, step));
    values.add(i, -rate * mean / (Math.sqrt(meanSquare) + rule.epsilon()));
  }
}
