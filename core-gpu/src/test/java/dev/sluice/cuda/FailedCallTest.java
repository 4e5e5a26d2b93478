package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.OutOfDeviceMemoryException;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Replay;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.WeightStorage;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Each call of the driver and of cuBLAS that a construction makes fails once: it is named, and all
 * that was there by then is given back, device memory as much as streams, events and handles.
 */
class FailedCallTest {
  private static final int INVALID_VALUE = 1;
  private static final int OUT_OF_MEMORY = 2;

  /** All functions through which the backend takes or prepares something. */
  private static final String[] FUNCTIONS = {
    "cuDevicePrimaryCtxRetain",
    "cuCtxSetCurrent",
    "cuModuleLoadData",
    "cuModuleGetFunction",
    "cuStreamCreateWithPriority",
    "cuEventCreate",
    "cuMemAlloc_v2",
    "cuMemHostAlloc",
    "cuMemsetD8Async",
    "cuMemcpyDtoDAsync_v2",
    "cuStreamBeginCapture_v2",
    "cuGraphInstantiateWithFlags",
    "cublasCreate_v2",
    "cublasSetStream_v2",
    "cublasSetWorkspace_v2",
    "cublasSetMathMode"
  };

  @AfterEach
  void noMoreFailures() {
    StandIn.set("SLUICE_STANDIN_FAILURE", null);
  }

  /** Fails each of the calls that a maker makes; {@code held} says what device memory is held. */
  private static void assertGivesBack(Supplier<AutoCloseable> maker, Supplier<Long> held)
      throws Exception {
    maker.get().close(); // what is made once and stays
    DriverCalls calls = new DriverCalls(FUNCTIONS);
    AutoCloseable made = maker.get();
    Map<String, Long> needed = calls.since();
    made.close();
    long live = DriverCalls.live();
    long bytes = held.get();
    for (Map.Entry<String, Long> function : needed.entrySet()) {
      for (int call = 1; call <= function.getValue(); call++) {
        long sofar = new DriverCalls(function.getKey()).total();
        int code = call % 2 == 0 ? INVALID_VALUE : OUT_OF_MEMORY;
        StandIn.set(
            "SLUICE_STANDIN_FAILURE", "%s:%d:%d".formatted(function.getKey(), sofar + call, code));
        String what = "call %d of %s".formatted(call, function.getKey());
        RuntimeException refused = assertThrows(RuntimeException.class, maker::get, what);
        StandIn.set("SLUICE_STANDIN_FAILURE", null);
        assertTrue(
            refused instanceof UnavailableException
                || refused instanceof OutOfDeviceMemoryException
                || refused instanceof CudaCallException,
            what + ": " + refused);
        assertEquals(live, DriverCalls.live(), what);
        assertEquals(bytes, held.get(), what);
      }
    }
  }

  @Test
  void aBackend() throws Exception {
    try (Backend keeper = StandIn.open()) { // else the context would end, and all with it
      assertGivesBack(StandIn::open, () -> -freeBytes(keeper));
    }
  }

  private static long freeBytes(Backend backend) {
    return backend.deviceMemory().orElseThrow().free();
  }

  @Test
  void tensorsPlansAndSteppers() throws Exception {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 3, 5).withLayers(2);
    for (Precision precision : Precision.values()) {
      try (Backend backend = StandIn.open(new BackendOptions(0, 0, precision))) {
        Shape shape = Shape.of(Math.toIntExact(spec.weightCount()));
        Tensor weights = backend.allocate(DType.FLOAT32, shape);
        assertGivesBack(() -> backend.allocate(DType.FLOAT32, shape), backend::allocatedBytes);
        assertGivesBack(
            () -> backend.recurrent().plan(spec.withBidirectional(true), 4, 3, true),
            backend::allocatedBytes);
        assertGivesBack(
            () -> backend.recurrent().stepper(spec, 3, weights, WeightStorage.FLOAT32),
            backend::allocatedBytes);
      }
    }
  }

  /** The second lane is made with the first plan of both directions. */
  @Test
  void aSecondLane() throws Exception {
    RecurrentSpec spec = RecurrentSpec.of(CellType.GRU, 3, 5).withBidirectional(true);
    try (Backend backend = StandIn.open()) {
      long live = DriverCalls.live();
      long free = freeBytes(backend);
      long sofar = new DriverCalls("cublasSetWorkspace_v2").total();
      StandIn.set("SLUICE_STANDIN_FAILURE", "cublasSetWorkspace_v2:%d:1".formatted(sofar + 1));
      assertThrows(CudaCallException.class, () -> backend.recurrent().plan(spec, 4, 3, true));
      StandIn.set("SLUICE_STANDIN_FAILURE", null);
      assertEquals(live, DriverCalls.live());
      assertEquals(free, freeBytes(backend));
      backend.recurrent().plan(spec, 4, 3, true).close();
    }
  }

  @Test
  void aRecording() throws Exception {
    try (Backend backend = StandIn.open();
        Tensor x = backend.allocate(DType.FLOAT32, Shape.of(3))) {
      assertGivesBack(
          () -> {
            Replay replay = backend.replay(() -> backend.elements().fill(x, 1));
            try {
              replay.run();
              replay.run();
              return replay;
            } catch (RuntimeException e) {
              replay.close();
              throw e;
            }
          },
          backend::allocatedBytes);
    }
  }

  /** Memory that runs out where nobody asked for any: the trainer saves what it has then, too. */
  @Test
  void noMemoryForTheDriverItself() {
    try (Backend backend = StandIn.open();
        Tensor x = backend.allocate(DType.FLOAT32, Shape.of(3))) {
      long sofar = new DriverCalls("cuCtxSetCurrent").total();
      StandIn.set("SLUICE_STANDIN_FAILURE", "cuCtxSetCurrent:%d:2".formatted(sofar + 1));
      OutOfDeviceMemoryException refused =
          assertThrows(OutOfDeviceMemoryException.class, () -> backend.elements().fill(x, 1));
      assertEquals(
          "the GPU is out of memory: cuCtxSetCurrent failed for GPU 0 (Sluice stand-in (no GPU));"
              + " reduce batch, steps or hidden size, end other programs on this GPU, or run with"
              + " --device cpu.",
          refused.getMessage());
    }
  }
}
