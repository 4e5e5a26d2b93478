package dev.sluice.parity;

import dev.sluice.backend.CellType;
import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.OptimizerOps.Controls;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.UpdateRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Wrong arguments, one call at least for each operation. */
final class RefusalTrials {
  private static final RecurrentSpec SPEC = RecurrentSpec.of(CellType.LSTM, 2, 3);
  private static final int WEIGHTS = Math.toIntExact(SPEC.weightCount());

  private RefusalTrials() {}

  static List<ParityTrial> all() {
    List<ParityTrial> trials = new ArrayList<>();
    operations(trials);
    losses(trials);
    recurrent(trials);
    return trials;
  }

  private static void add(List<ParityTrial> trials, String wrong, Computation computation) {
    trials.add(new RefusalTrial(new ParityCase("refusal", wrong, ""), computation));
  }

  private static void operations(List<ParityTrial> trials) {
    add(
        trials,
        "gemm: inner extents",
        b ->
            b.backend()
                .matrix()
                .gemm(
                    false,
                    true,
                    1,
                    b.input("a", 1, 2, 3),
                    b.input("b", 1, 4, 5),
                    0,
                    b.output("c", 2, 4)));
    add(
        trials,
        "gemm: shape of c",
        b ->
            b.backend()
                .matrix()
                .gemm(
                    true,
                    false,
                    1,
                    b.input("a", 1, 3, 2),
                    b.input("b", 1, 3, 5),
                    0,
                    b.output("c", 5, 2)));
    add(
        trials,
        "embedding: rows of output",
        b ->
            b.backend()
                .embedding()
                .forward(
                    b.input("table", 1, 5, 4),
                    b.integers("ids", new int[2], 2),
                    b.output("output", 3, 4)));
    add(
        trials,
        "scale: integers",
        b -> b.backend().elements().scale(b.integers("x", new int[2], 2), 2));
    add(
        trials,
        "add: sizes",
        b -> b.backend().elements().add(1, b.input("x", 1, 3), b.output("y", 4)));
    add(
        trials,
        "multiply: sizes",
        b ->
            b.backend()
                .elements()
                .multiply(b.input("a", 1, 3), b.input("b", 1, 3), b.output("out", 2)));
    add(
        trials,
        "activate: sizes",
        b ->
            b.backend().elements().activate(Activation.TANH, b.input("x", 1, 3), b.output("y", 5)));
    add(
        trials,
        "bias: features",
        b -> b.backend().elements().addBias(b.output("x", 2, 3), b.input("bias", 1, 2)));
    add(
        trials,
        "increment: elements",
        b -> b.backend().elements().increment(b.integers("counter", new int[2], 2)));
    add(
        trials,
        "layer norm: shape of rstd",
        b ->
            b.backend()
                .layerNorm()
                .forward(
                    b.input("x", 1, 2, 3),
                    b.input("gain", 1, 3),
                    b.input("bias", 1, 3),
                    1,
                    b.output("y", 2, 3),
                    b.output("mean", 2),
                    b.output("rstd", 3)));
    add(
        trials,
        "layer norm backward: shape of dGain",
        b ->
            b.backend()
                .layerNorm()
                .backward(
                    b.input("x", 1, 2, 3),
                    b.input("gain", 1, 3),
                    b.input("mean", 1, 2),
                    b.input("rstd", 1, 2),
                    b.input("dy", 1, 2, 3),
                    b.output("dx", 2, 3),
                    b.output("dGain", 2),
                    b.output("dBias", 3)));
    add(
        trials,
        "dropout: probability 1",
        b -> b.backend().dropout().apply(1, b.draw(), b.input("x", 1, 3), b.output("y", 3)));
    add(
        trials,
        "sum of squares: out",
        b -> b.backend().optimizers().sumOfSquares(b.input("x", 1, 3), b.output("out", 2)));
    add(
        trials,
        "update: state",
        b ->
            b.backend()
                .optimizers()
                .update(
                    new UpdateRule.Adam(0.9f, 0.9f, 1, 0, false),
                    b.output("parameters", 3),
                    b.input("gradients", 1, 3),
                    b.output("state", 1, 3),
                    new Controls(
                        b.input("rate", 1, 1),
                        b.integers("applied", new int[1], 1),
                        b.input("squares", new float[] {1}, 1),
                        1,
                        1)));
  }

  private static void losses(List<ParityTrial> trials) {
    add(
        trials,
        "cross entropy: number of targets",
        b ->
            b.backend()
                .losses()
                .softmaxCrossEntropy(
                    b.input("logits", 1, 2, 5),
                    b.integers("targets", new int[3], 3),
                    0,
                    1,
                    b.output("gradient", 2, 5),
                    b.output("perTarget", 2),
                    b.output("total", 2)));
    add(
        trials,
        "cross entropy: shape of total",
        b ->
            b.backend()
                .losses()
                .softmaxCrossEntropy(
                    b.input("logits", 1, 2, 5),
                    b.integers("targets", new int[2], 2),
                    0,
                    1,
                    b.output("gradient", 2, 5),
                    null,
                    b.output("total", 1)));
    add(
        trials,
        "regression: rowWeights",
        b ->
            b.backend()
                .losses()
                .regression(
                    Regression.SQUARED,
                    1,
                    b.input("prediction", 1, 2, 3),
                    b.input("target", 1, 2, 3),
                    b.input("rowWeights", 1, 3),
                    1,
                    b.output("gradient", 2, 3),
                    b.output("total", 2)));
    add(
        trials,
        "softmax: sizes",
        b -> b.backend().losses().softmax(b.input("x", 1, 2, 3), b.output("y", 3)));
  }

  private static void recurrent(List<ParityTrial> trials) {
    add(trials, "recurrent forward: features of x", b -> forward(b, WEIGHTS, 3, 4, 5));
    add(trials, "recurrent forward: too many steps", b -> forward(b, WEIGHTS, 2, 5, 5));
    add(trials, "recurrent forward: number of weights", b -> forward(b, 7, 2, 4, 5));
    add(trials, "recurrent forward: number of lengths", b -> forward(b, WEIGHTS, 2, 4, 4));
    add(
        trials,
        "recurrent backward: shape of dInitial",
        b -> {
          try (RecurrentPlan plan = b.backend().recurrent().plan(SPEC, 4, 5, true)) {
            plan.forward(
                b.input("weights", 1, WEIGHTS),
                b.input("x", 1, 4, 5, 2),
                null,
                null,
                b.scratch("y", 4, 5, 3),
                null,
                null);
            plan.backward(
                b.input("dy", 1, 4, 5, 3),
                null,
                b.output("dx", 4, 5, 2),
                new RecurrentState(
                    b.output("dInitial.h", 1, 4, 3), b.output("dInitial.c", 1, 5, 3)),
                b.output("dWeights", WEIGHTS));
          }
        });
    add(
        trials,
        "stepper: both directions",
        b ->
            b.backend()
                .recurrent()
                .stepper(SPEC.withBidirectional(true), 1, b.input("weights", 1, 2 * WEIGHTS)));
    add(
        trials,
        "step: shape of x",
        b -> {
          try (RecurrentStepper stepper =
              b.backend().recurrent().stepper(SPEC, 5, b.input("weights", 1, WEIGHTS))) {
            RecurrentState state =
                new RecurrentState(b.output("h", 1, 5, 3), b.output("c", 1, 5, 3));
            stepper.step(b.input("x", 1, 5, 3), state, b.output("y", 5, 3));
          }
        });
  }

  /** A forward of a plan for T = 4 and B = 5. */
  private static void forward(Workbench b, int weights, int features, int steps, int lengths) {
    try (RecurrentPlan plan = b.backend().recurrent().plan(SPEC, 4, 5, false)) {
      RecurrentState last =
          new RecurrentState(b.output("last.h", 1, 5, 3), b.output("last.c", 1, 5, 3));
      int[] all = new int[lengths];
      Arrays.fill(all, steps);
      plan.forward(
          b.input("weights", 1, weights),
          b.input("x", 1, steps, 5, features),
          b.integers("lengths", all, lengths),
          null,
          b.output("y", steps, 5, 3),
          last,
          null);
    }
  }
}
