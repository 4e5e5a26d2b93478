package dev.sluice.parity;

import dev.sluice.backend.OptimizerOps.Controls;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import dev.sluice.backend.UpdateRule.Adam;
import dev.sluice.backend.UpdateRule.RmsProp;
import dev.sluice.backend.UpdateRule.Sgd;
import java.util.Arrays;
import java.util.List;

/** Sums of squares, and every rule: one step from any state, several in a row, and a refused one. */
final class OptimizerTrials {
  private static final float NONE = Float.POSITIVE_INFINITY;
  private static final float RATE = 0.05f;
  private static final int[] SUM_SIZES = {1, 3, 8, 17, 67, 1031, 4096, 100_003};
  private static final int[] SIZES = {1, 3, 4, 7, 8, 9, 15, 16, 17, 33, 1031};

  /** A rule and what the table calls it. */
  private record Named(String name, UpdateRule rule) {}

  private static final List<Named> RULES =
      List.of(
          new Named("sgd", new Sgd(0, false, 0)),
          new Named("sgd, decay", new Sgd(0, false, 0.1f)),
          new Named("sgd momentum", new Sgd(0.9f, false, 0)),
          new Named("sgd momentum, decay", new Sgd(0.9f, false, 0.1f)),
          new Named("sgd nesterov, decay", new Sgd(0.9f, true, 0.1f)),
          new Named("rmsprop", new RmsProp(0.95f, 1e-5f, 0)),
          new Named("rmsprop, decay", new RmsProp(0.95f, 1e-5f, 0.1f)),
          new Named("adam", new Adam(0.9f, 0.999f, 1e-8f, 0, false)),
          new Named("adam, decay", new Adam(0.9f, 0.999f, 1e-8f, 0.1f, false)),
          new Named("adamw, decay", new Adam(0.9f, 0.999f, 1e-8f, 0.1f, true)));

  /**
   * How gradients are clipped.
   *
   * @param share clipNorm as a share of the gradients' norm
   * @param value clipValue
   */
  private record Clip(float share, float value) {
    @Override
    public String toString() {
      String byNorm = share == NONE ? "" : ", norm clipped";
      return byNorm + (value == NONE ? "" : ", values clipped");
    }
  }

  private static final Clip UNCLIPPED = new Clip(NONE, NONE);
  private static final Clip BOTH = new Clip(0.7f, 0.4f);

  private static final List<Clip> CLIPS =
      List.of(UNCLIPPED, new Clip(1.5f, NONE), new Clip(0.5f, NONE), new Clip(NONE, 0.3f), BOTH);

  private OptimizerTrials() {}

  static List<ParityTrial> all() {
    Trials trials = new Trials();
    for (int n : SUM_SIZES) {
      sumOfSquares(trials, n, false);
      sumOfSquares(trials, n, true);
    }
    for (Named rule : RULES) {
      for (int n : SIZES) {
        oneStep(trials, rule, 0, UNCLIPPED, n);
      }
      for (Clip clip : CLIPS) {
        oneStep(trials, rule, 4, clip, 67);
      }
      oneStep(trials, rule, 1000, UNCLIPPED, 67);
      severalSteps(trials, rule);
      refused(trials, rule, Float.NaN);
      refused(trials, rule, Float.POSITIVE_INFINITY);
    }
    return trials.all();
  }

  private static void sumOfSquares(Trials trials, int n, boolean broken) {
    trials.add(
        "sum of squares",
        broken ? "one NaN" : "",
        "N=" + n,
        broken ? Bound.exact() : Bound.roundings(n),
        bench -> {
          float[] numbers = bench.draws().uniform(-1, 1, n);
          if (broken) {
            bench.expectNaN();
            numbers[n - 1] = Float.NaN;
          }
          Tensor x = bench.input("x", numbers, n);
          bench.backend().optimizers().sumOfSquares(x, bench.output("out", 1));
        });
  }

  /** One step; the sum of squares is given, as if the n gradients were part of a larger model. */
  private static void oneStep(Trials trials, Named rule, int applied, Clip clip, int n) {
    trials.add(
        "update",
        rule.name + clip + ", step " + (applied + 1),
        "P=" + n,
        new UpdateBound(rule.rule, clip.share * (float) Math.sqrt(n), clip.value, applied + 1),
        bench -> {
          Tensor squares = bench.input("squares", new float[] {n}, 1);
          Controls controls =
              new Controls(
                  bench.input("rate", new float[] {RATE}, 1),
                  bench.updated("applied", new int[] {applied}, 1),
                  squares,
                  clip.share * (float) Math.sqrt(n),
                  clip.value);
          Tensor parameters = bench.updated("parameters", 1, n);
          Tensor state = state(bench, rule.rule, applied, n);
          Tensor gradients = bench.input("gradients", 1, n);
          bench.backend().optimizers().update(rule.rule, parameters, gradients, state, controls);
        });
  }

  /** Five steps from the start, each with gradients of its own whose norm the backend computes. */
  private static void severalSteps(Trials trials, Named rule) {
    int n = 67;
    trials.add(
        "update",
        rule.name + ", norm clipped, 5 steps",
        "P=" + n,
        Bound.sensitivity(n),
        bench -> {
          Tensor squares = bench.scratch("squares", 1);
          Controls controls =
              new Controls(
                  bench.input("rate", new float[] {RATE}, 1),
                  bench.updated("applied", new int[] {0}, 1),
                  squares,
                  2,
                  NONE);
          Tensor parameters = bench.updated("parameters", 1, n);
          Tensor state = state(bench, rule.rule, 0, n);
          for (int step = 0; step < 5; step++) {
            Tensor gradients = bench.input("gradients " + step, 1, n);
            bench.backend().optimizers().sumOfSquares(gradients, squares);
            bench.backend().optimizers().update(rule.rule, parameters, gradients, state, controls);
          }
        });
  }

  /** Nothing changes when the sum of squares is not finite. */
  private static void refused(Trials trials, Named rule, float sum) {
    int n = 17;
    trials.add(
        "update",
        rule.name + ", gradients not finite: " + sum,
        "P=" + n,
        Bound.exact(),
        bench -> {
          Controls controls =
              new Controls(
                  bench.input("rate", new float[] {RATE}, 1),
                  bench.updated("applied", new int[] {7}, 1),
                  bench.input("squares", new float[] {sum}, 1),
                  1,
                  1);
          Tensor parameters = bench.updated("parameters", 1, n);
          Tensor state = state(bench, rule.rule, 7, n);
          float[] broken = new float[n];
          Arrays.fill(broken, sum);
          Tensor gradients = bench.input("gradients", broken, n);
          bench.backend().optimizers().update(rule.rule, parameters, gradients, state, controls);
        });
  }

  /** Zero before the first step; else averages to ±1, averages of squares to 1. */
  private static Tensor state(Workbench bench, UpdateRule rule, int applied, int n) {
    if (rule.stateSlots() == 0) {
      return null;
    }
    float[] numbers = new float[rule.stateSlots() * n];
    if (applied > 0) {
      float[] drawn = bench.draws().uniform(-1, 1, numbers.length);
      for (int i = 0; i < numbers.length; i++) {
        boolean square = rule instanceof RmsProp || i >= n;
        numbers[i] = square ? Math.abs(drawn[i]) : drawn[i];
      }
    }
    return bench.updated("state", numbers, rule.stateSlots(), n);
  }
}
