package dev.sluice.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.backend.CellType;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Tensor;
import org.junit.jupiter.api.Test;

/**
 * What the driver adds to the cells, worked by hand with a rectified RNN of one unit, W = 1 and R = 1
 * without biases, which adds up its positive inputs: h' = x + h.
 */
class RecurrentDriverTest {
  private static final RecurrentSpec SUM =
      RecurrentSpec.of(CellType.RNN_RELU, 1, 1).withBias(false);

  private final Numbers numbers = new Numbers(5);

  /**
   * x = 1, 2, 4 in sequence 1; 1, 2 and padding in sequence 2. Forward sums: 1, 3, 7 and 1, 3, 0;
   * reverse, each from its own end: 7, 6, 4 and 3, 2, 0. Last states: 7, 3 and 7, 3. The padding is
   * NaN and reaches nothing. With dy = 1 everywhere before the end and NaN behind it, dx counts the
   * outputs that an input reaches: 3, 2, 1 forward and 1, 2, 3 reverse make 4, 4, 4; 2, 1 and 1, 2
   * make 3, 3, and 0 for padding. dInitial is 3, 2 in both directions.
   */
  @Test
  void lengthsAndDirections() {
    double nan = Double.NaN;
    RecurrentSpec spec = SUM.withBidirectional(true);
    ReferenceTensor y = numbers.poisoned(3, 2, 2);
    ReferenceTensor last = numbers.poisoned(2, 2, 1);
    ReferenceTensor dx = numbers.poisoned(3, 2, 1);
    ReferenceTensor dInitial = numbers.poisoned(2, 2, 1);
    RecurrentPlan plan = numbers.backend().recurrent().plan(spec, 5, 2, true);
    plan.forward(
        numbers.vector(1, 1, 1, 1),
        numbers.of(new double[] {1, 1, 2, 2, 4, nan}, 3, 2, 1),
        numbers.integers(3, 2),
        null,
        y,
        new RecurrentState(last, null),
        null);
    assertArrayEquals(new double[] {1, 7, 1, 3, 3, 6, 3, 2, 7, 4, 0, 0}, y.values());
    assertArrayEquals(new double[] {7, 3, 7, 3}, last.values());

    ReferenceTensor dWeights = numbers.zeros(4);
    ReferenceTensor dy = numbers.of(new double[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, nan, nan}, 3, 2, 2);
    plan.backward(dy, null, dx, new RecurrentState(dInitial, null), dWeights);
    assertArrayEquals(new double[] {4, 3, 4, 3, 4, 0}, dx.values());
    assertArrayEquals(new double[] {3, 2, 3, 2}, dInitial.values());
    // dW forward = Σ x · count: 1·3 + 2·2 + 4·1 + 1·2 + 2·1 = 15; reverse 1 + 4 + 12 + 1 + 4 = 22.
    // dR = Σ h · count: h 0, 1, 3 and 0, 1: 2 + 3 + 1 = 6; reverse h 6, 4, 0 and 2, 0: 6 + 8 + 2 =
    // 16.
    assertArrayEquals(new double[] {15, 6, 22, 16}, dWeights.values());
  }

  /** A state before the first step: 10 in front of 1, 2 gives 11, 13; its gradient counts both. */
  @Test
  void statesGoInAndOut() {
    ReferenceTensor y = numbers.poisoned(2, 1, 1);
    ReferenceTensor last = numbers.poisoned(1, 1, 1);
    ReferenceTensor dInitial = numbers.poisoned(1, 1, 1);
    RecurrentPlan plan = numbers.backend().recurrent().plan(SUM, 2, 1, true);
    plan.forward(
        numbers.vector(1, 1),
        numbers.of(new double[] {1, 2}, 2, 1, 1),
        null,
        new RecurrentState(numbers.of(new double[] {10}, 1, 1, 1), null),
        y,
        new RecurrentState(last, null),
        null);
    assertArrayEquals(new double[] {11, 13}, y.values());
    assertArrayEquals(new double[] {13}, last.values());
    plan.backward(
        numbers.of(new double[] {1, 1}, 2, 1, 1),
        new RecurrentState(numbers.of(new double[] {5}, 1, 1, 1), null),
        null,
        new RecurrentState(dInitial, null),
        numbers.zeros(2));
    assertArrayEquals(new double[] {7}, dInitial.values(), "1 + 1 from outputs, 5 from last");
  }

  /**
   * Two layers with dropout 0.5 between them, all weights 1: layer 0 gives 1, 2, 3, 4 for x = 1, 1, 1,
   * 1, and layer 1 sums what dropout leaves of it, times 2. Which is left is what the dropout
   * operation on stream 6 + 0 leaves of ones.
   */
  @Test
  void dropoutBetweenLayers() {
    RecurrentSpec spec = SUM.withLayers(2).withDropout(0.5f);
    ReferenceTensor step = numbers.integers(9);
    RandomDraw draw = new RandomDraw(77, 6, step);
    ReferenceTensor mask = numbers.vector(1, 1, 1, 1);
    numbers.backend().dropout().apply(0.5f, draw, mask, mask);
    double[] kept = mask.values();
    ReferenceTensor weights = numbers.vector(1, 1, 1, 1);
    ReferenceTensor x = numbers.of(new double[] {1, 1, 1, 1}, 4, 1, 1);
    ReferenceTensor y = numbers.poisoned(4, 1, 1);
    RecurrentPlan plan = numbers.backend().recurrent().plan(spec, 4, 1, true);
    plan.forward(weights, x, null, null, y, null, draw);
    double[] expected = new double[4];
    for (int t = 0; t < 4; t++) {
      expected[t] = (t == 0 ? 0 : expected[t - 1]) + kept[t] * (t + 1);
    }
    assertArrayEquals(expected, y.values());
    assertArrayEquals(new double[] {1, 2, 3, 4}, values(plan.layerOutput(0)), "before dropout");
    assertArrayEquals(expected, values(plan.layerOutput(1)));

    RecurrentPlan inference = numbers.backend().recurrent().plan(spec, 4, 1, false);
    inference.forward(weights, x, null, null, y, null, null);
    assertArrayEquals(new double[] {1, 3, 6, 10}, y.values(), "no dropout at inference");
  }

  /**
   * LSTM with all weights 0: i = f = o = .5, g = 0, so c halves at each step. From 8: 4, 2, 1; a
   * sequence of one step keeps 4 forward, and has 8 until its end in the reverse direction.
   */
  @Test
  void cellStates() {
    RecurrentSpec spec =
        RecurrentSpec.of(CellType.LSTM, 1, 1).withBias(false).withBidirectional(true);
    RecurrentState state =
        new RecurrentState(numbers.zeros(2, 2, 1), numbers.of(new double[] {8, 8, 8, 8}, 2, 2, 1));
    RecurrentPlan plan = numbers.backend().recurrent().plan(spec, 3, 2, true);
    plan.forward(
        numbers.zeros(16),
        numbers.uniform(1, 3, 2, 1),
        numbers.integers(3, 1),
        state,
        numbers.zeros(3, 2, 2),
        null,
        null);
    assertArrayEquals(new double[] {4, 4, 2, 4, 1, 4}, values(plan.cellStates(0, 0)));
    assertArrayEquals(new double[] {1, 4, 2, 8, 4, 8}, values(plan.cellStates(0, 1)));
  }

  /** Step by step gives what the whole sequence gives, and new weights count after a refresh. */
  @Test
  void stepperGivesWhatThePlanGives() {
    for (CellType cell : CellType.values()) {
      RecurrentSpec spec = RecurrentSpec.of(cell, 3, 4).withLayers(2).withDropout(0.5f);
      ReferenceTensor weights = numbers.uniform(0.5, (int) spec.weightCount());
      ReferenceTensor x = numbers.uniform(1, 5, 2, 3);
      ReferenceTensor y = numbers.poisoned(5, 2, 4);
      RecurrentState last = RecurrentState.allocate(numbers.backend(), spec, 2);
      RecurrentPlan plan = numbers.backend().recurrent().plan(spec, 5, 2, false);
      plan.forward(weights, x, null, null, y, last, null);

      ReferenceTensor first = numbers.of(weights.values(), weights.size());
      RecurrentStepper stepper = numbers.backend().recurrent().stepper(spec, 2, first);
      RecurrentState state = RecurrentState.allocate(numbers.backend(), spec, 2);
      numbers.backend().elements().fill(first, 0);
      ReferenceTensor out = numbers.poisoned(2, 4);
      for (int t = 0; t < 5; t++) {
        stepper.step(x.slice(t * 6, out.shape().withColumns(3)), state, out);
        assertArrayEquals(y.slice(t * 8, out.shape()).values(), out.values());
      }
      assertArrayEquals(values(last.h()), values(state.h()));
      stepper.refresh();
      stepper.step(x.slice(0, out.shape().withColumns(3)), state, out);
      assertNotEquals(
          y.slice(0, out.shape()).values()[0], out.values()[0], "the weights are 0 now");
    }
  }

  @Test
  void refusesWhatItDoesNotHave() {
    RecurrentPlan inference = numbers.backend().recurrent().plan(SUM, 2, 1, false);
    RecurrentPlan training = numbers.backend().recurrent().plan(SUM, 2, 1, true);
    Tensor weights = numbers.zeros(2);
    Tensor x = numbers.zeros(2, 1, 1);
    Tensor y = numbers.zeros(2, 1, 1);
    assertThrows(
        IllegalStateException.class, () -> training.backward(y, null, null, null, weights));
    assertThrows(IllegalStateException.class, () -> training.layerOutput(0));
    inference.forward(weights, x, null, null, y, null, null);
    training.forward(weights, x, null, null, y, null, null);
    assertThrows(
        IllegalStateException.class, () -> inference.backward(y, null, null, null, weights));
    assertThrows(IllegalStateException.class, () -> training.cellStates(0, 0));
  }

  private static double[] values(Tensor tensor) {
    return ((ReferenceTensor) tensor).values();
  }
}
