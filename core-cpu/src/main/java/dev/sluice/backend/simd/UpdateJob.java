package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.OptimizerOps;
import dev.sluice.backend.OptimizerOps.Controls;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;

/** One optimiser step: what all parameters share is computed in double, then the rule runs. */
final class UpdateJob extends RangeJob {
  private static final int GRAIN = 64;

  // The running operation, read by all members.
  private UpdateRule rule;
  private ArrayTensor parameters;
  private ArrayTensor gradients;
  private ArrayTensor state;
  private float factor;
  private float limit;
  private float rate;
  private int step;

  UpdateJob(ThreadTeam team) {
    super(team);
  }

  /** {@link OptimizerOps#update}. */
  void run(UpdateRule rule, Tensor parameters, Tensor gradients, Tensor state, Controls controls) {
    Checks.update(rule, parameters, gradients, state, controls);
    this.rule = rule;
    this.parameters = ArrayTensor.of(parameters);
    this.gradients = ArrayTensor.of(gradients);
    this.state = ArrayTensor.ofNullable(state);
    ArrayTensor squares = ArrayTensor.of(controls.gradientSquares());
    ArrayTensor rates = ArrayTensor.of(controls.learningRate());
    ArrayTensor applied = ArrayTensor.of(controls.applied());
    double sum = squares.floats[squares.offset];
    if (!Double.isFinite(sum)) {
      return;
    }
    factor = (float) Math.min(1, controls.clipNorm() / (Math.sqrt(sum) + 1e-6));
    limit = controls.clipValue();
    rate = rates.floats[rates.offset];
    step = ++applied.ints[applied.offset];
    share(this.parameters.size(), GRAIN, this.parameters.size(), WorkPerThread.FUNCTION);
  }

  @Override
  void range(int from, int to, int part) {
    switch (rule) {
      case UpdateRule.Sgd sgd -> sgd(sgd, from, to - from);
      case UpdateRule.RmsProp rmsProp -> rmsProp(rmsProp, from, to - from);
      case UpdateRule.Adam adam -> adam(adam, from, to - from);
    }
  }

  private void sgd(UpdateRule.Sgd rule, int from, int n) {
    float[] p = parameters.floats;
    int fromP = parameters.offset + from;
    float[] g = gradients.floats;
    int fromG = gradients.offset + from;
    if (rule.momentum() == 0) {
      UpdateKernels.sgd(p, fromP, g, fromG, n, factor, limit, rule.weightDecay(), rate);
    } else {
      UpdateKernels.momentum(
          p,
          fromP,
          g,
          fromG,
          state.floats,
          state.offset + from,
          n,
          factor,
          limit,
          rule.weightDecay(),
          rule.momentum(),
          rule.nesterov(),
          rate);
    }
  }

  private void rmsProp(UpdateRule.RmsProp rule, int from, int n) {
    UpdateKernels.rmsProp(
        parameters.floats,
        parameters.offset + from,
        gradients.floats,
        gradients.offset + from,
        state.floats,
        state.offset + from,
        n,
        factor,
        limit,
        rule.weightDecay(),
        rule.decay(),
        rest(rule.decay()),
        rule.epsilon(),
        rate);
  }

  private void adam(UpdateRule.Adam rule, int from, int n) {
    double biased1 = 1 - StrictMath.pow(rule.beta1(), step);
    double biased2 = 1 - StrictMath.pow(rule.beta2(), step);
    UpdateKernels.adam(
        parameters.floats,
        parameters.offset + from,
        gradients.floats,
        gradients.offset + from,
        state.floats,
        state.offset + from,
        state.offset + parameters.size() + from,
        n,
        factor,
        limit,
        rule.decoupled() ? 0 : rule.weightDecay(),
        rule.decoupled() ? rate * rule.weightDecay() : 0,
        rule.beta1(),
        rest(rule.beta1()),
        rule.beta2(),
        rest(rule.beta2()),
        rule.epsilon(),
        (float) (rate / biased1),
        (float) (1 / Math.sqrt(biased2)));
  }

  /** 1 - part, where single precision would lose digits. */
  private static float rest(float part) {
    return (float) (1 - (double) part);
  }
}
