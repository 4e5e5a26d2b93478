package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentPath;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.parity.BackendParityTest;
import dev.sluice.parity.ParitySuite;
import dev.sluice.parity.ParityTrial;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every path of recurrent layers: agrees with the reference, with the others, and with itself. */
class CudaPathTest {
  private static final String MULTIPROCESSORS = "SLUICE_STANDIN_MULTIPROCESSORS";

  /** Enough of them for grids of several groups. */
  @BeforeAll
  static void enlarge() {
    StandIn.require();
    StandIn.set(MULTIPROCESSORS, "16");
  }

  @AfterAll
  static void restore() {
    StandIn.set(MULTIPROCESSORS, null);
  }

  private static BackendOptions on(RecurrentPath path, Precision precision, boolean recompute) {
    return new BackendOptions(0, 0, precision, recompute, path);
  }

  private static List<Precision> precisions(RecurrentPath path) {
    return path == RecurrentPath.GRID
        ? List.of(Precision.BF16, Precision.TF32)
        : List.of(Precision.values());
  }

  /** Every cell that has all paths, in two layers, both ways too. */
  static List<RecurrentSpec> specs() {
    List<RecurrentSpec> specs = new ArrayList<>();
    for (CellType cell : List.of(CellType.LSTM, CellType.GRU)) {
      RecurrentSpec spec = RecurrentSpec.of(cell, 3, 21).withLayers(2).withDropout(0.3f);
      specs.add(spec);
      specs.add(spec.withBidirectional(true));
    }
    return specs;
  }

  /** Direct, recorded, by another backend, and with gates computed again. */
  @ParameterizedTest
  @EnumSource(
      value = RecurrentPath.class,
      names = {"STANDARD", "SMALL", "GRID"})
  void aPathRepeatsItsBits(RecurrentPath path) {
    for (Precision precision : precisions(path)) {
      for (RecurrentSpec spec : specs()) {
        try (Backend backend = StandIn.open(on(path, precision, false));
            Backend again = StandIn.open(on(path, precision, true))) {
          RecurrentRuns runs = new RecurrentRuns(backend, spec, 9, 11);
          runs.run();
          Map<String, float[]> direct = runs.results();
          runs.run();
          assertSameBits(direct, runs.results());
          RecurrentRuns recomputed = new RecurrentRuns(again, spec, 9, 11);
          recomputed.run();
          assertSameBits(direct, recomputed.results());
        }
      }
    }
  }

  private static void assertSameBits(Map<String, float[]> expected, Map<String, float[]> actual) {
    expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
  }

  /** A loop that goes forward on one path and back on another. */
  private record Mixed(TimeLoop there, TimeLoop back) implements TimeLoop {
    @Override
    public void forward(LayerPass pass, int from, int to) {
      there.forward(pass, from, to);
    }

    @Override
    public void backward(LayerPass pass, int from, int to, boolean stateWanted) {
      back.backward(pass, from, to, stateWanted);
    }
  }

  /** What forward keeps is the same on each path, so backward may take another. */
  @ParameterizedTest
  @MethodSource("specs")
  void anyBackwardFollowsAnyForward(RecurrentSpec spec) {
    for (Precision precision : Precision.values()) {
      List<RecurrentPath> paths = paths(precision);
      try (Backend backend = StandIn.open(on(RecurrentPath.AUTO, precision, false))) {
        CudaRuntime runtime = ((CudaTensor) backend.allocate(DType.FLOAT32, Shape.of(1))).runtime();
        Map<String, float[]> first = null;
        for (RecurrentPath there : paths) {
          for (RecurrentPath back : paths) {
            RecurrentPlan plan = plan(runtime, spec, precision, there, back);
            RecurrentRuns runs = new RecurrentRuns(backend, spec, 9, 11, plan);
            runs.run();
            Map<String, float[]> results = runs.results();
            if (first == null) {
              first = results;
            }
            // Paths sum in other orders, after which a rounding may go the other way.
            float bound =
                switch (precision) {
                  case BF16 -> 0.03f;
                  case TF32 -> 2e-3f;
                  case FP32 -> 1e-5f;
                };
            String way = there + " and " + back + ", " + precision + " ";
            first.forEach((name, values) ->
                CudaRecurrentTest.assertClose(values, results.get(name), bound, way + name));
          }
        }
      }
    }
  }

  private static List<RecurrentPath> paths(Precision precision) {
    return precision == Precision.FP32
        ? List.of(RecurrentPath.STANDARD, RecurrentPath.SMALL)
        : List.of(RecurrentPath.STANDARD, RecurrentPath.SMALL, RecurrentPath.GRID);
  }

  /** On the last path's schedule and memory, which suit every path. */
  private static RecurrentPlan plan(
      CudaRuntime runtime,
      RecurrentSpec spec,
      Precision precision,
      RecurrentPath there,
      RecurrentPath back) {
    KernelLimits limits = runtime.limits();
    Cell cell = Cell.of(runtime, spec);
    List<TimeLoop> loops = new ArrayList<>();
    for (RecurrentPath path : List.of(there, back)) {
      loops.add(
          new PathTable(precision, path, limits).choose(spec, 11, true).loop(runtime, spec, cell));
    }
    RecurrentPath last = paths(precision).getLast();
    PathChoice choice = new PathTable(precision, last, limits).choose(spec, 11, true);
    Casts casts = new Casts(runtime);
    LayerDriver driver =
        new LayerDriver(runtime, cell, new Mixed(loops.getFirst(), loops.getLast()), casts);
    return new CudaRecurrentPlan(
        runtime, spec, 9, 11, true, new CudaDropoutOps(runtime), casts, choice, driver);
  }

  @ParameterizedTest
  @CsvSource({"SMALL", "GRID"})
  void aPlanHoldsWhatWasForeseen(RecurrentPath path) {
    for (RecurrentSpec spec : specs()) {
      try (Backend backend = StandIn.open(on(path, Precision.BF16, false))) {
        for (boolean training : new boolean[] {true, false}) {
          long foreseen = backend.recurrent().planBytes(spec, 7, 5, training);
          long before = backend.allocatedBytes();
          try (RecurrentPlan plan = backend.recurrent().plan(spec, 7, 5, training)) {
            assertEquals(foreseen, plan.bytes());
            assertEquals(foreseen, backend.allocatedBytes() - before);
          }
        }
      }
    }
  }

  /** All steps of a direction are one launch. */
  @ParameterizedTest
  @CsvSource({"SMALL", "GRID"})
  void stepsAddNoLaunches(RecurrentPath path) {
    try (Backend backend = StandIn.open(on(path, Precision.BF16, false))) {
      RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 3, 16);
      List<LastGraph> graphs = new ArrayList<>();
      for (int steps : new int[] {9, 30}) {
        RecurrentRuns runs = new RecurrentRuns(backend, spec, steps, 3);
        runs.run();
        runs.forward();
        graphs.add(LastGraph.look());
        runs.backward();
        graphs.add(LastGraph.look());
      }
      assertEquals(graphs.get(0).nodes(), graphs.get(2).nodes());
      assertEquals(graphs.get(1).nodes(), graphs.get(3).nodes());
    }
  }

  @Test
  void aForcedPathThatCannotIsRefused() {
    try (Backend backend = StandIn.open(on(RecurrentPath.GRID, Precision.BF16, false))) {
      RecurrentSpec spec = RecurrentSpec.of(CellType.RNN_TANH, 3, 16);
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class, () -> backend.recurrent().plan(spec, 3, 2, true));
      assertTrue(refused.getMessage().contains("no such kernel for RNN_TANH"), refused.toString());
    }
  }

  /** A block that gave up is told by the next download, once. */
  @Test
  void aBlockThatGaveUpIsReported() {
    try (Backend backend = StandIn.open()) {
      Tensor any = backend.allocate(DType.FLOAT32, Shape.of(1));
      CudaRuntime runtime = ((CudaTensor) any).runtime();
      long word = runtime.faults().waits();
      CudaTensor note = new CudaTensor(runtime, null, word, DType.INT32, Shape.of(2));
      note.upload(new int[] {5, 11}, 0);
      IllegalStateException reported = assertThrows(IllegalStateException.class, any::toFloats);
      assertEquals(
          "a recurrent layer waited 11 seconds for block 5 of its kernel and gave up, so its"
              + " results are wrong; run with --recurrent-path standard, and please report this",
          reported.getMessage());
      any.toFloats();
    }
  }

  /** A share of the cases that the paths of one launch can run. */
  private abstract static class OneLaunch extends BackendParityTest {
    private final BackendOptions options;
    private final int each;

    OneLaunch(RecurrentPath path, Precision precision, int each) {
      this.options = on(path, precision, false);
      this.each = each;
    }

    @Override
    protected Backend open() {
      return StandIn.open(options);
    }

    @Override
    protected Stream<ParityTrial> trials() {
      List<ParityTrial> all = ParitySuite.inOneLaunch(ParitySuite.trials());
      return IntStream.range(0, all.size()).filter(i -> i % each == each / 2).mapToObj(all::get);
    }
  }

  @Nested
  class SmallInFp32 extends OneLaunch {
    SmallInFp32() {
      super(RecurrentPath.SMALL, Precision.FP32, 3);
    }
  }

  @Nested
  class SmallInBf16 extends OneLaunch {
    SmallInBf16() {
      super(RecurrentPath.SMALL, Precision.BF16, 4);
    }
  }

  @Nested
  class SmallInTf32 extends OneLaunch {
    SmallInTf32() {
      super(RecurrentPath.SMALL, Precision.TF32, 5);
    }
  }

  @Nested
  class GridInBf16 extends OneLaunch {
    GridInBf16() {
      super(RecurrentPath.GRID, Precision.BF16, 5);
    }
  }

  @Nested
  class GridInTf32 extends OneLaunch {
    GridInTf32() {
      super(RecurrentPath.GRID, Precision.TF32, 7);
    }
  }
}
