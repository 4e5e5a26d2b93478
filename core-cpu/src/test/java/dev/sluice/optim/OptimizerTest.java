package dev.sluice.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import dev.sluice.backend.reference.ReferenceBackend;
import dev.sluice.nn.CrossEntropy;
import dev.sluice.nn.Embedding;
import dev.sluice.nn.Gradients;
import dev.sluice.nn.Initializer;
import dev.sluice.nn.Linear;
import dev.sluice.nn.LossPlan;
import dev.sluice.nn.Parameter;
import dev.sluice.nn.ParameterStore;
import dev.sluice.nn.Pass;
import dev.sluice.nn.RecurrentStack;
import dev.sluice.nn.Sequential;
import dev.sluice.nn.SequentialPlan;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Optimisers train, clip, skip what is not finite, and resume. */
class OptimizerTest {
  private static final UpdateRule SGD = new UpdateRule.Sgd(0, false, 0);
  private static final double NONE = Optimizer.NO_CLIPPING;

  private final ReferenceBackend backend = new ReferenceBackend();
  private final ParameterStore store = new ParameterStore();
  private Parameter first;
  private Parameter second;

  private Optimizer optimizer(UpdateRule rule, double clipNorm, double clipValue) {
    first = store.add("first", Shape.of(2), Initializer.constant(1));
    second = store.add("second", Shape.of(1), Initializer.constant(1));
    store.allocate(backend, 0);
    return new Optimizer(backend, store, rule, clipNorm, clipValue);
  }

  private void gradients(float a, float b, float c) {
    first.gradient().upload(new float[] {a, b}, 0);
    second.gradient().upload(new float[] {c}, 0);
  }

  private void assertValues(float a, float b, float c) {
    assertArrayEquals(new float[] {a, b}, first.value().toFloats(), 1e-6f);
    assertArrayEquals(new float[] {c}, second.value().toFloats(), 1e-6f);
  }

  @Test
  void plainSgd() {
    Optimizer optimizer = optimizer(SGD, NONE, NONE);
    gradients(2, 3, -6);
    optimizer.step(0.1);
    assertValues(0.8f, 0.7f, 1.6f);
    assertEquals(7, optimizer.gradientNorm());
    assertEquals(1, optimizer.applied());
    assertEquals(List.of("step"), List.copyOf(optimizer.state().keySet()));
  }

  /** The norm 7 is scaled to 3.5 over all parameters together; the reported norm stays 7. */
  @Test
  void clipsByGlobalNorm() {
    Optimizer optimizer = optimizer(SGD, 3.5, NONE);
    gradients(2, 3, -6);
    optimizer.step(0.1);
    assertValues(0.9f, 0.85f, 1.3f);
    assertEquals(7, optimizer.gradientNorm());
    gradients(2, 1, 2);
    optimizer.step(0.1);
    assertValues(0.7f, 0.75f, 1.1f);
  }

  @Test
  void clipsByValue() {
    Optimizer optimizer = optimizer(SGD, NONE, 2.5);
    gradients(2, 3, -6);
    optimizer.step(0.1);
    assertValues(0.8f, 0.75f, 1.25f);
  }

  @ParameterizedTest
  @MethodSource("rules")
  void aStepThatIsNotFiniteChangesNothing(UpdateRule rule) {
    Optimizer optimizer = optimizer(rule, 1, NONE);
    gradients(1, 1, 1);
    optimizer.step(0.1);
    List<float[]> before =
        optimizer.state().values().stream()
            .filter(tensor -> tensor.type() == DType.FLOAT32)
            .map(Tensor::toFloats)
            .toList();
    float[] values = store.values().toFloats();
    assertEquals(Optional.empty(), Optimizer.firstNonFinite(store));
    gradients(1, 1, Float.NaN);
    optimizer.step(0.1);
    assertFalse(Float.isFinite(optimizer.gradientNorm()));
    assertEquals(1, optimizer.applied());
    assertArrayEquals(values, store.values().toFloats());
    assertEquals(Optional.of(second), Optimizer.firstNonFinite(store));
    gradients(1, Float.POSITIVE_INFINITY, Float.NaN);
    optimizer.step(0.1);
    assertFalse(Float.isFinite(optimizer.gradientNorm()));
    // Backpropagation reaches the later parameter first, so that is where it went wrong.
    assertEquals(Optional.of(second), Optimizer.firstNonFinite(store));
    gradients(1, Float.POSITIVE_INFINITY, 1);
    assertEquals(Optional.of(first), Optimizer.firstNonFinite(store));
    gradients(1, 1, 1);
    Tensor loss = backend.allocate(DType.FLOAT32, Shape.of(1));
    backend.elements().fill(loss, Float.POSITIVE_INFINITY);
    optimizer.step(0.1, loss);
    assertFalse(Float.isFinite(optimizer.gradientNorm()));
    assertEquals(1, optimizer.applied());
    List<float[]> after =
        optimizer.state().values().stream()
            .filter(tensor -> tensor.type() == DType.FLOAT32)
            .map(Tensor::toFloats)
            .toList();
    for (int i = 0; i < before.size(); i++) {
      assertArrayEquals(before.get(i), after.get(i));
    }
    backend.elements().fill(loss, 3);
    optimizer.step(0.1, loss);
    assertEquals(2, optimizer.applied());
    assertTrue(store.values().toFloats()[0] < values[0]);
  }

  /** Parameters and state copied to a second optimiser take the same next step. */
  @ParameterizedTest
  @MethodSource("rules")
  void resumesFromItsState(UpdateRule rule) {
    Optimizer optimizer = optimizer(rule, NONE, NONE);
    gradients(1, -2, 3);
    optimizer.step(0.1);
    optimizer.step(0.1);
    ParameterStore copy = new ParameterStore();
    copy.add("first", Shape.of(2), Initializer.zeros());
    copy.add("second", Shape.of(1), Initializer.zeros());
    copy.allocate(backend, 0);
    backend.elements().copy(store.values(), copy.values());
    backend.elements().copy(store.gradients(), copy.gradients());
    Optimizer resumed = new Optimizer(backend, copy, rule, NONE, NONE);
    assertEquals(rule.stateSlots() + 1, optimizer.state().size());
    optimizer
        .state()
        .forEach((name, tensor) -> backend.elements().copy(tensor, resumed.state().get(name)));
    optimizer.step(0.1);
    resumed.step(0.1);
    assertArrayEquals(store.values().toFloats(), copy.values().toFloats());
    assertEquals(3, resumed.applied());
  }

  @Test
  void misuseIsRefused() {
    store.add("a", Shape.of(3), Initializer.zeros());
    store.allocateForInference(backend);
    assertThrows(IllegalStateException.class, () -> new Optimizer(backend, store, SGD, NONE, NONE));
    ParameterStore trained = new ParameterStore();
    trained.add("a", Shape.of(3), Initializer.zeros());
    trained.allocate(backend, 0);
    assertThrows(
        IllegalArgumentException.class, () -> new Optimizer(backend, trained, SGD, 0, NONE));
    Optimizer optimizer = new Optimizer(backend, trained, SGD, NONE, NONE);
    assertThrows(IllegalArgumentException.class, () -> optimizer.step(-0.1));
    assertThrows(IllegalArgumentException.class, () -> optimizer.step(Double.NaN));
  }

  @Test
  void closingFreesTheState() {
    Optimizer optimizer = optimizer(new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 0, false), 1, 1);
    long with = backend.allocatedBytes();
    long state = 2 * Optimizer.stateBytes(store, optimizer.rule());
    optimizer.close();
    assertEquals(state + 8 + 4 + 8, with - backend.allocatedBytes());
  }

  private static Stream<UpdateRule> rules() {
    return training().map(each -> (UpdateRule) each.get()[0]);
  }

  private static Stream<Arguments> training() {
    return Stream.of(
        Arguments.of(new UpdateRule.Sgd(0, false, 0), 2.0),
        Arguments.of(new UpdateRule.Sgd(0.9f, false, 0), 0.3),
        Arguments.of(new UpdateRule.Sgd(0.9f, true, 0), 0.3),
        Arguments.of(new UpdateRule.RmsProp(0.95f, 1e-8f, 0), 0.01),
        Arguments.of(new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 0, false), 0.03),
        Arguments.of(new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 1e-4f, true), 0.03));
  }

  /** A sequence whose next element needs two steps of memory is learnt by heart. */
  @ParameterizedTest
  @MethodSource("training")
  void trainsATinyModel(UpdateRule rule, double rate) {
    int[] text = {0, 1, 1, 2, 1, 1, 0, 2, 2};
    Shape window = Shape.of(text.length - 1, 1);
    Sequential model =
        new Sequential(
            new Embedding(store, "embedding", 3, 4),
            new RecurrentStack(store, "lstm", RecurrentSpec.of(CellType.LSTM, 4, 8)),
            new Linear(store, "output", 8, 3, true));
    store.allocate(backend, 3);
    SequentialPlan plan = model.plan(backend, window, Gradients.PARAMETERS);
    LossPlan loss = new CrossEntropy(0).plan(backend, plan.output(), true, plan.outputIsFree());
    Tensor inputs = backend.allocate(DType.INT32, window);
    Tensor targets = backend.allocate(DType.INT32, window);
    inputs.upload(text, 0);
    targets.upload(text, 1);
    Optimizer optimizer = new Optimizer(backend, store, rule, 5, NONE);
    double before = 0;
    for (int step = 0; step < 300; step++) {
      store.zeroGradients();
      loss.resetTotal();
      plan.backward(loss.compute(plan.forward(inputs, Pass.PLAIN), targets, 1));
      optimizer.step(rate);
      before = step == 0 ? loss.mean() : before;
    }
    assertTrue(before > 0.8, "the first loss was " + before);
    assertTrue(loss.mean() < 0.02, rule + " ends at a loss of " + loss.mean());
  }
}
