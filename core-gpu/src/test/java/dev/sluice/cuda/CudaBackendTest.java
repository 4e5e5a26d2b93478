package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.BackendProvider;
import dev.sluice.backend.Backends;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.OutOfDeviceMemoryException;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.Arrays;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;

/** The backend as a whole: how it is chosen, what it refuses, and that it leaves nothing behind. */
class CudaBackendTest {
  @Test
  void isFoundAndPreferred() {
    StandIn.require();
    Backends.Choice choice = Backends.choose("auto", BackendOptions.DEFAULT);
    try (Backend backend = choice.backend()) {
      assertEquals("cuda", backend.name());
      assertTrue(choice.candidates().getFirst().chosen());
      // What runs on the stand-in must never look like a GPU.
      assertTrue(backend.description().contains("stand-in"), backend.description());
    }
  }

  @Test
  void probingLoadsNothing() {
    StandIn.require();
    BackendProvider.Probe probe = new CudaBackendProvider().probe();
    assertTrue(probe.available(), probe.reason());
  }

  @Test
  void opensTheDeviceOfAnIndex() {
    StandIn.require();
    StandIn.set("SLUICE_STANDIN_DEVICES", "2");
    try {
      try (Backend backend = Backends.choose("cuda:1", BackendOptions.DEFAULT).backend()) {
        assertTrue(backend.description().startsWith("GPU 1: "), backend.description());
        Tensor x = backend.allocate(DType.FLOAT32, Shape.of(2));
        backend.elements().fill(x, 3);
        assertArrayEquals(new float[] {3, 3}, x.toFloats());
      }
      UnavailableException refused =
          assertThrows(
              UnavailableException.class, () -> Backends.choose("cuda:7", BackendOptions.DEFAULT));
      assertEquals(
          "there is no GPU 7; choose one that the driver sees: cuda:0 (Sluice stand-in (no GPU)),"
              + " cuda:1 (Sluice stand-in (no GPU)).",
          refused.getMessage());
    } finally {
      StandIn.set("SLUICE_STANDIN_DEVICES", null);
    }
  }

  @Test
  void saysWhatDoesNotFit() {
    try (Backend backend = StandIn.open()) {
      OutOfDeviceMemoryException refused =
          assertThrows(
              OutOfDeviceMemoryException.class,
              () -> backend.allocate(DType.FLOAT32, Shape.of(1 << 20, 1 << 20)));
      assertTrue(refused.getMessage().contains("4.0 TiB asked for"), refused.getMessage());
      assertTrue(refused.getMessage().contains("free"), refused.getMessage());
      RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 4096, 4096);
      assertThrows(
          OutOfDeviceMemoryException.class,
          () -> backend.recurrent().plan(spec, 10_000, 1000, true));
      assertEquals(0, backend.allocatedBytes(), "what a failed plan took was given back");
    }
  }

  @Test
  void numbersComeBackAsTheyWent() {
    try (Backend backend = StandIn.open()) {
      // Around one slot of page-locked memory and beyond all sixteen.
      for (int size : new int[] {1, 262_143, 262_144, 262_145, 5_000_000}) {
        float[] values = new float[size + 2];
        for (int i = 0; i < values.length; i++) {
          values[i] = i * 0.5f;
        }
        try (Tensor tensor = backend.allocate(DType.FLOAT32, Shape.of(size))) {
          tensor.upload(values, 1);
          float[] back = new float[size + 2];
          tensor.download(back, 1);
          assertArrayEquals(
              Arrays.copyOfRange(values, 1, size + 1), Arrays.copyOfRange(back, 1, size + 1));
          assertEquals(0, back[0]);
          assertEquals(0, back[size + 1]);
          assertThrows(IllegalArgumentException.class, () -> tensor.upload(values, 3));
          assertThrows(IllegalArgumentException.class, () -> tensor.upload(new int[size], 0));
        }
      }
    }
  }

  @Test
  void keepsBfloat16() {
    try (Backend backend = StandIn.open()) {
      Tensor x = backend.allocate(DType.BFLOAT16, Shape.of(5));
      x.upload(new float[] {1, -2.5f, 1 + 0x1p-9f, 0x1p100f, 0}, 0);
      assertArrayEquals(new float[] {1, -2.5f, 1, 0x1p100f, 0}, x.toFloats());
      backend.elements().activate(Activation.RELU, x, x);
      assertEquals(0, x.toFloats()[1]);
      Tensor other = backend.allocate(DType.FLOAT32, Shape.of(5));
      assertThrows(IllegalArgumentException.class, () -> backend.elements().add(1, x, other));
    }
  }

  @Test
  void reportsWrongIdsAtTheNextDownload() {
    try (Backend backend = StandIn.open()) {
      Tensor table = backend.allocate(DType.FLOAT32, Shape.of(5, 2));
      Tensor ids = backend.allocate(DType.INT32, Shape.of(2));
      Tensor output = backend.allocate(DType.FLOAT32, Shape.of(2, 2));
      ids.upload(new int[] {4, 5}, 0);
      backend.embedding().forward(table, ids, output);
      IllegalArgumentException reported =
          assertThrows(IllegalArgumentException.class, output::toFloats);
      assertEquals("embedding: ids hold 5, but the table has 5 rows", reported.getMessage());
      ids.upload(new int[] {4, -1}, 0);
      backend.embedding().forward(table, ids, output);
      assertEquals(4, output.toFloats().length, "said once");
    }
  }

  @Test
  void refusesTensorsOfAnotherBackend() {
    try (Backend backend = StandIn.open();
        Backend other = StandIn.open()) {
      Tensor x = other.allocate(DType.FLOAT32, Shape.of(2));
      assertThrows(IllegalArgumentException.class, () -> backend.elements().fill(x, 1));
    }
  }

  /** Plans and tensors, opened and closed many times, and whole backends. */
  @Test
  void leavesNothingBehind() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.GRU, 3, 4).withLayers(2);
    try (Backend backend = StandIn.open()) {
      new RecurrentRuns(backend, spec, 3, 2).run();
      backend.finish();
      long start = backend.allocatedBytes();
      long free = freeBytes();
      for (int model = 0; model < 1000; model++) {
        try (Tensor tensor = backend.allocate(DType.FLOAT32, Shape.of(10));
            var plan = backend.recurrent().plan(spec, 3, 2, true)) {
          long held = plan.bytes() + tensor.shape().size() * Float.BYTES;
          assertEquals(held, backend.allocatedBytes() - start);
        }
      }
      assertEquals(start, backend.allocatedBytes());
      assertEquals(free, freeBytes());
      for (int each = 0; each < 20; each++) {
        try (Backend other = StandIn.open()) {
          new RecurrentRuns(other, spec, 3, 2).run();
          assertNotEquals(0, other.allocatedBytes());
        }
        assertEquals(free, freeBytes());
      }
    }
  }

  private static long freeBytes() {
    long[] free = {0};
    assertEquals(0, JCudaDriver.cuMemGetInfo(free, new long[1]));
    return free[0];
  }
}
