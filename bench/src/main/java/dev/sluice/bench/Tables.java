package dev.sluice.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A report as tables of text, for the terminal and for Markdown. */
final class Tables {
  /**
   * A table with its heading.
   *
   * @param heading what it shows
   * @param table of text
   */
  record Section(String heading, TextTable table) {}

  private Tables() {}

  /** The ceilings: a line for each loop, a column for each thread count. */
  static Section ceilings(Report report) {
    List<Integer> threads = report.fma().stream().map(Ceilings.Fma::threads).distinct().toList();
    List<String> headings = new ArrayList<>(List.of("ceiling"));
    threads.forEach(count -> headings.add(threads(count)));
    TextTable table = new TextTable(headings.toArray(String[]::new));
    Map<String, List<String>> lines = new LinkedHashMap<>();
    for (Ceilings.Fma fma : report.fma()) {
      lines
          .computeIfAbsent(
              "multiply-add, %d-bit vectors".formatted(fma.bits()), _ -> new ArrayList<>())
          .add(Figures.digits(fma.gflops()) + " GFLOP/s");
    }
    for (String level : List.of("L1", "L2", "L3", "memory")) {
      for (Ceilings.Read read : report.reads()) {
        if (read.level().equals(level)) {
          lines
              .computeIfAbsent("read from " + level, _ -> new ArrayList<>())
              .add(
                  "%s GB/s (%s)"
                      .formatted(Figures.digits(read.gigabytes()), Figures.bytes(read.bytes())));
        }
      }
    }
    lines.forEach((name, cells) -> {
      List<String> line = new ArrayList<>(List.of(name));
      line.addAll(cells);
      while (line.size() <= threads.size()) {
        line.add("");
      }
      table.add(line);
    });
    return new Section("The machine's ceiling", table);
  }

  /** A table for each suite. */
  static List<Section> suites(Report report) {
    List<Section> sections = new ArrayList<>();
    for (Suite suite : Suite.values()) {
      List<Row> rows =
          report.rows().stream().filter(row -> row.suite().equals(suite.toString())).toList();
      if (!rows.isEmpty()) {
        sections.add(
            new Section(
                suite + ": " + suite.title(), suite == Suite.MEMORY ? memory(rows) : times(rows)));
      }
    }
    return sections;
  }

  /** What the columns mean. */
  static List<String> legend() {
    return List.of(
        "ceiling: the rate's share of multiply-adds alone, or of reads alone of as many bytes, at the",
        "same thread count in the same run. spread: between the quartiles, of the median. alloc: Java",
        "heap, an iteration. A training step counts three times the forward's operations.");
  }

  private static TextTable times(List<Row> rows) {
    boolean latency = rows.getFirst().suite().equals(Suite.STREAM.toString());
    TextTable table =
        new TextTable(
            rows.getFirst().suite(),
            "threads",
            "median",
            latency ? "p99" : "min",
            "spread",
            "rate",
            "ceiling",
            "units/s",
            "alloc");
    for (Row row : rows) {
      Timing timing = row.timing();
      Row.Rate rate = row.rate();
      table.add(
          List.of(
              row.title(),
              row.threads() == 0 ? "-" : Integer.toString(row.threads()),
              Figures.time(timing.medianNs()),
              Figures.time(latency ? timing.p99Ns() : timing.minNs()),
              Figures.percent(timing.spread()),
              rate == null ? "-" : Figures.digits(rate.value()) + " " + rate.unit(),
              rate == null ? "-" : Figures.percent(rate.share()),
              Figures.count(row.unitsPerSecond()),
              Figures.bytes(row.allocatedBytes())));
    }
    return table;
  }

  private static TextTable memory(List<Row> rows) {
    TextTable table = new TextTable("memory", "threads", "tensors and plans", "alloc a step");
    for (Row row : rows) {
      table.add(
          List.of(
              row.title(),
              row.threads() == 0 ? "-" : Integer.toString(row.threads()),
              Figures.bytes(row.heldBytes()),
              Figures.bytes(row.allocatedBytes())));
    }
    return table;
  }

  private static String threads(int count) {
    return count == 1 ? "1 thread" : count + " threads";
  }
}
