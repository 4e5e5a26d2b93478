package dev.sluice.parity;

import dev.sluice.backend.UpdateRule;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The bound on one optimiser step: the rule's own equations with running errors.
 *
 * @param rule which
 * @param clipNorm infinity for none
 * @param clipValue infinity for none
 * @param step number of the step, from 1
 */
record UpdateBound(UpdateRule rule, float clipNorm, float clipValue, int step) implements Bound {
  @Override
  public Map<String, double[]> allowed(Results expected, Rerun rerun) {
    double[] parameters = expected.input("parameters");
    double[] gradients = expected.input("gradients");
    double[] state = expected.input("state");
    double rate = expected.input("rate")[0];
    int n = parameters.length;
    double[] parameterBound = new double[n];
    double[] stateBound = new double[rule.stateSlots() * n];
    Rounded norm = Rounded.of(expected.input("squares")[0]).sqrt().plus(Rounded.of(1e-6));
    Rounded factor = Rounded.of(1);
    if (clipNorm < norm.value()) {
      factor = Rounded.of(clipNorm).over(norm);
    }
    for (int i = 0; i < n; i++) {
      Rounded gradient = factor.times(gradients[i]).clamp(clipValue);
      Rounded p = Rounded.of(parameters[i]);
      Rounded[] slots = new Rounded[rule.stateSlots()];
      for (int slot = 0; slot < slots.length; slot++) {
        slots[slot] = Rounded.of(state[slot * n + i]);
      }
      parameterBound[i] = next(p, gradient, slots, rate).error();
      for (int slot = 0; slot < slots.length; slot++) {
        stateBound[slot * n + i] = slots[slot].error();
      }
    }
    Map<String, double[]> bounds = new LinkedHashMap<>();
    bounds.put("applied", new double[1]);
    bounds.put("parameters", parameterBound);
    bounds.put("state", stateBound);
    return bounds;
  }

  /** The parameter after the step; the slots are replaced. */
  private Rounded next(Rounded p, Rounded gradient, Rounded[] slots, double rate) {
    return switch (rule) {
      case UpdateRule.Sgd sgd -> {
        Rounded g = gradient.plus(p.times(sgd.weightDecay()));
        if (slots.length == 0) {
          yield p.minus(g.times(rate));
        }
        slots[0] = slots[0].times(sgd.momentum()).plus(g);
        Rounded way = sgd.nesterov() ? slots[0].times(sgd.momentum()).plus(g) : slots[0];
        yield p.minus(way.times(rate));
      }
      case UpdateRule.RmsProp rmsProp -> {
        Rounded g = gradient.plus(p.times(rmsProp.weightDecay()));
        slots[0] = average(slots[0], g.times(g), rmsProp.decay());
        Rounded root = slots[0].sqrt().plus(Rounded.of(rmsProp.epsilon()));
        yield p.minus(g.over(root).times(rate));
      }
      case UpdateRule.Adam adam -> {
        double decay = adam.weightDecay();
        Rounded kept = adam.decoupled() ? p.minus(p.times(rate).times(decay)) : p;
        Rounded g = adam.decoupled() ? gradient : gradient.plus(p.times(decay));
        slots[0] = average(slots[0], g, adam.beta1());
        slots[1] = average(slots[1], g.times(g), adam.beta2());
        Rounded mean = slots[0].over(1 - Math.pow(adam.beta1(), step));
        Rounded square = slots[1].over(1 - Math.pow(adam.beta2(), step));
        Rounded root = square.sqrt().plus(Rounded.of(adam.epsilon()));
        yield kept.minus(mean.over(root).times(rate));
      }
    };
  }

  /** decay · average + (1 - decay) · next. */
  private static Rounded average(Rounded average, Rounded next, double decay) {
    return average.times(decay).plus(next.times(1 - decay));
  }
}
