package dev.sluice.bench.gpu;

import dev.sluice.backend.CellType;
import dev.sluice.bench.gpu.Contender.EngineName;
import dev.sluice.bench.gpu.Contender.Mode;
import dev.sluice.bench.gpu.GpuRow.Outcome;
import dev.sluice.bench.gpu.GpuWork.Kind;
import java.util.ArrayList;
import java.util.List;

/** Made-up rows and reports for tests of what is said about them. */
final class GpuReports {
  static final GpuWork LONG = GpuWork.of(Kind.TRAIN, CellType.LSTM, 1, 1, 768, 16, 1024);

  private final GpuWork work;
  private final List<Outcome> outcomes = new ArrayList<>();

  private GpuReports(GpuWork work) {
    this.work = work;
  }

  static GpuReports of(GpuWork work) {
    return new GpuReports(work);
  }

  GpuReports sluice(NumberType type, double micros) {
    return add(new Contender(EngineName.SLUICE, type, Mode.EAGER, work), micros, 3L << 30);
  }

  GpuReports padded(NumberType type, double micros) {
    return add(
        new Contender(EngineName.SLUICE, type, Mode.EAGER, work.withVariable(false)), micros, 0);
  }

  GpuReports pytorch(NumberType type, Mode mode, double micros) {
    return add(new Contender(EngineName.PYTORCH, type, mode, work), micros, 4L << 30);
  }

  GpuReports failed(NumberType type, String why) {
    Contender contender = new Contender(EngineName.PYTORCH, type, Mode.EAGER, work);
    outcomes.add(new Outcome(contender, List.of(), 0, null, why));
    return this;
  }

  /** Three turns, the middle one of which takes that long. */
  private GpuReports add(Contender contender, double micros, long bytes) {
    List<Double> turns = List.of(900 * micros, 1000 * micros, 1200 * micros);
    outcomes.add(new Outcome(contender, turns, bytes, 1e-3, null));
    return this;
  }

  GpuRow row() {
    return new GpuRow(work, List.copyOf(outcomes));
  }

  static GpuReport report(boolean standIn, List<GpuRow> rows) {
    return new GpuReport(
        GpuReport.FORMAT,
        "0.1.0",
        "2026-01-02T03:04Z",
        standIn,
        "GPU 0: made up",
        "580.1",
        List.of("pytorch=2.11.0", "cudnn=9.13.0"),
        new DeviceCeilings(5e13, 4e14, 8e14, 4e12, 1000),
        rows,
        GpuTargets.judge(rows),
        List.of("made up"),
        List.of("GRU (1, 2, 3) L1 D1 forward"));
  }
}
