package dev.sluice.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.OptimizerOps.Controls;
import dev.sluice.backend.reference.ReferenceBackend;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Wrong arguments are refused with the operation, the argument, its shape and the shape wanted, and
 * nothing is written: every tensor here holds 7, and still does after each test.
 */
class ChecksTest {
  private static final float UNTOUCHED = 7;

  private final ReferenceBackend backend = new ReferenceBackend();
  private final List<Tensor> numbers = new ArrayList<>();

  private Tensor floats(int... dims) {
    Tensor tensor = backend.allocate(DType.FLOAT32, Shape.of(dims));
    backend.elements().fill(tensor, UNTOUCHED);
    numbers.add(tensor);
    return tensor;
  }

  private Tensor ints(int... dims) {
    return backend.allocate(DType.INT32, Shape.of(dims));
  }

  private static void refused(String message, Runnable call) {
    Exception refusal = assertThrows(IllegalArgumentException.class, call::run);
    assertEquals(message, refusal.getMessage());
  }

  @AfterEach
  void nothingWasWritten() {
    for (Tensor tensor : numbers) {
      for (float value : tensor.toFloats()) {
        assertEquals(UNTOUCHED, value);
      }
    }
  }

  @Test
  void gemm() {
    MatrixOps matrix = backend.matrix();
    refused(
        "gemm: op(a) is [2, 3] but op(b) is [4, 5]; the inner extents must be equal",
        () -> matrix.gemm(false, false, 1, floats(2, 3), floats(4, 5), 0, floats(2, 5)));
    refused(
        "gemm: op(a) is [3, 2] but op(b) is [3, 5]; the inner extents must be equal",
        () -> matrix.gemm(true, true, 1, floats(2, 3), floats(5, 3), 0, floats(3, 5)));
    refused(
        "gemm: c is [5, 2] but must be [2, 5]",
        () -> matrix.gemm(false, false, 1, floats(2, 3), floats(3, 5), 0, floats(5, 2)));
    refused(
        "gemm: b holds integers; floating-point numbers are wanted",
        () -> matrix.gemm(false, false, 1, floats(2, 3), ints(3, 5), 0, floats(2, 5)));
    refused(
        "gemm: a must not be null",
        () -> matrix.gemm(false, false, 1, null, floats(3, 5), 0, floats(2, 5)));
  }

  @Test
  void embedding() {
    EmbeddingOps embedding = backend.embedding();
    refused(
        "embedding: output is [3, 4] but must be [2, 4]",
        () -> embedding.forward(floats(9, 4), ints(2), floats(3, 4)));
    refused(
        "embedding: ids holds FLOAT32; INT32 is wanted",
        () -> embedding.forward(floats(9, 4), floats(2), floats(2, 4)));
    refused(
        "embedding: table is [9] but must be [V, E]",
        () -> embedding.backward(floats(2, 9), ints(2), floats(9)));
  }

  @Test
  void elements() {
    ElementOps elements = backend.elements();
    refused(
        "fill: tensor 1 holds integers; floating-point numbers are wanted",
        () -> elements.fill(ints(2), 0));
    refused(
        "copy: source is FLOAT32 [2] but target is INT32 [2]; type and size must be equal",
        () -> elements.copy(floats(2), ints(2)));
    refused(
        "add: tensor 2 is [3] but must be as large as [2]",
        () -> elements.add(1, floats(2), floats(3)));
    refused(
        "multiply: tensor 3 is [2, 2] but must be as large as [3]",
        () -> elements.multiply(floats(3), floats(3), floats(2, 2)));
    refused(
        "activate: tensor 2 must not be null",
        () -> elements.activate(Activation.TANH, floats(3), null));
    refused(
        "activateBackward: tensor 2 is [4] but must be as large as [3]",
        () -> elements.activateBackward(Activation.TANH, floats(3), floats(4), floats(3)));
    refused("bias: bias is [2] but must be [3]", () -> elements.addBias(floats(2, 3), floats(2)));
    refused(
        "bias: bias holds integers; floating-point numbers are wanted",
        () -> elements.biasBackward(floats(2, 3), ints(3)));
    refused("increment: counter is [2] but must be [1]", () -> elements.increment(ints(2)));
  }

  @Test
  void layerNorm() {
    LayerNormOps layerNorm = backend.layerNorm();
    Tensor x = floats(2, 3);
    refused(
        "layerNorm: epsilon must be above 0, not 0.0",
        () -> layerNorm.forward(x, floats(3), floats(3), 0, floats(2, 3), floats(2), floats(2)));
    refused(
        "layerNorm: y may not be x, which backward reads",
        () -> layerNorm.forward(x, floats(3), floats(3), 1, x, floats(2), floats(2)));
    refused(
        "layerNorm: gain is [2] but must be [3]",
        () -> layerNorm.forward(x, floats(2), floats(3), 1, floats(2, 3), floats(2), floats(2)));
    refused(
        "layerNorm: rstd is [3] but must be [2]",
        () -> layerNorm.forward(x, floats(3), floats(3), 1, floats(2, 3), floats(2), floats(3)));
    refused(
        "layerNorm backward: dBias is [2] but must be [3]",
        () ->
            layerNorm.backward(
                x, floats(3), floats(2), floats(2), floats(2, 3), null, floats(3), floats(2)));
  }

  @Test
  void dropout() {
    DropoutOps dropout = backend.dropout();
    RandomDraw draw = new RandomDraw(1, 0, ints(1));
    refused(
        "dropout: probability must be at least 0 and below 1, not 1.0",
        () -> dropout.apply(1, draw, floats(3), floats(3)));
    refused(
        "dropout: tensor 2 is [4] but must be as large as [3]",
        () -> dropout.apply(.5f, draw, floats(3), floats(4)));
    refused("dropout: draw must not be null", () -> dropout.apply(.5f, null, floats(3), floats(3)));
    refused(
        "dropout: draw.step is [2] but must be [1]",
        () -> dropout.apply(.5f, new RandomDraw(1, 0, ints(2)), floats(3), floats(3)));
  }

  @Test
  void losses() {
    LossOps losses = backend.losses();
    refused(
        "crossEntropy: targets is [3] but must be [2]",
        () -> losses.softmaxCrossEntropy(floats(2, 5), ints(3), 0, 1, null, null, floats(2)));
    refused(
        "crossEntropy: smoothing must be at least 0 and below 1, not 1.0",
        () -> losses.softmaxCrossEntropy(floats(2, 5), ints(2), 1, 1, null, null, floats(2)));
    refused(
        "crossEntropy: total is [1] but must be [2]",
        () ->
            losses.softmaxCrossEntropy(
                floats(2, 5), ints(2), 0, 1, floats(2, 5), floats(2), floats(1)));
    refused(
        "crossEntropy: perTarget is [5] but must be [2]",
        () ->
            losses.softmaxCrossEntropy(
                floats(2, 5), ints(2), 0, 1, floats(2, 5), floats(5), floats(2)));
    refused(
        "regression: delta must be above 0, not 0.0",
        () ->
            losses.regression(
                Regression.HUBER, 0, floats(2, 3), floats(2, 3), null, 1, null, floats(2)));
    refused(
        "regression: rowWeights is [3] but must be [2]",
        () ->
            losses.regression(
                Regression.SQUARED,
                0,
                floats(2, 3),
                floats(2, 3),
                floats(3),
                1,
                floats(2, 3),
                floats(2)));
    refused(
        "softmax: tensor 2 is [3] but must be as large as [2, 3]",
        () -> losses.softmax(floats(2, 3), floats(3)));
  }

  @Test
  void optimizers() {
    OptimizerOps optimizers = backend.optimizers();
    float none = Float.POSITIVE_INFINITY;
    Controls controls = new Controls(floats(1), ints(1), floats(1), none, none);
    refused(
        "sumOfSquares: out is [2] but must be [1]",
        () -> optimizers.sumOfSquares(floats(5), floats(2)));
    refused(
        "update: state is [3] but the rule keeps 2 numbers for each of 3 parameters",
        () ->
            optimizers.update(
                new UpdateRule.Adam(.9f, .9f, 1, 0, false),
                floats(3),
                floats(3),
                floats(3),
                controls));
    refused(
        "update: state is [1, 3] but the rule keeps 0 numbers for each of 3 parameters",
        () ->
            optimizers.update(
                new UpdateRule.Sgd(0, false, 0), floats(3), floats(3), floats(1, 3), controls));
    refused(
        "update: tensor 2 is [4] but must be as large as [3]",
        () ->
            optimizers.update(
                new UpdateRule.Sgd(0, false, 0), floats(3), floats(4), null, controls));
    refused(
        "update: applied is [2] but must be [1]",
        () ->
            optimizers.update(
                new UpdateRule.Sgd(0, false, 0),
                floats(3),
                floats(3),
                null,
                new Controls(floats(1), ints(2), floats(1), none, none)));
    refused(
        "clipNorm and clipValue must be above 0, not 0.0 and Infinity",
        () -> new Controls(floats(1), ints(1), floats(1), 0, none));
    refused("sgd: nesterov needs a momentum above 0", () -> new UpdateRule.Sgd(0, true, 0));
    refused(
        "beta2 must be at least 0 and below 1, not 1.0",
        () -> new UpdateRule.Adam(.9f, 1, 1, 0, false));
    refused("epsilon must be above 0, not 0.0", () -> new UpdateRule.RmsProp(.9f, 0, 0));
  }

  @Test
  void recurrentSpecs() {
    refused(
        "recurrent: inputSize, hiddenSize and layers must be at least 1, not 0, 3 and 1",
        () -> RecurrentSpec.of(CellType.GRU, 0, 3));
    refused(
        "recurrent: resetBefore is an option of the GRU, not of LSTM",
        () -> RecurrentSpec.of(CellType.LSTM, 2, 3).withResetBefore(true));
    refused(
        "recurrent: dropout must be at least 0 and below 1, not 1.0",
        () -> RecurrentSpec.of(CellType.LSTM, 2, 3).withDropout(1));
    refused(
        "recurrent: maxSteps and batch must be at least 1, not 0 and 2",
        () -> backend.recurrent().plan(RecurrentSpec.of(CellType.LSTM, 2, 3), 0, 2, true));
  }

  @Test
  void recurrentForward() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 2, 3).withLayers(2).withDropout(.5f);
    RecurrentPlan plan = backend.recurrent().plan(spec, 4, 5, true);
    int count = (int) spec.weightCount();
    Tensor weights = floats(count);
    Tensor x = floats(4, 5, 2);
    Tensor y = floats(4, 5, 3);
    RecurrentState state = new RecurrentState(floats(2, 5, 3), floats(2, 5, 3));
    RandomDraw draw = new RandomDraw(1, 0, ints(1));
    refused(
        "recurrent forward: weights is [3] but must be [" + count + "]",
        () -> plan.forward(floats(3), x, null, null, y, null, draw));
    refused(
        "recurrent forward: x is [5, 5, 2] but must be [T, 5, 2] with T at most 4",
        () -> plan.forward(weights, floats(5, 5, 2), null, null, y, null, draw));
    refused(
        "recurrent forward: y is [3, 5, 3] but must be [4, 5, 3]",
        () -> plan.forward(weights, x, null, null, floats(3, 5, 3), null, draw));
    refused(
        "recurrent forward: lengths is [4] but must be [5]",
        () -> plan.forward(weights, x, ints(4), null, y, state, draw));
    refused(
        "recurrent forward: lengths must lie in 1..4, but are [0, 0, 0, 0, 0]",
        () -> plan.forward(weights, x, ints(5), null, y, state, draw));
    refused(
        "recurrent forward: initial.h is [1, 5, 3] but must be [2, 5, 3]",
        () ->
            plan.forward(
                weights, x, null, new RecurrentState(floats(1, 5, 3), null), y, state, draw));
    refused(
        "recurrent forward: last.c must not be null",
        () ->
            plan.forward(
                weights, x, null, null, y, new RecurrentState(floats(2, 5, 3), null), draw));
    refused(
        "recurrent forward: dropout between layers needs a draw, which is null",
        () -> plan.forward(weights, x, null, null, y, state, null));
    refused(
        "recurrent forward: last may not be initial in training, since backward reads initial",
        () -> plan.forward(weights, x, null, state, y, state, draw));
  }

  @Test
  void recurrentBackward() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.GRU, 2, 3);
    RecurrentPlan plan = backend.recurrent().plan(spec, 4, 5, true);
    int count = (int) spec.weightCount();
    Tensor y = backend.allocate(DType.FLOAT32, Shape.of(4, 5, 3));
    plan.forward(floats(count), floats(4, 5, 2), null, null, y, null, null);
    Tensor dWeights = floats(count);
    refused(
        "recurrent backward: dy is [3, 5, 3] but must be [4, 5, 3]",
        () -> plan.backward(floats(3, 5, 3), null, null, null, dWeights));
    refused(
        "recurrent backward: dx is [4, 5, 3] but must be [4, 5, 2]",
        () -> plan.backward(floats(4, 5, 3), null, floats(4, 5, 3), null, dWeights));
    refused(
        "recurrent backward: dWeights is [2] but must be [" + count + "]",
        () -> plan.backward(floats(4, 5, 3), null, null, null, floats(2)));
    refused(
        "recurrent backward: dLast.c must be null, since GRU has no cell state",
        () ->
            plan.backward(
                floats(4, 5, 3),
                new RecurrentState(floats(1, 5, 3), floats(1, 5, 3)),
                null,
                null,
                dWeights));
  }

  @Test
  void recurrentStepper() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.RNN_TANH, 2, 3);
    Tensor weights = floats((int) spec.weightCount());
    refused(
        "stepper: a bidirectional layer needs the whole sequence; use a plan",
        () -> backend.recurrent().stepper(spec.withBidirectional(true), 1, weights));
    refused(
        "stepper: batch must be at least 1, not 0",
        () -> backend.recurrent().stepper(spec, 0, weights));
    RecurrentStepper stepper = backend.recurrent().stepper(spec, 1, weights);
    RecurrentState state = new RecurrentState(floats(1, 1, 3), null);
    refused("step: state must not be null", () -> stepper.step(floats(1, 2), null, floats(1, 3)));
    refused(
        "step: x is [1, 3] but must be [1, 2]",
        () -> stepper.step(floats(1, 3), state, floats(1, 3)));
    refused(
        "step: y is [3] but must be [1, 3]", () -> stepper.step(floats(1, 2), state, floats(3)));
  }

  /** The sizes that a spec computes are those that its list of slices has. */
  @Test
  void packedWeightsAgreeWithTheirSlices() {
    for (boolean bias : new boolean[] {false, true}) {
      for (int directions = 1; directions <= 2; directions++) {
        RecurrentSpec spec =
            RecurrentSpec.of(CellType.GRU, 5, 3)
                .withLayers(3)
                .withBias(bias)
                .withBidirectional(directions == 2);
        List<RecurrentSpec.Slice> slices = spec.slices();
        int group = bias ? 4 : 2;
        assertEquals(3 * directions * group, slices.size());
        for (int i = 0; i < slices.size(); i += group) {
          int stack = i / group;
          assertEquals(
              slices.get(i).offset(), spec.weightOffset(stack / directions, stack % directions));
        }
        RecurrentSpec.Slice last = slices.getLast();
        assertEquals(last.offset() + last.shape().size(), spec.weightCount());
        assertTrue(last.name().contains("l2"));
      }
    }
  }

  @Test
  void foreignTensorsAreRefused() {
    Tensor foreign =
        (Tensor)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Tensor.class},
                (proxy, method, arguments) ->
                    method.getName().equals("type") ? DType.FLOAT32 : Shape.of(2));
    Exception refusal =
        assertThrows(
            IllegalArgumentException.class, () -> backend.elements().add(1, floats(2), foreign));
    assertTrue(refusal.getMessage().startsWith("a tensor of another backend"));
  }
}
