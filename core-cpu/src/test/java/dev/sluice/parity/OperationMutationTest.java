package dev.sluice.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.OptimizerOps.Controls;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import dev.sluice.backend.UpdateRule.Sgd;
import dev.sluice.backend.reference.ReferenceTensor;
import dev.sluice.parity.Mutant.Call;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The suite can fail: each backend here has one thing wrong and is found out. */
class OperationMutationTest {
  private int calls;

  private List<Mutant> mutants() {
    return List.of(
        new Mutant("alpha forgotten", "gemm", "matrix", "gemm", call -> call.with(2, 1f)),
        new Mutant(
            "C read although beta is 0",
            "gemm",
            "matrix",
            "gemm",
            call -> call.with(5, call.<Float>argument(5) == 0 ? 1e-30f : call.argument(5))),
        new Mutant(
            "negative ids read row 0",
            "embedding",
            "embedding",
            "forward",
            call -> {
              int[] ids = call.<Tensor>argument(1).toInts();
              for (int i = 0; i < ids.length; i++) {
                ids[i] = Math.max(0, ids[i]);
              }
              return call.with(1, Mutant.integers(ids));
            }),
        new Mutant(
            "bias gradient overwritten instead of added to",
            "bias backward",
            "elements",
            "biasBackward",
            call -> {
              Mutant.change(call.argument(1), _ -> 0);
              return call.proceed();
            }),
        new Mutant(
            "tanh off by 20 units in the last place",
            "activate | tanh",
            "elements",
            "activate",
            call -> {
              call.proceed();
              Mutant.change(call.argument(2), value -> value * (1 + 20 * 0x1p-23));
              return null;
            }),
        new Mutant(
            "NaN swallowed",
            "activate | relu",
            "elements",
            "activate",
            call -> {
              call.proceed();
              Mutant.change(call.argument(2), value -> Double.isNaN(value) ? 0 : value);
              return null;
            }),
        new Mutant(
            "last element not written",
            "multiply",
            "elements",
            "multiply",
            OperationMutationTest::withoutLastElement),
        new Mutant(
            "an input is written",
            "add",
            "elements",
            "add",
            call -> {
              call.proceed();
              Mutant.change(call.argument(1), value -> -value);
              return null;
            }),
        new Mutant(
            "not the same bits twice",
            "scale | , twice",
            "elements",
            "scale",
            call -> {
              call.proceed();
              double factor = 1 + (calls++ % 2) * 0x1p-30;
              Mutant.change(call.argument(0), value -> value * factor);
              return null;
            }),
        new Mutant(
            "epsilon doubled",
            "layer norm",
            "layerNorm",
            "forward",
            call -> call.with(3, 2 * call.<Float>argument(3))),
        new Mutant(
            "gradient scaled by three quarters",
            "cross entropy",
            "losses",
            "softmaxCrossEntropy",
            call -> call.with(3, 0.75f * call.<Float>argument(3))),
        new Mutant(
            "Huber's loss is the square",
            "regression",
            "losses",
            "regression",
            call -> {
              Regression loss = call.argument(0);
              return call.with(0, loss == Regression.HUBER ? Regression.SQUARED : loss);
            }),
        new Mutant(
            "momentum without Nesterov's look ahead",
            "update",
            "optimizers",
            "update",
            call -> {
              UpdateRule rule = call.argument(0);
              boolean nesterov = rule instanceof Sgd sgd && sgd.nesterov();
              return call.with(0, nesterov ? new Sgd(0.9f, false, 0.1f) : rule);
            }),
        new Mutant(
            "no clipping by norm",
            "update",
            "optimizers",
            "update",
            OperationMutationTest::withoutClipping),
        new Mutant(
            "an option that is missing",
            "softmax",
            "losses",
            "softmax",
            _ -> {
              throw new UnsupportedOperationException("no softmax here");
            }),
        new Mutant(
            "a wrong shape accepted",
            "refusal | softmax",
            "losses",
            "softmax",
            call -> {
              long size = call.<Tensor>argument(0).shape().size();
              return size == call.<Tensor>argument(1).shape().size() ? call.proceed() : null;
            }));
  }

  @TestFactory
  Stream<DynamicTest> mutantsAreFoundOut() {
    return Mutant.tests(mutants());
  }

  /** A failure says which element, what it is and what it should be. */
  @Test
  void failuresAreExplained() {
    Mutant mutant = new Mutant("half", "fill", "elements", "fill", call -> call.with(1, 0.5f));
    ParityTrial trial =
        ParitySuite.trials().stream()
            .filter(candidate -> candidate.parityCase().operation().equals("fill"))
            .findFirst()
            .orElseThrow();
    ParityResult result = trial.run(mutant.backend());
    assertFalse(result.passed());
    assertEquals("x[0] is 0.500000000 but must be 0.300000012", result.message());
    assertEquals(0.2, result.error(), 1e-7);
    assertEquals(0, result.bound());
    assertTrue(ParityTable.row(result).contains("FAILED"));
    assertEquals(
        "broken: 1 cases, 1 failed; the largest error is 0 % of its bound",
        ParityTable.summary("broken", List.of(result)));
  }

  private static Object withoutLastElement(Call call) {
    ReferenceTensor out = call.argument(2);
    ReferenceTensor last = out.slice(out.shape().size() - 1, Shape.of(1));
    double[] before = last.values();
    call.proceed();
    last.upload(before, 0);
    return null;
  }

  private static Object withoutClipping(Call call) {
    Controls given = call.argument(4);
    return call.with(
        4,
        new Controls(
            given.learningRate(),
            given.applied(),
            given.gradientSquares(),
            Float.POSITIVE_INFINITY,
            given.clipValue()));
  }
}
