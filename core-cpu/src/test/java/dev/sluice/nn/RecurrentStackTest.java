package dev.sluice.nn;

import static dev.sluice.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.reference.ReferenceBackend;
import dev.sluice.backend.reference.ReferenceTensor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A stack's parameters are PyTorch's, and its state moves in, out and on. */
class RecurrentStackTest {
  private final ReferenceBackend backend = new ReferenceBackend();
  private final ParameterStore store = new ParameterStore();

  private RecurrentStack stack(RecurrentSpec spec) {
    RecurrentStack stack = new RecurrentStack(store, "rnn", spec);
    store.allocate(backend, 1);
    return stack;
  }

  /** {@code torch.nn.LSTM(3, 5, num_layers=2, bidirectional=True).named_parameters()}. */
  @Test
  void namesAndShapesArePyTorchs() {
    RecurrentSpec spec =
        RecurrentSpec.of(CellType.LSTM, 3, 5).withLayers(2).withBidirectional(true);
    assertEquals(
        List.of(
            "rnn.weight_ih_l0 [20, 3]",
            "rnn.weight_hh_l0 [20, 5]",
            "rnn.bias_ih_l0 [20]",
            "rnn.bias_hh_l0 [20]",
            "rnn.weight_ih_l0_reverse [20, 3]",
            "rnn.weight_hh_l0_reverse [20, 5]",
            "rnn.bias_ih_l0_reverse [20]",
            "rnn.bias_hh_l0_reverse [20]",
            "rnn.weight_ih_l1 [20, 10]",
            "rnn.weight_hh_l1 [20, 5]",
            "rnn.bias_ih_l1 [20]",
            "rnn.bias_hh_l1 [20]",
            "rnn.weight_ih_l1_reverse [20, 10]",
            "rnn.weight_hh_l1_reverse [20, 5]",
            "rnn.bias_ih_l1_reverse [20]",
            "rnn.bias_hh_l1_reverse [20]"),
        stack(spec).parameters().stream().map(Parameter::toString).toList());
  }

  @Test
  void theForgetGateStartsOpen() {
    RecurrentStack stack =
        new RecurrentStack(
            store,
            "rnn",
            RecurrentSpec.of(CellType.LSTM, 2, 3),
            RecurrentInitializers.orthogonal().withForgetBias(1));
    store.allocate(backend, 1);
    float[] expected = {0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0};
    assertArrayEquals(expected, stack.parameters().get(2).value().toFloats());
    assertArrayEquals(new float[12], stack.parameters().get(3).value().toFloats());
  }

  /** Only the forget gate's rows change when a forget bias is added to PyTorch's values. */
  @Test
  void otherGatesKeepTheirBiases() {
    RecurrentStack stack =
        new RecurrentStack(
            store,
            "rnn",
            RecurrentSpec.of(CellType.LSTM, 2, 3),
            RecurrentInitializers.uniform(3).withForgetBias(2));
    store.allocate(backend, 1);
    float[] recurrentBias = stack.parameters().get(3).value().toFloats();
    for (int i = 0; i < 12; i++) {
      boolean forget = i >= 3 && i < 6;
      assertEquals(forget, recurrentBias[i] == 0, "row " + i);
      assertTrue(Math.abs(recurrentBias[i]) <= 1 / Math.sqrt(3));
    }
  }

  @Test
  void aForgetBiasNeedsAForgetGate() {
    RecurrentInitializers initializers = RecurrentInitializers.uniform(3).withForgetBias(1);
    RecurrentSpec gru = RecurrentSpec.of(CellType.GRU, 2, 3);
    RecurrentSpec lstm = RecurrentSpec.of(CellType.LSTM, 2, 3).withBias(false);
    assertEquals(
        "a forget-gate bias is an option of the LSTM, not of GRU",
        assertThrows(
                IllegalArgumentException.class,
                () -> new RecurrentStack(store, "rnn", gru, initializers))
            .getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> new RecurrentStack(store, "rnn", lstm, initializers));
    assertTrue(store.parameters().isEmpty());
  }

  /** One window of 2T gives the same outputs as two of T with the state carried between them. */
  @ParameterizedTest
  @EnumSource
  void carriedWindowsEqualOneLongWindow(CellType cell) {
    RecurrentStack stack = stack(RecurrentSpec.of(cell, 3, 4).withLayers(2));
    int steps = 3;
    int batch = 2;
    ReferenceTensor x = random(backend, Shape.of(2 * steps, batch, 3), 5);
    double[] whole;
    double[] wholeState;
    try (RecurrentStackPlan plan = stack.plan(backend, x.shape(), Gradients.PARAMETERS)) {
      whole = ((ReferenceTensor) plan.forward(x, Pass.PLAIN)).values();
      wholeState = ((ReferenceTensor) plan.last().h()).values();
    }
    Shape half = Shape.of(steps, batch, 3);
    try (RecurrentStackPlan plan = stack.plan(backend, half, Gradients.PARAMETERS)) {
      double[] first = ((ReferenceTensor) plan.forward(x.slice(0, half), Pass.PLAIN)).values();
      plan.carry();
      double[] second =
          ((ReferenceTensor) plan.forward(x.slice(half.size(), half), Pass.PLAIN)).values();
      assertArrayEquals(Arrays.copyOfRange(whole, 0, first.length), first);
      assertArrayEquals(Arrays.copyOfRange(whole, first.length, whole.length), second);
      assertArrayEquals(wholeState, ((ReferenceTensor) plan.last().h()).values());
      plan.resetState();
      assertArrayEquals(
          first, ((ReferenceTensor) plan.forward(x.slice(0, half), Pass.PLAIN)).values());
    }
  }

  /** A checkpoint of the carried tensors is all that a second plan needs to go on. */
  @Test
  void carriedStateMovesToAnotherPlan() {
    RecurrentStack stack = stack(RecurrentSpec.of(CellType.LSTM, 3, 4).withLayers(2));
    Tensor x = random(backend, Shape.of(2, 3, 3), 5);
    RecurrentStackPlan from = stack.plan(backend, x.shape(), Gradients.PARAMETERS);
    RecurrentStackPlan to = stack.plan(backend, x.shape(), Gradients.NONE);
    from.forward(x, Pass.PLAIN);
    from.carry();
    assertEquals(Set.of("rnn.h", "rnn.c"), from.carried().keySet());
    to.setState(from.carried().get("rnn.h").toFloats(), from.carried().get("rnn.c").toFloats());
    float[] expected = from.forward(x, Pass.PLAIN).toFloats();
    assertArrayEquals(expected, to.forward(x, Pass.PLAIN).toFloats(), 1e-6f);
    assertThrows(IllegalArgumentException.class, () -> to.setState(new float[24], null));
    assertThrows(IllegalArgumentException.class, () -> to.setState(new float[23], new float[24]));
  }

  @Test
  void aBidirectionalStackCarriesNothing() {
    RecurrentStack stack = stack(RecurrentSpec.of(CellType.GRU, 3, 4).withBidirectional(true));
    Tensor x = random(backend, Shape.of(2, 3, 3), 5);
    RecurrentStackPlan plan = stack.plan(backend, x.shape(), Gradients.NONE);
    float[] once = plan.forward(x, Pass.PLAIN).toFloats();
    plan.carry();
    assertArrayEquals(once, plan.forward(x, Pass.PLAIN).toFloats());
    assertTrue(plan.carried().isEmpty());
    assertThrows(IllegalArgumentException.class, () -> stack.stepper(backend, 1));
  }

  @Test
  void aStepperGivesThePlansOutputs() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 3, 4).withLayers(2);
    RecurrentStack stack = stack(spec);
    ReferenceTensor x = random(backend, Shape.of(5, 2, 3), 5);
    double[] whole =
        ((ReferenceTensor) stack.plan(backend, x.shape(), Gradients.NONE).forward(x, Pass.PLAIN))
            .values();
    RecurrentState state = RecurrentState.allocate(backend, spec, 2);
    ReferenceTensor y = backend.allocate(DType.FLOAT32, Shape.of(2, 4));
    try (RecurrentStepper stepper = stack.stepper(backend, 2)) {
      for (int t = 0; t < 5; t++) {
        stepper.step(x.slice(t * 6, Shape.of(2, 3)), state, y);
        assertArrayEquals(Arrays.copyOfRange(whole, t * 8, t * 8 + 8), y.values(), 1e-15);
      }
    }
  }

  /** What an encoder and a decoder need: the last state's gradient in, the initial state's out. */
  @Test
  void gradientsFlowThroughTheStates() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 3, 4);
    RecurrentStack stack = stack(spec);
    ReferenceTensor x = random(backend, Shape.of(3, 2, 3), 5);
    RecurrentStackPlan plan = stack.plan(backend, x.shape(), Gradients.PARAMETERS);
    ReferenceTensor h = (ReferenceTensor) plan.initial().h();
    ReferenceTensor c = (ReferenceTensor) plan.initial().c();
    h.upload(random(backend, h.shape(), 6).values(), 0);
    c.upload(random(backend, c.shape(), 7).values(), 0);
    RecurrentState dLast =
        new RecurrentState(random(backend, h.shape(), 8), random(backend, h.shape(), 9));
    RecurrentState dInitial = RecurrentState.allocate(backend, spec, 2);
    DoubleSupplier objective =
        () -> {
          plan.forward(x, Pass.PLAIN);
          return dot(plan.last().h(), dLast.h()) + dot(plan.last().c(), dLast.c());
        };
    objective.getAsDouble();
    Tensor none = backend.allocate(DType.FLOAT32, plan.output());
    plan.backward(none, dLast, dInitial);
    GradientCheck.compare("h0", h, ((ReferenceTensor) dInitial.h()).values(), objective);
    GradientCheck.compare("c0", c, ((ReferenceTensor) dInitial.c()).values(), objective);
    GradientCheck.parameters(store, objective);
  }

  private static double dot(Tensor a, Tensor b) {
    double[] first = ((ReferenceTensor) a).values();
    double[] second = ((ReferenceTensor) b).values();
    double sum = 0;
    for (int i = 0; i < first.length; i++) {
      sum += first[i] * second[i];
    }
    return sum;
  }

  @Test
  void cellStatesAndLayerOutputsAreVisible() {
    RecurrentStack stack = stack(RecurrentSpec.of(CellType.LSTM, 3, 4).withLayers(2));
    Tensor x = random(backend, Shape.of(3, 2, 3), 5);
    RecurrentStackPlan plan = stack.plan(backend, x.shape(), Gradients.PARAMETERS);
    float[] y = plan.forward(x, Pass.PLAIN).toFloats();
    assertArrayEquals(y, plan.layerOutput(1).toFloats());
    assertFalse(Arrays.equals(y, plan.layerOutput(0).toFloats()));
    float[] lastCells = Arrays.copyOfRange(plan.cellStates(1, 0).toFloats(), 16, 24);
    float[] c = plan.last().c().toFloats();
    assertArrayEquals(Arrays.copyOfRange(c, 8, 16), lastCells);
  }

  @Test
  void aWrongInputIsNamed() {
    RecurrentStack stack = stack(RecurrentSpec.of(CellType.LSTM, 3, 4));
    assertEquals(
        "RecurrentStack rnn: the input is [5, 2, 4] but must be [T, B, 3]",
        assertThrows(
                IllegalArgumentException.class,
                () -> stack.plan(backend, Shape.of(5, 2, 4), Gradients.NONE))
            .getMessage());
  }
}
