package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The two directions of a layer run in two streams, of which a device may favour either. Whichever
 * it favours, the result is the same to the bit; and without any single one of the waits between
 * them it is not.
 */
class StreamOrderTest {
  /** What the stand-in favours: the stream in which the backend began, or the other. */
  private static final List<String> ORDERS = List.of("late", "early");

  /** Direct, then recorded and replayed, then replayed. */
  private static final int PASSES = 3;

  @AfterEach
  void usualStreams() {
    StandIn.set("SLUICE_STANDIN_STREAMS", null);
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
    List<List<Map<String, float[]>>> results = new ArrayList<>();
    for (String order : ORDERS) {
      StandIn.set("SLUICE_STANDIN_STREAMS", order);
      results.add(passes(spec(cell)));
    }
    for (int read = 0; read < results.getFirst().size(); read++) {
      Map<String, float[]> other = results.getLast().get(read);
      results
          .getFirst()
          .get(read)
          .forEach((name, values) -> assertArrayEquals(values, other.get(name), name));
    }
  }

  @Test
  void eachWaitIsNeeded() {
    StandIn.require();
    RecurrentSpec spec = spec(CellType.LSTM);
    DriverCalls before = new DriverCalls("cuStreamWaitEvent");
    List<Map<String, float[]>> sound = passes(spec);
    long waits = before.since().get("cuStreamWaitEvent");
    // A fork and a join for each layer, forward and backward, in the direct pass and the recorded.
    assertEquals(2 * 2 * spec.layers() * 2, waits);
    for (int lost = 1; lost <= waits; lost++) {
      boolean found = false;
      for (String order : ORDERS) {
        StandIn.set("SLUICE_STANDIN_STREAMS", order);
        StandIn.set("SLUICE_STANDIN_LOST_WAIT", Long.toString(before.total() + lost));
        found |= differs(spec, sound);
      }
      assertTrue(found, "without wait %d of %d nothing changes".formatted(lost, waits));
    }
    StandIn.set("SLUICE_STANDIN_LOST_WAIT", null);
    assertFalse(differs(spec, sound), "without a loss");
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
