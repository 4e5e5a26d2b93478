package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Small workloads of each kind: they agree with the reference, and a wrong result is refused. */
class WorkloadTest {
  private static final Precision FP32 = Precision.FP32;

  private static List<Workload> small() {
    List<Workload> works = new ArrayList<>();
    for (CellType cell : CellType.values()) {
      works.add(new RecurrentWorkload(cell, 17, 2, 5, 7, true, FP32));
      works.add(new RecurrentWorkload(cell, 16, 1, 1, 3, false, FP32));
      works.add(new StreamWorkload(cell, 17, 2, FP32));
    }
    works.add(new GemmWorkload(7, 33, 19, FP32));
    for (PointwiseWorkload.Operation operation : PointwiseWorkload.Operation.values()) {
      works.add(new PointwiseWorkload(operation, 3, 37, FP32));
    }
    works.add(new LanguageModelWorkload(11, 9, 2, 4, 5, FP32));
    works.add(new MemoryWorkload(new RecurrentWorkload(CellType.GRU, 8, 1, 2, 3, true, FP32)));
    return works;
  }

  @TestFactory
  Stream<DynamicTest> agreesWithTheReference() {
    return small().stream()
        .map(work ->
            DynamicTest.dynamicTest(
                work.name().toString(),
                () -> {
                  try (Backend cpu = open(1);
                      Backend two = open(2)) {
                    work.check(cpu, two);
                    long before = cpu.allocatedBytes();
                    try (Workload.Prepared run = work.prepare(cpu)) {
                      run.run();
                      assertTrue(run.outputs().length > 0);
                    }
                    assertEquals(before, cpu.allocatedBytes(), "all memory is given back");
                  }
                }));
  }

  private static Backend open(int threads) {
    return Backends.choose("cpu", new BackendOptions(threads, 0)).backend();
  }

  @Test
  void aResultOffTheReferenceIsRefused() {
    float[] expected = {1, -2, 3};
    Agreement.require("x", 1e-4, expected, new float[] {1, -2, 3.0002f});
    IllegalStateException refusal =
        assertThrows(
            IllegalStateException.class,
            () -> Agreement.require("x", 1e-4, expected, new float[] {1, -2.01f, 3}));
    assertTrue(refusal.getMessage().startsWith("x: off the reference by 0.01"));
    assertThrows(
        IllegalStateException.class,
        () -> Agreement.require("x", 1e-4, expected, new float[] {1, -2, Float.NaN}));
    assertThrows(
        IllegalStateException.class,
        () -> Agreement.require("x", 1e-4, expected, new float[] {1, -2}));
  }

  @Test
  void aTinyRunMakesARowForEachWorkloadAndThreadCount() {
    List<String> notes = new ArrayList<>();
    Bench.Plan plan = new Bench.Plan(2, new Sampler.Effort(0, 0, 2), 0);
    List<Workload> works = small();
    List<Row> rows =
        new Bench("cpu", FP32, new Ceilings(100_000), _ -> {})
            .measure(works, List.of(1, 2), plan, notes);
    assertEquals(List.of(), notes);
    assertEquals(2 * works.size(), rows.size());
    Set<String> keys = new HashSet<>();
    for (Row row : rows) {
      assertTrue(keys.add(row.key()), row.key());
      assertTrue(row.heldBytes() > 0, row.key());
      if (!row.suite().equals("memory")) {
        assertEquals(4, row.timing().samples());
        assertTrue(row.timing().minNs() > 0 && row.unitsPerSecond() > 0, row.key());
        assertNotNull(row.rate(), row.key());
        assertTrue(row.rate().share() > 0, row.key());
      }
    }
  }

  @Test
  void everyWorkloadOfASuiteHasAnotherName() {
    for (Suite suite : Suite.values()) {
      List<Workload> works = suite.workloads(true, FP32);
      Set<Workload.Name> names = new HashSet<>();
      works.forEach(work -> assertTrue(names.add(work.name()), work.name().toString()));
      works.forEach(work -> assertEquals(suite.toString(), work.name().suite()));
    }
  }

  @Test
  void trainingCountsThreeTimesTheForward() {
    double forward = new RecurrentWorkload(CellType.LSTM, 128, 1, 32, 64, false, FP32).flops();
    assertEquals(2.0 * 64 * 32 * 4 * 128 * 256, forward);
    double train = new RecurrentWorkload(CellType.LSTM, 128, 1, 32, 64, true, FP32).flops();
    assertEquals(3 * forward, train);
    double gru = new RecurrentWorkload(CellType.GRU, 128, 1, 32, 64, false, FP32).flops();
    assertEquals(0.75 * forward, gru);
  }
}
