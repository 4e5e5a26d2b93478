package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Stopwatch;
import dev.sluice.backend.Tensor;
import org.junit.jupiter.api.Test;

/** Times come from the device's events; on the stand-in their order and number is all that counts. */
class CudaStopwatchTest {
  @Test
  void givesTheTimeBetweenMarks() {
    try (Backend backend = StandIn.open()) {
      Stopwatch stopwatch = backend.stopwatch();
      Tensor small = backend.allocate(DType.FLOAT32, Shape.of(1));
      Tensor large = backend.allocate(DType.FLOAT32, Shape.of(1 << 20));
      for (int round = 0; round < 2; round++) { // marks of the round before are forgotten
        stopwatch.mark();
        backend.elements().fill(small, 1);
        stopwatch.mark();
        backend.elements().fill(large, 1);
        stopwatch.mark();
        long[] laps = stopwatch.laps();
        assertEquals(2, laps.length);
        assertTrue(laps[1] > laps[0], laps[0] + " and " + laps[1] + " ns");
      }
      assertThrows(IllegalStateException.class, stopwatch::laps);
      stopwatch.close();
      stopwatch.close();
    }
  }

  @Test
  void theExchangeOfAllBlocksIsCompleteAndTimed() {
    try (Backend backend = StandIn.open()) {
      assertTrue(backend.exchangeNanos().orElseThrow() >= 0);
      assertEquals(0, backend.allocatedBytes(), "nothing stays");
    }
  }
}
