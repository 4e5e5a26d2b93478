package dev.sluice.nn;

import static dev.sluice.nn.GradientCheck.dropping;
import static dev.sluice.nn.GradientCheck.integers;
import static dev.sluice.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.reference.ReferenceBackend;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Layers chain, compute no gradient that nobody needs, and forecast their memory. */
class SequentialTest {
  private final ReferenceBackend backend = new ReferenceBackend();
  private final ParameterStore store = new ParameterStore();

  private Sequential languageModel() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 4, 4).withLayers(2).withDropout(0.3f);
    Embedding embedding = new Embedding(store, "embedding", 7, 4);
    return new Sequential(
        embedding,
        new Dropout(store, 0.2f),
        new RecurrentStack(store, "lstm", spec),
        new LayerNorm(store, "norm", 4, LayerNorm.DEFAULT_EPSILON),
        new Activate(Activation.TANH),
        Linear.tied(store, "output", embedding, true));
  }

  @Test
  void chainsShapesAndParameters() {
    Sequential model = languageModel();
    assertEquals(Shape.of(5, 3, 7), model.output(Shape.of(5, 3)));
    assertEquals(store.parameters(), model.parameters());
    store.allocate(backend, 1);
    try (SequentialPlan plan = model.plan(backend, Shape.of(5, 3), Gradients.NONE)) {
      assertEquals(Shape.of(5, 3, 7), plan.output());
      assertEquals(6, plan.plans().size());
      assertEquals(List.of("lstm.h", "lstm.c"), List.copyOf(plan.carried().keySet()));
    }
  }

  /** The reference's tensors take 8 bytes an element where the forecast counts 4. */
  @ParameterizedTest
  @EnumSource
  void theForecastIsWhatAPlanAllocates(Gradients gradients) {
    RecurrentStack alone = new RecurrentStack(store, "alone", RecurrentSpec.of(CellType.GRU, 3, 4));
    Sequential model = languageModel();
    long before = backend.allocatedBytes();
    store.allocate(backend, 1);
    assertEquals(2 * store.bytes(true), backend.allocatedBytes() - before);
    assertForecast(model, Shape.of(5, 3), gradients);
    assertForecast(alone, Shape.of(5, 3, 3), gradients);
    assertForecast(new Sequential(new Dropout(store, 0.1f), alone), Shape.of(5, 3, 3), gradients);
  }

  private void assertForecast(Layer layer, Shape input, Gradients gradients) {
    long before = backend.allocatedBytes();
    long forecast = layer.planBytes(backend, input, gradients);
    assertEquals(before, backend.allocatedBytes());
    LayerPlan plan = layer.plan(backend, input, gradients);
    long recurrent = recurrentBytes(layer, input, gradients);
    assertEquals(2 * (forecast - recurrent) + recurrent, backend.allocatedBytes() - before);
    plan.close();
    plan.close();
    assertEquals(before, backend.allocatedBytes());
  }

  private long recurrentBytes(Layer layer, Shape input, Gradients gradients) {
    return switch (layer) {
      case Sequential chain ->
          chain.layers().stream().mapToLong(each -> recurrentBytes(each, input, gradients)).sum();
      case RecurrentStack stack ->
          backend
              .recurrent()
              .planBytes(stack.spec(), input.dim(0), input.dim(1), gradients.training());
      default -> 0;
    };
  }

  @Test
  void inferenceDropsNothing() {
    Sequential model = languageModel();
    store.allocate(backend, 1);
    Tensor ids = integers(backend, Shape.of(2, 2), 1, 2, 3, 4);
    SequentialPlan inference = model.plan(backend, ids.shape(), Gradients.NONE);
    SequentialPlan training = model.plan(backend, ids.shape(), Gradients.PARAMETERS);
    float[] plain = inference.forward(ids, Pass.PLAIN).toFloats();
    float[] dropped = training.forward(ids, dropping(backend)).toFloats();
    assertFalse(Arrays.equals(plain, dropped));
    assertArrayEquals(plain, inference.forward(ids, dropping(backend)).toFloats());
    assertThrows(IllegalArgumentException.class, () -> training.forward(ids, Pass.PLAIN));
    assertThrows(
        IllegalStateException.class,
        () -> inference.backward(random(backend, inference.output(), 1)));
  }

  @Test
  void theFirstLayersInputGetsNoGradientUnlessAskedFor() {
    Sequential model =
        new Sequential(
            new Dropout(store, 0.5f),
            new Linear(store, "a", 3, 3, true),
            new Linear(store, "b", 3, 2, true));
    store.allocate(backend, 1);
    Tensor x = random(backend, Shape.of(4, 3), 2);
    LayerPlan parametersOnly = model.plan(backend, x.shape(), Gradients.PARAMETERS);
    LayerPlan all = model.plan(backend, x.shape(), Gradients.ALL);
    Pass pass = dropping(backend);
    all.forward(x, pass);
    Tensor dInput = all.backward(random(backend, all.output(), 3));
    assertEquals(x.shape(), dInput.shape());
    float[] expected = store.gradients().toFloats();
    store.zeroGradients();
    parametersOnly.forward(x, pass);
    assertNull(parametersOnly.backward(random(backend, all.output(), 3)));
    assertArrayEquals(expected, store.gradients().toFloats());
    // Without it the first linear layer needs no buffer [4, 3] for what it would pass down.
    assertEquals(
        4 * 3 * 4,
        model.planBytes(backend, x.shape(), Gradients.ALL)
            - model.planBytes(backend, x.shape(), Gradients.PARAMETERS));
  }

  @Test
  void backwardBelongsToOneForward() {
    Linear layer = new Linear(store, "a", 3, 2, true);
    store.allocate(backend, 1);
    Tensor x = random(backend, Shape.of(4, 3), 2);
    LayerPlan plan = layer.plan(backend, x.shape(), Gradients.PARAMETERS);
    Tensor dOutput = random(backend, plan.output(), 3);
    assertEquals(
        "Linear: backward needs a forward before it",
        assertThrows(IllegalStateException.class, () -> plan.backward(dOutput)).getMessage());
    plan.forward(x, Pass.PLAIN);
    plan.backward(dOutput);
    assertThrows(IllegalStateException.class, () -> plan.backward(dOutput));
    assertEquals(
        "Linear forward: input is [2] but was planned as [4, 3]",
        assertThrows(
                IllegalArgumentException.class,
                () -> plan.forward(x.slice(0, Shape.of(2)), Pass.PLAIN))
            .getMessage());
  }

  @Test
  void buffersAreReused() {
    Sequential model = languageModel();
    store.allocate(backend, 1);
    Tensor ids = integers(backend, Shape.of(2, 2), 1, 2, 3, 4);
    SequentialPlan plan = model.plan(backend, ids.shape(), Gradients.PARAMETERS);
    Pass pass = dropping(backend);
    Tensor once = plan.forward(ids, pass);
    long bytes = backend.allocatedBytes();
    assertSame(once, plan.forward(ids, pass));
    plan.backward(once);
    assertEquals(bytes, backend.allocatedBytes());
  }

  @Test
  void aChainThatDoesNotFitIsRefusedBeforeAnythingIsAllocated() {
    Sequential model =
        new Sequential(new Linear(store, "a", 3, 3, true), new LayerNorm(store, "norm", 5, 1e-5f));
    store.allocate(backend, 1);
    long before = backend.allocatedBytes();
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> model.plan(backend, Shape.of(4, 3), Gradients.NONE))
            .getMessage();
    assertTrue(message.startsWith("LayerNorm: the input is [4, 3] but its last extent must be 5"));
    assertEquals(before, backend.allocatedBytes());
    assertThrows(IllegalArgumentException.class, () -> new Sequential(List.of()));
  }

  /** Masks of two dropout layers differ, and so do those of two draws far enough apart. */
  @Test
  void everyDropoutDrawsItsOwnMask() {
    Dropout first = new Dropout(store, 0.5f);
    Dropout second = new Dropout(store, 0.5f);
    Tensor ones = backend.allocate(DType.FLOAT32, Shape.of(64));
    backend.elements().fill(ones, 1);
    Pass pass = dropping(backend);
    float[] a = first.plan(backend, ones.shape(), Gradients.ALL).forward(ones, pass).toFloats();
    float[] b = second.plan(backend, ones.shape(), Gradients.ALL).forward(ones, pass).toFloats();
    assertFalse(Arrays.equals(a, b));
    Pass shifted = new Pass(null, pass.draw().withStream(1));
    assertArrayEquals(
        b, first.plan(backend, ones.shape(), Gradients.ALL).forward(ones, shifted).toFloats());
  }
}
