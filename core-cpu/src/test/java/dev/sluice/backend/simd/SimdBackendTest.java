package dev.sluice.backend.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.BackendProvider;
import dev.sluice.backend.Backends;
import dev.sluice.backend.DType;
import dev.sluice.backend.OutOfDeviceMemoryException;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How the backend is found, and how it keeps account of its memory. */
class SimdBackendTest {
  @Test
  void isWhatTheCpuOffers() {
    try (Backend backend = Backends.choose("cpu", new BackendOptions(3, 0)).backend()) {
      assertEquals("simd", backend.name());
      assertTrue(backend.description().startsWith("3 threads, " + Lanes.bits() + "-bit vectors"));
    }
    try (Backend backend = Backends.choose("simd", new BackendOptions(1, 0)).backend()) {
      assertTrue(backend.description().startsWith("1 thread, "));
    }
  }

  @Test
  void probeSaysWhatWasFound() {
    BackendProvider.Probe probe = new SimdBackendProvider().probe();
    assertTrue(probe.available());
    assertTrue(probe.reason().contains("-bit vectors"), probe.reason());
  }

  @Test
  void countsTheBytesOfOpenTensors() {
    try (Backend backend = new SimdBackend(1)) {
      assertEquals(0, backend.allocatedBytes());
      Tensor floats = backend.allocate(DType.FLOAT32, Shape.of(3, 5));
      Tensor ints = backend.allocate(DType.INT32, Shape.of(7));
      assertEquals(4 * (15 + 7), backend.allocatedBytes());
      floats.slice(2, Shape.of(4)).close();
      assertEquals(4 * (15 + 7), backend.allocatedBytes());
      floats.close();
      floats.close();
      assertEquals(4 * 7, backend.allocatedBytes());
      ints.close();
      assertEquals(0, backend.allocatedBytes());
    }
  }

  @Test
  // Work for threads that have ended would wait for ever, deaf to interrupts.
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void refusesWorkAfterItIsClosed() {
    Backend backend = new SimdBackend(2);
    Tensor x = backend.allocate(DType.FLOAT32, Shape.of(1_000_000));
    backend.close();
    assertThrows(IllegalStateException.class, () -> backend.elements().scale(x, 2));
  }

  @Test
  void refusesWhatTheCpuCannotHold() {
    try (Backend backend = new SimdBackend(1)) {
      assertThrows(
          IllegalArgumentException.class, () -> backend.allocate(DType.BFLOAT16, Shape.of(2)));
      IllegalArgumentException tooLong =
          assertThrows(
              IllegalArgumentException.class,
              () -> backend.allocate(DType.FLOAT32, Shape.of(1 << 16, 1 << 16)));
      assertTrue(tooLong.getMessage().contains("4294967296"), tooLong.getMessage());
      assertThrows(
          OutOfDeviceMemoryException.class,
          () -> backend.allocate(DType.FLOAT32, Shape.of(2_000_000_000)));
      assertEquals(0, backend.allocatedBytes());
    }
  }

  @Test
  void refusesArraysThatAreTooShort() {
    try (Backend backend = new SimdBackend(1)) {
      Tensor tensor = backend.allocate(DType.FLOAT32, Shape.of(3));
      Tensor ints = backend.allocate(DType.INT32, Shape.of(3));
      for (int from : new int[] {-1, 2}) {
        assertThrows(IllegalArgumentException.class, () -> tensor.upload(new float[4], from));
        assertThrows(IllegalArgumentException.class, () -> tensor.download(new float[4], from));
        assertThrows(IllegalArgumentException.class, () -> ints.upload(new int[4], from));
        assertThrows(IllegalArgumentException.class, () -> ints.download(new int[4], from));
      }
      assertThrows(IllegalArgumentException.class, () -> ints.upload(new float[4], 0));
      assertThrows(IllegalArgumentException.class, () -> tensor.upload(new int[4], 0));
    }
  }
}
