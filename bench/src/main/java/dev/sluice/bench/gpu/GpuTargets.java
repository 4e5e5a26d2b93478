package dev.sluice.bench.gpu;

import dev.sluice.backend.CellType;
import dev.sluice.bench.gpu.Contender.Mode;
import dev.sluice.bench.gpu.GpuWork.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What is aimed at on an H200, and whether a run reached it. */
final class GpuTargets {
  /** Times as fast as PyTorch, in the middle of the standing grid and for a language model. */
  static final double MEDIAN_RATIO = 1.3;

  /** Times as fast as PyTorch, in the worst case of the standing grid. */
  static final double WORST_RATIO = 0.95;

  /** Time at variable lengths over time at full length. */
  static final double VARIABLE_SHARE = 1.05;

  private static final double FORWARD_MICROS = 3.0;
  private static final double TRAIN_MICROS = 7.5;

  private GpuTargets() {}

  /** How it came out. */
  enum Judgement {
    /** Reached. */
    MET("met"),
    /** Not reached. */
    MISSED("NOT MET"),
    /** The works that decide it were not measured. */
    OPEN("not measured");

    private final String title;

    Judgement(String title) {
      this.title = title;
    }

    /** For tables. */
    String title() {
      return title;
    }
  }

  /**
   * One target and its outcome.
   *
   * @param work which works decide it
   * @param target what is aimed at
   * @param figure what was measured; empty when nothing was
   * @param judgement whether that is enough
   */
  record Verdict(String work, String target, String figure, Judgement judgement) {}

  /** All targets. */
  static List<Verdict> judge(List<GpuRow> rows) {
    List<Verdict> verdicts = new ArrayList<>();
    for (NumberType type : List.of(NumberType.BF16, NumberType.TF32)) {
      List<Double> ratios =
          rows.stream()
              .filter(GpuTargets::inStandingGrid)
              .flatMap(row -> row.ratio(type).stream())
              .sorted()
              .toList();
      String grid = "standing grid, %s, forward+backward, against PyTorch".formatted(type);
      verdicts.add(atLeast(grid, "median", MEDIAN_RATIO, median(ratios), ratios.size()));
      verdicts.add(atLeast(grid, "worst", WORST_RATIO, ratios.stream().findFirst(), ratios.size()));
    }
    verdicts.add(longSteps(rows, Kind.FORWARD, FORWARD_MICROS, "1.9"));
    verdicts.add(longSteps(rows, Kind.TRAIN, TRAIN_MICROS, "4.9"));
    verdicts.add(variable(rows));
    Optional<GpuRow> model =
        rows.stream().filter(row -> row.work().equals(GpuWorks.LANGUAGE_MODEL)).findFirst();
    String title = GpuWorks.LANGUAGE_MODEL.title() + ", bf16";
    verdicts.add(
        atLeast(
            title + ", against PyTorch",
            "",
            MEDIAN_RATIO,
            model.flatMap(row -> row.ratio(NumberType.BF16)),
            1));
    verdicts.add(memory(title, model));
    return verdicts;
  }

  /** Whether a row is of those that the first targets speak of. */
  static boolean inStandingGrid(GpuRow row) {
    return row.work().kind() == Kind.TRAIN
        && !row.work().variable()
        && GpuWorks.isOfStandingGrid(row.work());
  }

  private static Optional<Double> median(List<Double> sorted) {
    int middle = sorted.size() / 2;
    if (sorted.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        sorted.size() % 2 == 1
            ? sorted.get(middle)
            : (sorted.get(middle - 1) + sorted.get(middle)) / 2);
  }

  private static Verdict atLeast(
      String work, String which, double target, Optional<Double> figure, int count) {
    String wanted = (which + " at least " + number(target) + "x").strip();
    return verdict(
        work,
        wanted,
        figure.map(value -> number(value) + "x" + (count > 1 ? " of " + count + " works" : "")),
        figure.map(value -> value >= target));
  }

  private static Verdict longSteps(List<GpuRow> rows, Kind kind, double target, String goal) {
    GpuWork work = GpuWork.of(kind, CellType.LSTM, 1, 1, 768, 16, 1024);
    Optional<Double> micros =
        rows.stream()
            .filter(row -> row.work().equals(work))
            .flatMap(row -> row.ours(NumberType.BF16).stream())
            .map(outcome -> outcome.nanos() / work.steps() / 1e3)
            .findFirst();
    return verdict(
        work.title() + ", bf16",
        "at most %s us a step (goal after that: %s)".formatted(number(target), goal),
        micros.map(value -> number(value) + " us"),
        micros.map(value -> value <= target));
  }

  private static Verdict variable(List<GpuRow> rows) {
    List<Double> shares =
        rows.stream()
            .flatMap(row ->
                List.of(NumberType.BF16, NumberType.TF32, NumberType.FP32).stream()
                    .flatMap(type -> variableShare(row, type).stream()))
            .sorted()
            .toList();
    Optional<Double> worst = shares.isEmpty() ? Optional.empty() : Optional.of(shares.getLast());
    return verdict(
        "variable lengths, worst of all works and types",
        "at most %sx of our time at full length".formatted(number(VARIABLE_SHARE)),
        worst.map(value -> number(value) + "x"),
        worst.map(value -> value <= VARIABLE_SHARE));
  }

  /** Sluice's time at variable lengths over its time at full length. */
  static Optional<Double> variableShare(GpuRow row, NumberType type) {
    return row.work().variable()
        ? row.ours(type).flatMap(us -> row.oursPadded(type).map(all -> us.nanos() / all.nanos()))
        : Optional.empty();
  }

  /** Against the least that PyTorch takes in bf16, eager or compiled. */
  private static Verdict memory(String title, Optional<GpuRow> model) {
    Optional<Double> share =
        model.flatMap(row -> {
          Optional<Long> theirs =
              List.of(Mode.EAGER, Mode.COMPILED).stream()
                  .flatMap(mode -> row.pytorch(NumberType.BF16, mode).stream())
                  .map(GpuRow.Outcome::peakBytes)
                  .min(Long::compare);
          return row.ours(NumberType.BF16)
              .flatMap(us -> theirs.map(bytes -> (double) us.peakBytes() / bytes));
        });
    return verdict(
        title + ", memory",
        "at most PyTorch's",
        share.map(value -> number(value) + "x"),
        share.map(value -> value <= 1));
  }

  private static Verdict verdict(
      String work, String target, Optional<String> figure, Optional<Boolean> met) {
    Judgement judgement =
        met.map(reached -> reached ? Judgement.MET : Judgement.MISSED).orElse(Judgement.OPEN);
    return new Verdict(work, target, figure.orElse(""), judgement);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.1f", value)
        .replaceFirst("(\\.\\d)0$", "$1");
  }
}
