package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentPath;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.reference.ReferenceBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers that overlap: the same numbers as one after another, and what waits for what. */
class StackScheduleTest {
  @ParameterizedTest
  @CsvSource({"1, 1", "8, 8", "9, 8", "25, 8", "128, 8", "129, 16", "150, 16", "1024, 64"})
  void chunksGrowWithTheSteps(int steps, int chunk) {
    StackSchedule schedule =
        StackSchedule.of(stack(CellType.LSTM, 2), true, false, RecurrentPath.STANDARD);
    assertEquals(chunk, schedule.chunkSteps(steps));
    assertTrue(schedule.chunks(steps) <= StackSchedule.MOST_CHUNKS);
    RecurrentSpec one = stack(CellType.LSTM, 1);
    assertEquals(
        steps, StackSchedule.of(one, true, false, RecurrentPath.STANDARD).chunkSteps(steps));
    RecurrentSpec both = stack(CellType.LSTM, 2).withBidirectional(true);
    assertEquals(
        steps, StackSchedule.of(both, true, false, RecurrentPath.STANDARD).chunkSteps(steps));
  }

  private static RecurrentSpec stack(CellType cell, int layers) {
    return RecurrentSpec.of(cell, 3, 5).withLayers(layers);
  }

  /** Every cell, with more layers than lanes, with dropout between, and both ways. */
  static List<RecurrentSpec> specs() {
    List<RecurrentSpec> specs = new ArrayList<>();
    for (CellType cell : CellType.values()) {
      specs.add(stack(cell, 2));
      specs.add(stack(cell, 6).withDropout(0.3f));
      specs.add(stack(cell, 3).withDropout(0.3f).withBidirectional(true));
    }
    specs.add(stack(CellType.GRU, 5).withDropout(0.3f).withResetBefore(true));
    return specs;
  }

  /** 27 steps are four chunks, the last one shorter. */
  @ParameterizedTest
  @MethodSource("specs")
  void overlappingLayersAgreeWithTheReference(RecurrentSpec spec) {
    try (Backend backend = StandIn.standard();
        Backend reference = new ReferenceBackend()) {
      RecurrentRuns expected = new RecurrentRuns(reference, spec, 27, 3);
      expected.run();
      RecurrentRuns runs = new RecurrentRuns(backend, spec, 27, 3);
      for (int run = 0; run < 3; run++) { // direct, recorded, replayed
        runs.run();
        Map<String, float[]> actual = runs.results();
        expected
            .results()
            .forEach((name, values) ->
                CudaRecurrentTest.assertClose(values, actual.get(name), 2e-4f, name));
      }
    }
  }

  /** Gates computed again need the layers one after another, which changes no bit. */
  @ParameterizedTest
  @MethodSource("specs")
  void overlappingChangesNoBit(RecurrentSpec spec) {
    for (Precision precision : Precision.values()) {
      try (Backend overlapping = StandIn.open(StandIn.standard(precision, false));
          Backend apart = StandIn.open(StandIn.standard(precision, true))) {
        RecurrentRuns expected = new RecurrentRuns(apart, spec, 27, 3);
        RecurrentRuns runs = new RecurrentRuns(overlapping, spec, 27, 3);
        for (int pass = 0; pass < 2; pass++) {
          expected.run();
          runs.run();
          Map<String, float[]> actual = runs.results();
          expected
              .results()
              .forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
        }
      }
    }
  }

  /**
   * In 64 steps, 8 chunks, two layers take little longer than one: the second is one chunk behind,
   * and the gradients of the upper layer's weights wait for nobody and nobody for them.
   */
  @Test
  void twoLayersTakeLittleLongerThanOne() {
    try (Backend backend = StandIn.standard()) {
      RecurrentRuns one = new RecurrentRuns(backend, stack(CellType.LSTM, 1), 64, 3);
      RecurrentRuns two = new RecurrentRuns(backend, stack(CellType.LSTM, 2), 64, 3);
      one.run();
      two.run();
      one.forward();
      long forwardOfOne = LastGraph.look().chain();
      two.forward();
      long forwardOfTwo = LastGraph.look().chain();
      one.backward();
      LastGraph backwardOfOne = LastGraph.look();
      two.backward();
      LastGraph backwardOfTwo = LastGraph.look();
      assertTrue(
          forwardOfTwo < 1.3 * forwardOfOne,
          forwardOfTwo + " in line, " + forwardOfOne + " for one");
      assertTrue(
          backwardOfTwo.chain() < 1.3 * backwardOfOne.chain(),
          backwardOfTwo + ", " + backwardOfOne + " for one");
    }
  }

  /** What one more layer of both directions adds in line: not the gradients of its weights. */
  @Test
  void weightGradientsOfBothWaysStandBesideTheLayerBelow() {
    try (Backend backend = StandIn.standard();
        Backend apart = StandIn.open(StandIn.standard(Precision.FP32, true))) {
      long overlapping = backwardOfAnotherLayer(backend);
      long inLine = backwardOfAnotherLayer(apart);
      // With gates computed again there is also another forward: a product, h0, and 4 steps.
      long again = 2 + 2 * 4;
      // A layer's weights: a product for W, two for R, two kernels for the biases.
      assertTrue(overlapping <= inLine - again - 5, overlapping + " and " + inLine);
    }
  }

  private static long backwardOfAnotherLayer(Backend backend) {
    List<Long> chains = new ArrayList<>();
    for (int layers : new int[] {2, 3}) {
      RecurrentSpec spec = stack(CellType.LSTM, layers).withBidirectional(true);
      RecurrentRuns runs = new RecurrentRuns(backend, spec, 4, 3);
      runs.run();
      runs.run();
      chains.add(LastGraph.look().chain());
    }
    return chains.getLast() - chains.getFirst();
  }

  /** What a step costs: a product and a kernel, in line; at H = 256 launches are all of it. */
  @ParameterizedTest
  @CsvSource({
    "LSTM, FP32",
    "LSTM, TF32",
    "LSTM, BF16",
    "GRU, FP32",
    "GRU, BF16",
    "RNN_TANH, FP32",
    "RNN_RELU, BF16"
  })
  void aStepIsTwoLaunches(CellType cell, Precision precision) {
    try (Backend backend = StandIn.open(StandIn.standard(precision, false))) {
      RecurrentSpec spec = RecurrentSpec.of(cell, 3, 256);
      List<LastGraph> graphs = new ArrayList<>();
      for (int steps : new int[] {149, 150}) {
        RecurrentRuns runs = new RecurrentRuns(backend, spec, steps, 1);
        runs.run();
        runs.forward();
        graphs.add(LastGraph.look());
        runs.backward();
        graphs.add(LastGraph.look());
      }
      for (int pass = 0; pass < 2; pass++) {
        assertEquals(2, graphs.get(pass + 2).nodes() - graphs.get(pass).nodes());
        assertEquals(2, graphs.get(pass + 2).chain() - graphs.get(pass).chain());
      }
    }
  }
}
