package dev.sluice.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * A report as one page that needs nothing from elsewhere: each row a bar, the whole width being the
 * ceiling. Figures stand beside the bars, so nothing depends on colour.
 */
final class HtmlPage {
  private final Report report;
  private final StringBuilder out = new StringBuilder(1 << 15);

  private HtmlPage(Report report) {
    this.report = report;
  }

  /** The whole page. */
  static String html(Report report) {
    return new HtmlPage(report).page();
  }

  private String page() {
    out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.append("<title>Sluice benchmark</title>\n<style>\n").append(styleSheet());
    out.append("</style>\n</head>\n<body>\n<h1>Sluice benchmark</h1>\n");
    paragraph("", report.machine().title() + "; JDK " + report.machine().jdk());
    paragraph("", "Sluice " + report.version() + "; " + report.device() + "; " + report.date());
    report.notes().forEach(note -> paragraph("note", "Note: " + note + "."));
    if (!report.fma().isEmpty()) {
      ceilings();
    }
    for (Suite suite : Suite.values()) {
      List<Row> rows =
          report.rows().stream().filter(row -> row.suite().equals(suite.toString())).toList();
      if (!rows.isEmpty()) {
        suite(suite, rows);
      }
    }
    paragraph("", String.join(" ", Tables.legend()));
    return out.append("</body>\n</html>\n").toString();
  }

  private static String styleSheet() {
    try (InputStream in = HtmlPage.class.getResourceAsStream("bench.css")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("the page's style sheet cannot be read: " + e, e);
    }
  }

  private void paragraph(String style, String text) {
    out.append(style.isEmpty() ? "<p>" : "<p class=\"" + style + "\">");
    out.append(escape(text)).append("</p>\n");
  }

  private void ceilings() {
    List<List<String>> lines = Tables.ceilings(report).table().lines();
    out.append("<h2>The machine's ceiling</h2>\n<table>\n");
    for (int i = 0; i < lines.size(); i++) {
      String tag = i == 0 ? "th" : "td";
      out.append("<tr>");
      for (String cell : lines.get(i)) {
        out.append('<').append(tag).append('>').append(escape(cell));
        out.append("</").append(tag).append('>');
      }
      out.append("</tr>\n");
    }
    out.append("</table>\n");
  }

  private void suite(Suite suite, List<Row> rows) {
    out.append("<h2>").append(escape(suite + ": " + suite.title())).append("</h2>\n");
    out.append("<table class=\"bars\">\n<tr><th></th><th>threads</th>");
    out.append(
        suite == Suite.MEMORY
            ? "<th>tensors and plans</th><th>allocated a step</th></tr>\n"
            : "<th>share of the ceiling</th><th>rate</th><th>median</th><th>a second</th></tr>\n");
    for (Row row : rows) {
      out.append("<tr><th scope=\"row\">").append(escape(row.title())).append("</th>");
      cell(row.threads() == 0 ? "" : Integer.toString(row.threads()));
      if (row.timing() == null) {
        cell(Figures.bytes(row.heldBytes()));
        cell(Figures.bytes(row.allocatedBytes()));
      } else {
        bar(row.rate());
        cell(
            row.rate() == null ? "" : Figures.digits(row.rate().value()) + " " + row.rate().unit());
        cell(Figures.time(row.timing().medianNs()));
        cell(Figures.count(row.unitsPerSecond()) + " " + row.unit());
      }
      out.append("</tr>\n");
    }
    out.append("</table>\n");
  }

  private void bar(Row.Rate rate) {
    out.append("<td class=\"bar\">");
    if (rate != null) {
      double width = 100 * Math.min(1, rate.share());
      out.append("<span class=\"track\"><span class=\"fill\" style=\"width:");
      out.append(String.format(Locale.ROOT, "%.1f", width)).append("%\"></span></span>");
      out.append("<span class=\"share\">").append(Figures.percent(rate.share())).append("</span>");
    }
    out.append("</td>");
  }

  private void cell(String text) {
    out.append("<td>").append(escape(text)).append("</td>");
  }

  /** Text that stands for itself between tags and in quoted attributes. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
