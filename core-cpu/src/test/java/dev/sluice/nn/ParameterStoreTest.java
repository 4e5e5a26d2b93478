package dev.sluice.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.reference.ReferenceBackend;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Parameters share one packed buffer, and a seed determines what they start as. */
class ParameterStoreTest {
  private final ReferenceBackend backend = new ReferenceBackend();
  private final ParameterStore store = new ParameterStore();

  @Test
  void parametersAreViewsOfTheBuffers() {
    Parameter a = store.add("a", Shape.of(3), Initializer.constant(1));
    Parameter b = store.add("b", Shape.of(2, 2), Initializer.constant(2));
    store.allocate(backend, 0);
    assertEquals(7, store.count());
    assertEquals(20, store.packedSize());
    assertEquals(0, a.offset());
    assertEquals(16, b.offset());
    float[] packed = new float[20];
    Arrays.fill(packed, 0, 3, 1);
    Arrays.fill(packed, 16, 20, 2);
    assertArrayEquals(packed, store.values().toFloats());
    b.value().upload(new float[] {5, 6, 7, 8}, 0);
    assertEquals(8, store.values().toFloats()[19]);
    b.gradient().upload(new float[] {1, 1, 1, 1}, 0);
    assertEquals(1, store.gradients().toFloats()[16]);
    store.zeroGradients();
    assertArrayEquals(new float[20], store.gradients().toFloats());
    assertSame(b, store.parameter("b"));
  }

  /** A recurrent stack's packed weights are what the backend expects, without gaps. */
  @Test
  void recurrentSlicesAreContiguous() {
    store.add("first", Shape.of(5), Initializer.zeros());
    RecurrentSpec spec =
        RecurrentSpec.of(CellType.LSTM, 3, 5).withLayers(2).withBidirectional(true);
    RecurrentStack stack = new RecurrentStack(store, "lstm", spec);
    long start = stack.parameters().getFirst().offset();
    assertEquals(16, start);
    for (int i = 0; i < spec.slices().size(); i++) {
      assertEquals(start + spec.slices().get(i).offset(), stack.parameters().get(i).offset());
    }
    store.allocate(backend, 3);
    assertEquals(spec.weightCount(), stack.weights().shape().size());
    float[] second = stack.parameters().get(1).value().toFloats();
    float[] packed = stack.weights().toFloats();
    int at = (int) spec.slices().get(1).offset();
    assertArrayEquals(second, Arrays.copyOfRange(packed, at, at + second.length));
  }

  @Test
  void aParameterAddedAtTheEndChangesNoOther() {
    Initializer random = Initializer.normal(1);
    Parameter short1 = store.add("a", Shape.of(9), random);
    store.add("b", Shape.of(9), random);
    store.allocate(backend, 42);
    ParameterStore longer = new ParameterStore();
    Parameter long1 = longer.add("other name", Shape.of(9), random);
    Parameter long2 = longer.add("b", Shape.of(9), random);
    longer.add("c", Shape.of(4, 4), random);
    longer.allocate(backend, 42);
    assertArrayEquals(short1.value().toFloats(), long1.value().toFloats());
    assertArrayEquals(
        store.parameter("b").value().toFloats(), longer.parameter("b").value().toFloats());
    assertFalse(Arrays.equals(long1.value().toFloats(), long2.value().toFloats()));
    ParameterStore otherSeed = new ParameterStore();
    otherSeed.add("a", Shape.of(9), random);
    otherSeed.allocate(backend, 43);
    assertFalse(
        Arrays.equals(short1.value().toFloats(), otherSeed.parameter("a").value().toFloats()));
  }

  @Test
  void inferenceHasNoGradients() {
    Parameter a = store.add("a", Shape.of(3), Initializer.constant(1));
    store.allocateForInference(backend);
    assertArrayEquals(new float[3], a.value().toFloats());
    assertFalse(store.isTraining());
    assertThrows(IllegalStateException.class, store::gradients);
    assertEquals(
        "the parameter a has no gradient: its store is not allocated for training",
        assertThrows(IllegalStateException.class, a::gradient).getMessage());
    assertEquals(12, store.bytes(false));
    assertEquals(24, store.bytes(true));
  }

  @Test
  void misuseIsRefused() {
    assertThrows(IllegalStateException.class, () -> store.allocate(backend, 0));
    Parameter a = store.add("a", Shape.of(3), Initializer.zeros());
    assertThrows(
        IllegalArgumentException.class, () -> store.add("a", Shape.of(4), Initializer.zeros()));
    assertThrows(IllegalStateException.class, a::value);
    assertThrows(IllegalStateException.class, store::values);
    store.allocate(backend, 0);
    assertTrue(store.isTraining());
    assertThrows(IllegalStateException.class, () -> store.allocate(backend, 0));
    assertThrows(
        IllegalStateException.class, () -> store.add("b", Shape.of(4), Initializer.zeros()));
    assertThrows(IllegalArgumentException.class, () -> store.parameter("b"));
  }

  @Test
  void closingTwiceFreesOnce() {
    store.add("a", Shape.of(3), Initializer.zeros());
    store.allocate(backend, 0);
    assertTrue(backend.allocatedBytes() > 0);
    store.close();
    store.close();
    assertEquals(0, backend.allocatedBytes());
  }

  @Test
  void streamsAreHandedOutInOrder() {
    new Dropout(store, 0.5f);
    RecurrentSpec spec = RecurrentSpec.of(CellType.GRU, 2, 2).withLayers(3);
    assertEquals(1, new RecurrentStack(store, "a", spec.withDropout(0.5f)).firstStream());
    assertEquals(3, store.streams());
    new RecurrentStack(store, "b", spec);
    assertEquals(3, store.addStreams(1));
    assertEquals(4, store.streams());
  }
}
