package dev.sluice.bench;

import java.util.ArrayList;
import java.util.List;

/** A report for a document. */
final class MarkdownPage {
  private MarkdownPage() {}

  /** The whole text. */
  static String text(Report report) {
    List<String> lines = new ArrayList<>();
    lines.add("# Benchmark");
    lines.add("");
    lines.add(
        "Sluice %s, %s, on %s; JDK %s; %s."
            .formatted(
                report.version(),
                report.device(),
                report.machine().title(),
                report.machine().jdk(),
                report.date()));
    report.notes().forEach(note -> lines.addAll(List.of("", "Note: " + note + ".")));
    if (!report.fma().isEmpty()) {
      add(lines, Tables.ceilings(report));
    }
    Tables.suites(report).forEach(section -> add(lines, section));
    lines.add("");
    lines.addAll(Tables.legend());
    return String.join("\n", lines) + "\n";
  }

  private static void add(List<String> lines, Tables.Section section) {
    lines.add("");
    lines.add("## " + section.heading());
    lines.add("");
    lines.addAll(section.table().markdown());
  }
}
