package dev.sluice.parity;

import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.reference.ReferenceTensor;
import dev.sluice.parity.Mutant.Call;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The suite's recurrent cases can fail: each backend here has one thing wrong and is found out. */
class RecurrentMutationTest {
  private static final List<Mutant> MUTANTS =
      List.of(
          new Mutant(
              "sign of the input gate flipped",
              "recurrent inference | lstm |",
              "recurrent",
              "forward",
              call -> withWeights(call, "weight_ih_l0", 0, 0.25, value -> -value)),
          new Mutant(
              "sign of one weight of the update gate flipped",
              "recurrent inference | gru |",
              "recurrent",
              "forward",
              call -> withWeights(call, "weight_hh_l0", 0.4, 0.4, value -> -value)),
          new Mutant(
              "sign of the recurrent weights' gradient flipped",
              "recurrent backward | rnn_tanh |",
              "recurrent",
              "backward",
              call -> withGradient(call, "weight_hh_l0", gradient -> -gradient)),
          new Mutant(
              "length mask missing at one step",
              "recurrent forward | lstm, lengths |",
              "recurrent",
              "forward",
              RecurrentMutationTest::oneStepTooFar),
          new Mutant(
              "length mask missing at one step, seen in gradients",
              "recurrent backward | gru, lengths |",
              "recurrent",
              "forward",
              RecurrentMutationTest::oneStepTooFar),
          new Mutant(
              "no gradient of the second bias",
              "recurrent backward | lstm |",
              "recurrent",
              "backward",
              call -> withGradient(call, "bias_hh_l0", _ -> 0)),
          new Mutant(
              "bias gradient off by a thousandth",
              "recurrent backward | gru reset before |",
              "recurrent",
              "backward",
              call -> withGradient(call, "bias_ih_l0", gradient -> 1.001 * gradient)),
          new Mutant(
              "weights off by a ten-thousandth",
              "recurrent inference | lstm | T=1 B=1 I=3 H=7",
              "recurrent",
              "forward",
              call -> withWeights(call, "weight_ih_l0", 0, 1, value -> value * (1 + 1e-4))),
          new Mutant(
              "gradient of the last state ignored",
              "recurrent backward | rnn_relu, states |",
              "recurrent",
              "backward",
              call -> call.with(1, null)),
          new Mutant(
              "dropout of the wrong stream",
              "recurrent forward | lstm, 2 layers, dropout |",
              "recurrent",
              "forward",
              call -> {
                RandomDraw draw = call.argument(6);
                return call.with(6, draw == null ? null : draw.withStream(draw.stream() + 1));
              }));

  @TestFactory
  Stream<DynamicTest> mutants() {
    return Mutant.tests(MUTANTS);
  }

  /** A forward with part of a matrix changed, from one share of its elements to another. */
  private static Object withWeights(
      Call call, String name, double from, double to, DoubleUnaryOperator change) {
    ReferenceTensor weights = Mutant.copy(call.argument(0));
    ReferenceTensor matrix = slice(call, name, weights);
    int size = (int) matrix.shape().size();
    int first = (int) (from * size);
    int count = Math.max(1, (int) (to * size) - first);
    ReferenceTensor part = matrix.slice(first, Shape.of(count));
    Mutant.change(part, change);
    return call.with(0, weights);
  }

  /** A backward where what it adds to one gradient is changed. */
  private static Object withGradient(Call call, String name, DoubleUnaryOperator change) {
    ReferenceTensor gradient = slice(call, name, call.argument(4));
    if (gradient == null) {
      return call.proceed();
    }
    double[] before = gradient.values();
    call.proceed();
    double[] after = gradient.values();
    for (int i = 0; i < after.length; i++) {
      after[i] = before[i] + change.applyAsDouble(after[i] - before[i]);
    }
    gradient.upload(after, 0);
    return null;
  }

  private static Object oneStepTooFar(Call call) {
    Tensor lengths = call.argument(2);
    if (lengths == null) {
      return call.proceed();
    }
    int[] values = lengths.toInts();
    int steps = call.<Tensor>argument(1).shape().dim(0);
    values[0] = Math.min(steps, values[0] + 1);
    return call.with(2, Mutant.integers(values));
  }

  /** The part of the packed tensor that has the name; null when the spec has none. */
  private static ReferenceTensor slice(Call call, String name, ReferenceTensor packed) {
    for (RecurrentSpec.Slice slice : call.spec().slices()) {
      if (slice.name().equals(name)) {
        return packed.slice(slice.offset(), slice.shape());
      }
    }
    return null;
  }
}
