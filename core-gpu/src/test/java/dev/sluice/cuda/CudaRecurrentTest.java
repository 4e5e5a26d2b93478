package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.reference.ReferenceBackend;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the parity suite does not reach: replayed graphs, wide steps, sizes of plans. */
class CudaRecurrentTest {
  /** Every cell, two layers, both directions, dropout between. */
  static List<RecurrentSpec> specs() {
    List<RecurrentSpec> specs = new ArrayList<>();
    for (CellType cell : CellType.values()) {
      RecurrentSpec spec =
          RecurrentSpec.of(cell, 3, 5).withLayers(2).withBidirectional(true).withDropout(0.3f);
      specs.add(spec);
      if (cell == CellType.GRU) {
        specs.add(spec.withResetBefore(true));
      }
    }
    return specs;
  }

  /** The first run is direct, the second recorded and replayed, the third replayed. */
  @ParameterizedTest
  @MethodSource("specs")
  void replaysGiveTheSameBits(RecurrentSpec spec) {
    try (Backend backend = StandIn.standard()) {
      RecurrentRuns runs = new RecurrentRuns(backend, spec, 4, 3);
      runs.run();
      Map<String, float[]> direct = runs.results();
      for (int replay = 0; replay < 2; replay++) {
        runs.run();
        Map<String, float[]> replayed = runs.results();
        direct.forEach((name, values) -> assertArrayEquals(values, replayed.get(name), name));
      }
    }
  }

  /** A graph reads its inputs when it runs, not when it was recorded. */
  @Test
  void aReplaySeesNewNumbers() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 3, 5);
    try (Backend backend = StandIn.standard()) {
      RecurrentRuns runs = new RecurrentRuns(backend, spec, 4, 3);
      runs.run();
      runs.run();
      backend.elements().scale(runs.x, -0.5f);
      backend.elements().scale(runs.weights, 0.5f);
      runs.run();
      RecurrentRuns fresh = new RecurrentRuns(backend, spec, 4, 3);
      backend.elements().scale(fresh.x, -0.5f);
      backend.elements().scale(fresh.weights, 0.5f);
      fresh.run();
      Map<String, float[]> replayed = runs.results();
      fresh
          .results()
          .forEach((name, values) -> assertArrayEquals(values, replayed.get(name), name));
    }
  }

  /** Steps wide enough for kernels to use 16-byte accesses: B · H is 2,560 here. */
  @ParameterizedTest
  @MethodSource("specs")
  void wideStepsAgreeWithTheReference(RecurrentSpec small) {
    RecurrentSpec spec =
        new RecurrentSpec(small.cell(), 4, 64, 2, true, true, small.resetBefore(), small.dropout());
    try (Backend backend = StandIn.standard();
        Backend reference = new ReferenceBackend()) {
      RecurrentRuns expected = new RecurrentRuns(reference, spec, 3, 40);
      expected.run();
      RecurrentRuns runs = new RecurrentRuns(backend, spec, 3, 40);
      for (int run = 0; run < 2; run++) {
        runs.run();
        Map<String, float[]> actual = runs.results();
        expected
            .results()
            .forEach((name, values) -> assertClose(values, actual.get(name), 2e-4f, name));
      }
    }
  }

  /** Within a share of the largest number. */
  static void assertClose(float[] expected, float[] actual, float bound, String name) {
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], bound * largest, name + " " + i);
    }
  }

  /** Every precision, with gates kept and computed again. */
  static List<BackendOptions> modes() {
    List<BackendOptions> modes = new ArrayList<>();
    for (Precision precision : Precision.values()) {
      modes.add(StandIn.standard(precision, false));
      modes.add(StandIn.standard(precision, true));
    }
    return modes;
  }

  @ParameterizedTest
  @MethodSource("modes")
  void replaysGiveTheSameBitsInEachPrecision(BackendOptions options) {
    for (RecurrentSpec spec : specs()) {
      try (Backend backend = StandIn.open(options);
          Backend another = StandIn.open(options)) {
        RecurrentRuns runs = new RecurrentRuns(backend, spec, 4, 3);
        runs.run();
        Map<String, float[]> direct = runs.results();
        runs.run();
        assertSameBits(direct, runs.results());
        RecurrentRuns anew = new RecurrentRuns(another, spec, 4, 3);
        anew.run();
        assertSameBits(direct, anew.results());
      }
    }
  }

  /** Gates computed again are the same ones, to the bit, and are not kept. */
  @ParameterizedTest
  @EnumSource(Precision.class)
  void recomputedGatesChangeNoBit(Precision precision) {
    for (RecurrentSpec spec : specs()) {
      try (Backend keeping = StandIn.open(StandIn.standard(precision, false));
          Backend again = StandIn.open(StandIn.standard(precision, true))) {
        RecurrentRuns expected = new RecurrentRuns(keeping, spec, 4, 3);
        RecurrentRuns runs = new RecurrentRuns(again, spec, 4, 3);
        for (int pass = 0; pass < 3; pass++) { // direct, recorded, replayed
          expected.run();
          runs.run();
          assertSameBits(expected.results(), runs.results());
        }
        int type = precision == Precision.BF16 ? 2 : 4;
        long gates = (long) type * 4 * 3 * spec.gateColumns() * spec.directions();
        boolean savedToo = spec.cell() == CellType.GRU; // Rn h + dn, or r ∘ h
        long saved = savedToo ? (long) type * 4 * 3 * spec.outputSize() : 0;
        assertEquals(gates + saved, expected.plan.bytes() - runs.plan.bytes(), spec.toString());
      }
    }
  }

  private static void assertSameBits(Map<String, float[]> expected, Map<String, float[]> actual) {
    expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
  }

  /** bf16 keeps gates and outputs in half the bytes; c stays fp32. */
  @Test
  void bf16TrainingKeepsHalfTheGates() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 64, 64).withLayers(3);
    try (Backend backend = StandIn.open(StandIn.standard(Precision.BF16, false))) {
      long steps = 100;
      long perUnit = steps * 32 * 64;
      // A layer: gates 4, h 1 in bf16, c in fp32; one gradient between layers, and x.
      long kept = perUnit * (3 * (5 * 2 + 4) + 2 + 2);
      long bytes = backend.recurrent().planBytes(spec, (int) steps, 32, true);
      // W and R of each layer in bf16 too.
      long weights = 2L * 3 * 2 * 256 * 64;
      assertTrue(
          bytes >= kept + weights && bytes < (kept + weights) * 1.05, bytes + " for " + kept);
    }
  }

  @ParameterizedTest
  @MethodSource("modes")
  void aPlanHoldsWhatWasForeseen(BackendOptions options) {
    for (RecurrentSpec spec : specs()) {
      aPlanHoldsWhatWasForeseen(spec, options);
    }
  }

  private static void aPlanHoldsWhatWasForeseen(RecurrentSpec spec, BackendOptions options) {
    try (Backend backend = StandIn.open(options)) {
      for (boolean training : new boolean[] {true, false}) {
        long before = backend.allocatedBytes();
        long foreseen = backend.recurrent().planBytes(spec, 7, 5, training);
        RecurrentPlan plan = backend.recurrent().plan(spec, 7, 5, training);
        assertEquals(foreseen, plan.bytes());
        assertEquals(foreseen, backend.allocatedBytes() - before);
        plan.close();
        plan.close();
        assertEquals(before, backend.allocatedBytes());
      }
    }
  }

  /** Where 32 bits would overflow: refused before anything is allocated, not computed wrongly. */
  @Test
  void refusesWhatCannotBeCounted() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.RNN_TANH, 1, 1);
    RecurrentSpec wide = RecurrentSpec.of(CellType.RNN_TANH, 1, 1 << 11);
    try (Backend backend = StandIn.open()) {
      assertTrue(backend.recurrent().planBytes(spec, 1 << 11, (1 << 20) - 1, true) > 0);
      IllegalArgumentException steps =
          assertThrows(
              IllegalArgumentException.class,
              () -> backend.recurrent().plan(spec, 1 << 11, 1 << 20, true));
      assertTrue(steps.getMessage().contains("T=2048 times B=1048576"), steps.getMessage());
      assertThrows(
          IllegalArgumentException.class,
          () -> backend.recurrent().planBytes(wide, 1, 1 << 20, true));
    }
  }

  /** Training keeps gates, cell states and outputs of each step; the rest is small. */
  @Test
  void trainingKeepsGatesStatesAndOutputsOnly() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 64, 64).withLayers(3);
    try (Backend backend = StandIn.standard()) {
      long steps = 100;
      long perStep = 4L * 32 * 64 * Float.BYTES;
      // Gates 4, c 1 for each layer; h of two layers (the last is y); one gradient between layers.
      long kept = steps * perStep / 4 * (3 * 5 + 2 + 1);
      long bytes = backend.recurrent().planBytes(spec, (int) steps, 32, true);
      assertTrue(bytes >= kept && bytes < kept * 1.05, bytes + " for " + kept);
    }
  }

  /** A replayed pass makes next to nothing on the heap, however many launches it stands for. */
  @Test
  void aSteadyPassAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 3, 5).withLayers(2);
    try (Backend backend = StandIn.standard()) {
      RecurrentRuns runs = new RecurrentRuns(backend, spec, 20, 3);
      for (int warm = 0; warm < 3; warm++) {
        runs.forward();
        runs.backward();
      }
      long device = backend.allocatedBytes();
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int run = 0; run < 10; run++) {
        runs.forward();
        runs.propagate();
      }
      long each = (threads.getCurrentThreadAllocatedBytes() - before) / 10;
      assertTrue(each < 1024, each + " bytes a pass");
      assertEquals(device, backend.allocatedBytes());
    }
  }
}
