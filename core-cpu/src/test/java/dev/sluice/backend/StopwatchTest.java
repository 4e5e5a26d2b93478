package dev.sluice.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.reference.ReferenceBackend;
import org.junit.jupiter.api.Test;

/** The host's stopwatch gives each lap, also of many marks, and begins anew after that. */
class StopwatchTest {
  @Test
  void givesTheTimeBetweenMarks() throws InterruptedException {
    try (Backend backend = new ReferenceBackend();
        Stopwatch stopwatch = backend.stopwatch()) {
      stopwatch.mark();
      Thread.sleep(20);
      for (int i = 0; i < 40; i++) {
        stopwatch.mark();
      }
      long[] laps = stopwatch.laps();
      assertEquals(40, laps.length);
      assertTrue(laps[0] >= 20_000_000 && laps[1] < laps[0], laps[0] + ", " + laps[1]);
      assertThrows(IllegalStateException.class, stopwatch::laps);
    }
  }
}
