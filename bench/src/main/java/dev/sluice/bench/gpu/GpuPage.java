package dev.sluice.bench.gpu;

import java.util.ArrayList;
import java.util.List;

/** A report within a document: everything between two marks is written anew. */
final class GpuPage {
  static final String BEGIN = "<!-- measured: begin -->";
  static final String END = "<!-- measured: end -->";

  private GpuPage() {}

  /** Whether a document has both marks, in order. */
  static boolean hasMarks(String document) {
    int begin = document.indexOf(BEGIN);
    return begin >= 0 && document.indexOf(END) > begin;
  }

  /** A document that has marks, with the report in it. */
  static String with(String document, GpuReport report) {
    int begin = document.indexOf(BEGIN);
    int end = document.indexOf(END);
    return document.substring(0, begin + BEGIN.length())
        + "\n\n"
        + String.join("\n", lines(report))
        + "\n\n"
        + document.substring(end);
  }

  private static List<String> lines(GpuReport report) {
    GpuTables tables = new GpuTables(report);
    List<String> lines = new ArrayList<>();
    lines.add(head(report));
    for (GpuTables.Section section : tables.sections()) {
      lines.add("");
      lines.add("### " + section.heading());
      lines.add("");
      lines.addAll(section.table().markdown());
    }
    list(lines, "Notes", report.notes());
    list(lines, "Not measured", tables.failures());
    list(lines, "Left out, for want of time", report.leftOut());
    return lines;
  }

  private static void list(List<String> lines, String heading, List<String> entries) {
    if (!entries.isEmpty()) {
      lines.add("");
      lines.add("### " + heading);
      lines.add("");
      entries.forEach(entry -> lines.add("- " + entry));
    }
  }

  /** What the figures were measured on, in one paragraph. */
  static String head(GpuReport report) {
    String pytorch =
        report.pytorch().isEmpty() ? "no PyTorch" : String.join(", ", report.pytorch());
    return "%sSluice %s, %s; driver %s; %s; %s."
        .formatted(
            report.standIn() ? "**Stand-in driver, not a GPU: no times.** " : "",
            report.version(),
            report.device(),
            report.driver().isEmpty() ? "not known" : report.driver(),
            pytorch,
            report.date());
  }
}
