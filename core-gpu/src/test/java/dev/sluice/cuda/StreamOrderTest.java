package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.RecurrentSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What can run at once runs in several streams, of which a device may run any one slower than the
 * others. Whichever it is, the result is the same to the bit; and without any single one of the
 * waits between them, but for those that others imply, it is not.
 */
class StreamOrderTest {
  /** Each stream that a plan may have, by its number: the slow one. */
  private static final List<String> SLOW = List.of("0", "1", "2", "3", "4", "5");

  /**
   * Waits of a pass that others imply, by their order: a lane that waits for both lanes of the layer
   * before and for its neighbour too, and the first and last wait of the weights' lane.
   */
  private static final Set<Integer> IMPLIED = Set.of(3, 6, 10, 14, 19, 25);

  /** Direct, then recorded and replayed, then replayed. */
  private static final int PASSES = 3;

  @AfterEach
  void usualStreams() {
    StandIn.set("SLUICE_STANDIN_SLOW_STREAM", null);
    StandIn.set("SLUICE_STANDIN_LOST_WAIT", null);
  }

  private static RecurrentSpec spec(CellType cell) {
    return RecurrentSpec.of(cell, 3, 5).withLayers(3).withBidirectional(true).withDropout(0.3f);
  }

  /** What is there after each forward and backward, over numbers that change between passes. */
  private static List<Map<String, float[]>> passes(RecurrentSpec spec) {
    List<Map<String, float[]>> results = new ArrayList<>();
    try (Backend backend = StandIn.open()) {
      RecurrentRuns runs = new RecurrentRuns(backend, spec, 4, 3);
      for (int pass = 0; pass < PASSES; pass++) {
        runs.forward();
        results.add(runs.results());
        backend.elements().scale(runs.dy, -0.5f);
        runs.backward();
        results.add(runs.results());
        backend.elements().scale(runs.x, -0.5f);
        backend.elements().scale(runs.weights, 0.5f);
      }
    }
    return results;
  }

  @ParameterizedTest
  @EnumSource(CellType.class)
  void anyOrderGivesTheSameBits(CellType cell) {
    List<Map<String, float[]>> usual = passes(spec(cell));
    for (String slow : SLOW) {
      StandIn.set("SLUICE_STANDIN_SLOW_STREAM", slow);
      assertFalse(differs(spec(cell), usual), "stream " + slow + " is slow");
    }
  }

  @Test
  void eachWaitIsNeeded() {
    StandIn.require();
    RecurrentSpec spec = spec(CellType.LSTM);
    DriverCalls before = new DriverCalls("cuStreamWaitEvent");
    List<Map<String, float[]>> sound = passes(spec);
    long waits = before.since().get("cuStreamWaitEvent");
    int aPass = Math.toIntExact(waits / 2); // the direct one, then the recorded
    List<Integer> needless = new ArrayList<>();
    for (int lost = 1; lost <= waits; lost++) {
      boolean implied = IMPLIED.contains((lost - 1) % aPass + 1);
      if (!implied && !isMissed(lost, spec, sound, before)) {
        needless.add(lost);
      }
    }
    assertEquals(List.of(), needless, "of %d waits".formatted(waits));
  }

  /** Whether something is wrong without a wait, whichever stream is the slow one then. */
  private static boolean isMissed(
      int lost, RecurrentSpec spec, List<Map<String, float[]>> sound, DriverCalls waits) {
    for (String slow : SLOW) {
      StandIn.set("SLUICE_STANDIN_SLOW_STREAM", slow);
      StandIn.set("SLUICE_STANDIN_LOST_WAIT", Long.toString(waits.total() + lost));
      if (differs(spec, sound)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a pass is refused by the driver, or gives another result. */
  private static boolean differs(RecurrentSpec spec, List<Map<String, float[]>> sound) {
    List<Map<String, float[]>> results;
    try {
      results = passes(spec);
    } catch (CudaCallException e) {
      assertTrue(e.getMessage().contains("CAPTURE"), e.getMessage());
      return true;
    }
    for (int read = 0; read < sound.size(); read++) {
      Map<String, float[]> actual = results.get(read);
      if (sound.get(read).entrySet().stream()
          .anyMatch(each -> !Arrays.equals(each.getValue(), actual.get(each.getKey())))) {
        return true;
      }
    }
    return false;
  }
}
