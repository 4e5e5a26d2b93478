package dev.sluice.backend.simd;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What would not fit into an array is refused before it is computed, in one sentence. */
class RecurrentSizesTest {
  @ParameterizedTest
  @CsvSource({
    "65536, 1, 65536, the weights would",
    "16, 65536, 65536, gates would",
    "16, 1, 134217727, gates would",
    "1, 1, 134217728, gates would",
    "23200, 1, 1, the weights would"
  })
  void arraysThatAreTooLongAreNamed(int hidden, int steps, int batch, String words) {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 3, hidden);
    String sentence =
        assertThrows(
                IllegalArgumentException.class,
                () -> RecurrentSizes.require(spec, steps, batch, true))
            .getMessage();
    assertTrue(sentence.contains(words), sentence);
    assertTrue(sentence.contains("%d steps (T)".formatted(steps)), sentence);
    assertTrue(sentence.contains("a batch of %d (B)".formatted(batch)), sentence);
    assertTrue(sentence.contains("%d units (H)".formatted(hidden)), sentence);
    assertTrue(sentence.contains("2147483627"), sentence);
  }

  @ParameterizedTest
  @CsvSource({"1, 16", "16, 16", "17, 32", "240, 240", "241, 272", "256, 272", "4096, 4112"})
  void rowsOfGatesBeginAtCacheLinesOfDifferentSets(int columns, int stride) {
    assertEquals(stride, LayerShape.gateStride(columns));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "16, 1, 33554431", "22000, 1, 1"})
  void whatFitsIsNot(int hidden, int steps, int batch) {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 3, hidden);
    assertDoesNotThrow(() -> RecurrentSizes.require(spec, steps, batch, true));
  }

  /** What a plan says that it holds is what its constructor allocates. */
  @ParameterizedTest
  @CsvSource({
    "LSTM, 1, false, false",
    "LSTM, 3, true, false",
    "LSTM, 1, false, true",
    "LSTM, 3, true, true",
    "GRU, 3, true, false",
    "GRU, 3, true, true",
    "RNN_TANH, 2, false, false"
  })
  void plansHoldWhatTheySay(CellType cell, int layers, boolean both, boolean training) {
    RecurrentSpec spec = RecurrentSpec.of(cell, 70, 200).withLayers(layers).withBidirectional(both);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Backend backend = new SimdBackend(2)) {
      backend.recurrent().plan(spec, 40, 20, training).close(); // loads classes
      long before = threads.getCurrentThreadAllocatedBytes();
      try (RecurrentPlan plan = backend.recurrent().plan(spec, 40, 20, training)) {
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertEquals(allocated, plan.bytes(), 0.01 * allocated);
      }
    }
  }
}
