package dev.sluice.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.bench.gpu.Contender.Mode;
import dev.sluice.bench.gpu.GpuTargets.Judgement;
import dev.sluice.bench.gpu.GpuTargets.Verdict;
import dev.sluice.bench.gpu.GpuWork.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Ratios are taken against PyTorch's best allowed type, and targets are judged as they are worded. */
class GpuTargetsTest {
  private static final int BF16_MEDIAN = 0;
  private static final int BF16_WORST = 1;
  private static final int TF32_MEDIAN = 2;
  private static final int FORWARD = 4;
  private static final int TRAIN = 5;
  private static final int VARIABLE = 6;
  private static final int MODEL = 7;
  private static final int MEMORY = 8;

  private static GpuReports grid(CellType cell, int batch) {
    return GpuReports.of(GpuWork.of(Kind.TRAIN, cell, 1, 1, 512, batch, 25));
  }

  private static void is(List<GpuRow> rows, int target, Judgement judgement, String figure) {
    Verdict verdict = GpuTargets.judge(rows).get(target);
    assertEquals(judgement, verdict.judgement(), verdict.toString());
    assertEquals(figure, verdict.figure());
  }

  @Test
  void nothingMeasuredLeavesAllOpen() {
    List<Verdict> verdicts = GpuTargets.judge(List.of());
    assertEquals(9, verdicts.size());
    assertTrue(verdicts.stream().allMatch(verdict -> verdict.judgement() == Judgement.OPEN));
  }

  @Test
  void comparesWithTheBestOfEqualOrWiderTypes() {
    GpuRow row =
        grid(CellType.LSTM, 16)
            .sluice(NumberType.BF16, 10)
            .sluice(NumberType.TF32, 20)
            .sluice(NumberType.FP32, 40)
            .pytorch(NumberType.BF16, Mode.EAGER, 50)
            .pytorch(NumberType.FP16, Mode.EAGER, 14)
            .pytorch(NumberType.FP16, Mode.GRAPH, 5) // shown, not compared with
            .pytorch(NumberType.TF32, Mode.EAGER, 30)
            .pytorch(NumberType.FP32, Mode.EAGER, 60)
            .row();
    assertEquals(1.4, row.ratio(NumberType.BF16).orElseThrow(), 1e-9);
    assertEquals(1.5, row.ratio(NumberType.TF32).orElseThrow(), 1e-9);
    assertEquals(1.5, row.ratio(NumberType.FP32).orElseThrow(), 1e-9);
  }

  @Test
  void aWiderTypeThatIsFasterCounts() {
    GpuRow row =
        grid(CellType.LSTM, 16)
            .sluice(NumberType.BF16, 10)
            .pytorch(NumberType.BF16, Mode.EAGER, 50)
            .pytorch(NumberType.TF32, Mode.EAGER, 9)
            .row();
    assertEquals(0.9, row.ratio(NumberType.BF16).orElseThrow(), 1e-9);
  }

  @Test
  void medianAndWorstOfTheGrid() {
    List<GpuRow> rows =
        List.of(
            grid(CellType.LSTM, 16)
                .sluice(NumberType.BF16, 10)
                .pytorch(NumberType.BF16, Mode.EAGER, 20)
                .row(),
            grid(CellType.GRU, 16)
                .sluice(NumberType.BF16, 10)
                .pytorch(NumberType.BF16, Mode.EAGER, 13)
                .row(),
            grid(CellType.GRU, 32)
                .sluice(NumberType.BF16, 10)
                .pytorch(NumberType.BF16, Mode.EAGER, 9.4)
                .row(),
            // Not of the grid: they do not count.
            GpuReports.of(GpuWork.of(Kind.TRAIN, CellType.GRU, 1, 1, 513, 32, 25))
                .sluice(NumberType.BF16, 10)
                .pytorch(NumberType.BF16, Mode.EAGER, 1)
                .row(),
            GpuReports.of(GpuWork.of(Kind.FORWARD, CellType.GRU, 1, 1, 512, 32, 25))
                .sluice(NumberType.BF16, 10)
                .pytorch(NumberType.BF16, Mode.EAGER, 1)
                .row());
    is(rows, BF16_MEDIAN, Judgement.MET, "1.3x of 3 works");
    is(rows, BF16_WORST, Judgement.MISSED, "0.94x of 3 works");
    is(rows, TF32_MEDIAN, Judgement.OPEN, "");
  }

  @Test
  void microsecondsAStepOfTheLongWork() {
    GpuWork forward = GpuWork.of(Kind.FORWARD, CellType.LSTM, 1, 1, 768, 16, 1024);
    List<GpuRow> rows =
        List.of(
            GpuReports.of(GpuReports.LONG).sluice(NumberType.BF16, 1024 * 7.6).row(),
            GpuReports.of(forward).sluice(NumberType.BF16, 1024 * 3.0).row());
    is(rows, TRAIN, Judgement.MISSED, "7.6 us");
    is(rows, FORWARD, Judgement.MET, "3.0 us");
  }

  @Test
  void variableLengthsAgainstOurOwnFullOnes() {
    GpuWork work = GpuReports.LONG.withVariable(true);
    GpuReports row =
        GpuReports.of(work)
            .sluice(NumberType.BF16, 105)
            .padded(NumberType.BF16, 100)
            .pytorch(NumberType.BF16, Mode.EAGER, 5000);
    is(List.of(row.row()), VARIABLE, Judgement.MET, "1.05x");
    row.sluice(NumberType.TF32, 107).padded(NumberType.TF32, 100);
    is(List.of(row.row()), VARIABLE, Judgement.MISSED, "1.07x");
  }

  @Test
  void theLanguageModelAgainstEagerAndCompiled() {
    GpuReports row =
        GpuReports.of(GpuWorks.LANGUAGE_MODEL)
            .sluice(NumberType.BF16, 100)
            .pytorch(NumberType.BF16, Mode.EAGER, 150)
            .pytorch(NumberType.BF16, Mode.COMPILED, 120);
    is(List.of(row.row()), MODEL, Judgement.MISSED, "1.2x");
    is(List.of(row.row()), MEMORY, Judgement.MET, "0.75x");
  }

  @Test
  void theFloorIsTheLargerOfArithmeticAndMemoryAndTheSteps() {
    DeviceCeilings ceilings = new DeviceCeilings(5e13, 0, 8e14, 4e12, 1000);
    double arithmetic = GpuReports.LONG.flops() / 8e14 * 1e9;
    double memory = GpuReports.LONG.bytes(NumberType.BF16) / 4e12 * 1e9;
    assertTrue(arithmetic > memory);
    Floor floor = new Floor(ceilings);
    assertEquals(arithmetic + 2048 * 1000, floor.nanos(GpuReports.LONG, NumberType.BF16), 1e-3);
    Floor slow = new Floor(new DeviceCeilings(5e13, 0, 8e14, 4e9, 0));
    assertEquals(1000 * memory, slow.nanos(GpuReports.LONG, NumberType.BF16), 1);
    assertEquals(0, floor.nanos(GpuReports.LONG, NumberType.TF32), "a rate that is not known");
  }
}
