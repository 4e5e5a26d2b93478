package dev.sluice.bench.gpu;

import dev.sluice.bench.TextTable;
import dev.sluice.bench.gpu.Contender.EngineName;
import dev.sluice.bench.gpu.Contender.Mode;
import dev.sluice.bench.gpu.GpuRow.Outcome;
import dev.sluice.bench.gpu.GpuWork.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A report as tables. Of the stand-in driver no time, rate or ratio is shown. */
final class GpuTables {
  /** What stands where there is no figure. */
  private static final String NONE = "-";

  private static final List<NumberType> OURS =
      List.of(NumberType.BF16, NumberType.TF32, NumberType.FP32);

  private final GpuReport report;
  private final Optional<Floor> floor;

  GpuTables(GpuReport report) {
    this.report = report;
    this.floor = Optional.ofNullable(report.ceilings()).map(Floor::new);
  }

  /** A table under its heading. */
  record Section(String heading, TextTable table) {}

  /** All tables that have lines. */
  List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    if (!report.verdicts().isEmpty()) {
      sections.add(targets());
    }
    if (report.ceilings() != null) {
      sections.add(ceilings());
    }
    List<GpuRow> layers =
        report.rows().stream()
            .filter(row -> row.work().kind() != Kind.LANGUAGE_MODEL && !row.work().variable())
            .toList();
    List<GpuRow> variable = report.rows().stream().filter(row -> row.work().variable()).toList();
    List<GpuRow> models =
        report.rows().stream().filter(row -> row.work().kind() == Kind.LANGUAGE_MODEL).toList();
    if (!models.isEmpty()) {
      sections.add(languageModel(models));
    }
    if (!layers.isEmpty()) {
      sections.add(layers(layers));
    }
    if (!variable.isEmpty()) {
      sections.add(variable(variable));
    }
    if (report.rows().stream().anyMatch(GpuTables::hasPyTorch)) {
      sections.add(pytorch());
    }
    return sections;
  }

  private static boolean hasPyTorch(GpuRow row) {
    return row.outcomes().stream()
        .anyMatch(outcome -> outcome.contender().engine() == EngineName.PYTORCH);
  }

  private Section targets() {
    TextTable table = new TextTable("work", "target", "measured", "judgement");
    for (GpuTargets.Verdict verdict : report.verdicts()) {
      table.add(
          List.of(
              verdict.work(),
              verdict.target(),
              verdict.figure().isEmpty() ? NONE : verdict.figure(),
              verdict.judgement().title()));
    }
    return new Section("Targets", table);
  }

  private Section ceilings() {
    DeviceCeilings ceilings = report.ceilings();
    TextTable table = new TextTable("ceiling", "measured");
    table.add(List.of("matrix product, fp32", tera(ceilings.fp32(), "FLOP/s")));
    table.add(List.of("matrix product, tf32", tera(ceilings.tf32(), "FLOP/s")));
    table.add(List.of("matrix product, bf16", tera(ceilings.bf16(), "FLOP/s")));
    table.add(List.of("copy, read and written", tera(ceilings.copyBytes(), "B/s")));
    table.add(
        List.of(
            "exchange between all blocks",
            shown(ceilings.exchangeNanos() > 0, "%.2f us", ceilings.exchangeNanos() / 1e3)));
    return new Section("What the device can do", table);
  }

  private String tera(double value, String unit) {
    return shown(value > 0, "%.1f T" + unit, value / 1e12);
  }

  private Section layers(List<GpuRow> rows) {
    TextTable table =
        new TextTable(
            "(H, B, T), layers, directions",
            "type",
            "us a step",
            "TFLOP/s",
            "of the floor",
            "PyTorch's best, us a step",
            "in",
            "times as fast",
            "least-most",
            "at least " + GpuTargets.WORST_RATIO);
    for (GpuRow row : rows) {
      for (NumberType type : OURS) {
        row.ours(type).ifPresent(ours -> table.add(layersLine(row, type, ours)));
      }
    }
    return new Section("Layers, all sequences of full length", table);
  }

  private List<String> layersLine(GpuRow row, NumberType type, Outcome ours) {
    Optional<Outcome> theirs = row.pytorchBest(type);
    Optional<Double> ratio = row.ratio(type);
    List<String> line = new ArrayList<>();
    line.add(row.work().title());
    line.add(type.toString());
    line.add(micros(ours));
    line.add(teraFlops(row.work(), ours));
    line.add(ofFloor(row.work(), type, ours));
    line.add(theirs.map(this::micros).orElse(NONE));
    line.add(theirs.map(outcome -> outcome.contender().type().toString()).orElse(NONE));
    line.add(ratio.map(this::ratio).orElse(NONE));
    line.add(theirs.map(outcome -> range(ours, outcome)).orElse(NONE));
    line.add(ratio.map(value -> met(value >= GpuTargets.WORST_RATIO)).orElse(NONE));
    return line;
  }

  private Section variable(List<GpuRow> rows) {
    TextTable table =
        new TextTable(
            "(H, B, T), layers, directions",
            "type",
            "us a step",
            "at full length",
            "share of that",
            "at most " + GpuTargets.VARIABLE_SHARE,
            "PyTorch packed, us a step",
            "in",
            "times as fast");
    for (GpuRow row : rows) {
      for (NumberType type : OURS) {
        row.ours(type).ifPresent(ours -> table.add(variableLine(row, type, ours)));
      }
    }
    return new Section("Layers, lengths uniform in T/2..T", table);
  }

  private List<String> variableLine(GpuRow row, NumberType type, Outcome ours) {
    Optional<Outcome> theirs = row.pytorchBest(type);
    Optional<Double> share = GpuTargets.variableShare(row, type);
    List<String> line = new ArrayList<>();
    line.add(row.work().title());
    line.add(type.toString());
    line.add(micros(ours));
    line.add(row.oursPadded(type).map(this::micros).orElse(NONE));
    line.add(share.map(this::ratio).orElse(NONE));
    line.add(share.map(value -> met(value <= GpuTargets.VARIABLE_SHARE)).orElse(NONE));
    line.add(theirs.map(this::micros).orElse(NONE));
    line.add(theirs.map(outcome -> outcome.contender().type().toString()).orElse(NONE));
    line.add(row.ratio(type).map(this::ratio).orElse(NONE));
    return line;
  }

  private Section languageModel(List<GpuRow> rows) {
    TextTable table =
        new TextTable(
            "(H, B, T), layers",
            "type",
            "ms",
            "tokens a second",
            "TFLOP/s",
            "of the floor",
            "memory",
            "PyTorch's best, ms",
            "in",
            "its memory",
            "times as fast");
    for (GpuRow row : rows) {
      for (NumberType type : OURS) {
        row.ours(type).ifPresent(ours -> table.add(modelLine(row, type, ours)));
      }
    }
    return new Section("Training step of a language model", table);
  }

  private List<String> modelLine(GpuRow row, NumberType type, Outcome ours) {
    Optional<Outcome> theirs = row.pytorchBest(type);
    GpuWork work = row.work();
    double tokens = (double) work.steps() * work.batch();
    List<String> line = new ArrayList<>();
    line.add(work.title());
    line.add(type.toString());
    line.add(millis(ours));
    line.add(shown(true, "%,.0f", tokens / ours.nanos() * 1e9));
    line.add(teraFlops(work, ours));
    line.add(ofFloor(work, type, ours));
    line.add(memory(ours));
    line.add(theirs.map(this::millis).orElse(NONE));
    line.add(
        theirs.map(outcome -> outcome.contender().title().replace("PyTorch, ", "")).orElse(NONE));
    line.add(theirs.map(this::memory).orElse(NONE));
    line.add(row.ratio(type).map(this::ratio).orElse(NONE));
    return line;
  }

  private Section pytorch() {
    TextTable table =
        new TextTable(
            "PyTorch, us a step (of a model ms)",
            "fp32",
            "tf32",
            "bf16",
            "fp16",
            "bf16, graph",
            "fp16, graph",
            "bf16, compiled");
    for (GpuRow row : report.rows()) {
      if (hasPyTorch(row)) {
        List<String> line = new ArrayList<>(List.of(row.work().title()));
        for (NumberType type : NumberType.values()) {
          line.add(pytorchTime(row, type, Mode.EAGER));
        }
        line.add(pytorchTime(row, NumberType.BF16, Mode.GRAPH));
        line.add(pytorchTime(row, NumberType.FP16, Mode.GRAPH));
        line.add(pytorchTime(row, NumberType.BF16, Mode.COMPILED));
        table.add(line);
      }
    }
    return new Section("PyTorch in each type", table);
  }

  private String pytorchTime(GpuRow row, NumberType type, Mode mode) {
    return row.pytorch(type, mode)
        .map(
            outcome -> row.work().kind() == Kind.LANGUAGE_MODEL ? millis(outcome) : micros(outcome))
        .orElse(NONE);
  }

  /** What could not be measured, and why; what failed alike in several works is said once. */
  List<String> failures() {
    Map<String, List<String>> works = new LinkedHashMap<>();
    for (GpuRow row : report.rows()) {
      for (Outcome outcome : row.outcomes()) {
        if (outcome.failure() != null) {
          works
              .computeIfAbsent(
                  outcome.contender().title() + ": " + outcome.failure(), _ -> new ArrayList<>())
              .add(outcome.contender().work().title());
        }
      }
    }
    List<String> failures = new ArrayList<>();
    works.forEach((why, titles) ->
        failures.add(
            titles.size() == 1
                ? "%s, %s".formatted(titles.getFirst(), why)
                : "%s and %d others, %s".formatted(titles.getFirst(), titles.size() - 1, why)));
    return failures;
  }

  private String shown(boolean known, String format, double value) {
    return known && !report.standIn() ? String.format(Locale.ROOT, format, value) : NONE;
  }

  private String micros(Outcome outcome) {
    double steps = outcome.contender().work().steps();
    return shown(true, "%.2f", outcome.nanos() / steps / 1e3);
  }

  private String millis(Outcome outcome) {
    return shown(true, "%.2f", outcome.nanos() / 1e6);
  }

  private String teraFlops(GpuWork work, Outcome outcome) {
    return shown(true, "%.1f", work.flops() / outcome.nanos() / 1e3);
  }

  private String ofFloor(GpuWork work, NumberType type, Outcome outcome) {
    double least = floor.map(known -> known.nanos(work, type)).orElse(0.0);
    return shown(least > 0, "%.0f %%", 100 * least / outcome.nanos());
  }

  private String memory(Outcome outcome) {
    return shown(outcome.peakBytes() > 0, "%.2f GiB", outcome.peakBytes() / 0x1p30);
  }

  private String ratio(double value) {
    return shown(true, "%.2f", value);
  }

  private String range(Outcome ours, Outcome theirs) {
    List<Double> ratios = GpuRow.ratios(ours, theirs);
    return ratio(ratios.getFirst()) + "-" + ratio(ratios.getLast());
  }

  private String met(boolean reached) {
    if (report.standIn()) {
      return NONE;
    }
    return (reached ? GpuTargets.Judgement.MET : GpuTargets.Judgement.MISSED).title();
  }
}
