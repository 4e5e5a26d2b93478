package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentPath;
import dev.sluice.backend.RecurrentSpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lengths outside 1..T are read on the device only: they harm nothing, and are reported. */
class LengthsTest {
  private static final int STEPS = 4;

  /** Both directions and initial states, as the backward one begins at each sequence's length. */
  @ParameterizedTest
  @CsvSource({
    "LSTM, FP32, STANDARD",
    "GRU, FP32, STANDARD",
    "RNN_TANH, FP32, STANDARD",
    "RNN_RELU, FP32, STANDARD",
    "LSTM, FP32, SMALL",
    "GRU, FP32, SMALL",
    "LSTM, BF16, SMALL",
    "GRU, TF32, SMALL",
    "LSTM, BF16, GRID",
    "GRU, BF16, GRID",
    "LSTM, TF32, GRID"
  })
  void areReportedByTheNextDownload(CellType cell, Precision precision, RecurrentPath path) {
    RecurrentSpec spec = RecurrentSpec.of(cell, 3, 5).withLayers(2).withBidirectional(true);
    try (Backend backend = StandIn.open(new BackendOptions(0, 0, precision, false, path))) {
      RecurrentRuns runs = new RecurrentRuns(backend, spec, STEPS, 3);
      int[] sound = {2, 4, 1};
      runs.lengths.upload(sound, 0);
      runs.run();
      var expected = runs.results();
      for (int wrong :
          new int[] {0, -1, STEPS + 1, 1 << 20, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
        runs.lengths.upload(new int[] {2, wrong, 1}, 0);
        runs.run(); // recorded the first time, then replayed
        IllegalArgumentException reported =
            assertThrows(IllegalArgumentException.class, backend::finish);
        assertEquals(
            "recurrent forward: lengths hold %d, but must lie in 1..4".formatted(wrong),
            reported.getMessage());
      }
      runs.lengths.upload(sound, 0);
      runs.run();
      runs.results().forEach((name, values) -> assertArrayEquals(expected.get(name), values, name));
    }
  }
}
