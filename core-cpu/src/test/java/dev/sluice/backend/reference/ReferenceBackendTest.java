package dev.sluice.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import org.junit.jupiter.api.Test;

/** The reference as a backend: how it is found, what its tensors hold, what it counts. */
class ReferenceBackendTest {
  private final ReferenceBackend backend = new ReferenceBackend();

  @Test
  void isFoundByNameOnly() {
    assertEquals(
        "reference", Backends.choose("reference", BackendOptions.DEFAULT).backend().name());
    assertTrue(new ReferenceProvider().priority() < 0);
  }

  @Test
  void keepsDoublesUnrounded() {
    ReferenceTensor tensor = backend.allocate(DType.FLOAT32, Shape.of(3));
    double[] values = {0.1, 1 + 0x1p-52, 1e300};
    tensor.upload(values, 0);
    assertArrayEquals(values, tensor.values());
    assertEquals(0.1f, tensor.toFloats()[0]);
  }

  @Test
  void viewsShareMemory() {
    ReferenceTensor tensor = backend.allocate(DType.FLOAT32, Shape.of(2, 3));
    tensor.slice(4, Shape.of(2)).upload(new float[] {5, 6}, 0);
    assertArrayEquals(new double[] {0, 0, 0, 0, 5, 6}, tensor.values());
    assertThrows(IllegalArgumentException.class, () -> tensor.slice(5, Shape.of(2)));
  }

  @Test
  void countsWhatIsAllocated() {
    Tensor numbers = backend.allocate(DType.FLOAT32, Shape.of(10));
    Tensor integers = backend.allocate(DType.INT32, Shape.of(10));
    assertEquals(120, backend.allocatedBytes());
    RecurrentPlan plan =
        backend.recurrent().plan(RecurrentSpec.of(CellType.LSTM, 3, 2), 4, 5, true);
    assertTrue(plan.bytes() > 0);
    assertEquals(120 + plan.bytes(), backend.allocatedBytes());
    plan.close();
    numbers.slice(0, Shape.of(5)).close();
    numbers.close();
    numbers.close();
    integers.close();
    assertEquals(0, backend.allocatedBytes());
  }

  @Test
  void refusesArraysThatAreTooShortAndTheWrongType() {
    Tensor numbers = backend.allocate(DType.FLOAT32, Shape.of(4));
    assertThrows(IllegalArgumentException.class, () -> numbers.upload(new float[3], 0));
    assertThrows(IllegalArgumentException.class, () -> numbers.upload(new int[4], 0));
    assertThrows(IllegalArgumentException.class, () -> numbers.download(new float[4], 1));
  }
}
