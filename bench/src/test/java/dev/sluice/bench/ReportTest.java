package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a report looks like in each form, and that JSON brings all of it back. */
class ReportTest {
  @TempDir Path folder;

  private final Report report =
      Rows.report(
          Machine.here(),
          List.of("busy <b>&\"x\"</b>"),
          Rows.timed("128,1,32,64", 2_500_000, 200),
          Rows.memory(3 << 20));

  @Test
  void jsonBringsTheReportBack() throws IOException {
    Path file = folder.resolve("report.json");
    ReportFiles.writeJson(file, report);
    assertEquals(report, ReportFiles.readJson(file));
  }

  @Test
  void aFileOfAnotherKindIsRefusedWithItsName() throws IOException {
    Path file = Files.writeString(folder.resolve("x.json"), "{\n\"rows\": [1, 2}\n");
    IOException refusal = assertThrows(IOException.class, () -> ReportFiles.readJson(file));
    assertEquals(file + " is not a file that bench --json wrote (line 2)", refusal.getMessage());
    Files.writeString(file, "{}");
    refusal = assertThrows(IOException.class, () -> ReportFiles.readJson(file));
    assertTrue(refusal.getMessage().contains("its format is 0, not 1"), refusal.getMessage());
    Files.writeString(file, "null");
    assertThrows(IOException.class, () -> ReportFiles.readJson(file));
  }

  @Test
  void thePageEscapesTextAndNeedsNothingFromElsewhere() {
    String page = HtmlPage.html(report);
    assertTrue(page.contains("busy &lt;b&gt;&amp;&quot;x&quot;&lt;/b&gt;"), page);
    assertFalse(page.contains("<b>"), page);
    assertFalse(page.contains("http"), page);
    assertFalse(page.contains("<script"), page);
  }

  @Test
  void barsEndAtTheCeilingAndTheFigureStandsBesideThem() {
    Row row = Rows.timed("8,1,2,3", 1000, 100);
    Row above =
        new Row(
            row.suite(),
            row.cell(),
            row.shape(),
            row.mode(),
            row.device(),
            row.threads(),
            row.precision(),
            row.timing(),
            new Row.Rate(106, "GB/s", 100, 99),
            1,
            "steps",
            0,
            0);
    String page = HtmlPage.html(Rows.report(Machine.here(), List.of(), above));
    assertTrue(page.contains("width:100.0%"), page);
    assertTrue(page.contains("106 %"), page);
  }

  @Test
  void tablesFitAHundredColumns() {
    for (Tables.Section section : Tables.suites(report)) {
      for (String line : section.table().plain()) {
        assertTrue(line.length() <= 100, line);
      }
    }
    Tables.legend().forEach(line -> assertTrue(line.length() <= 100, line));
  }

  @Test
  void markdownHasARowForEachResult() {
    String text = MarkdownPage.text(report);
    assertTrue(text.contains("| LSTM 128,1,32,64 train | 2 | 2.75 ms | 2.50 ms | 2 % |"), text);
    assertTrue(text.contains("| LSTM 8,1,2,3 train | 1 | 3 MiB | 0 B |"), text);
  }

  @Test
  void figuresHaveThreeDigitsAndTheirUnit() {
    assertEquals("999 ns", Figures.time(999.4));
    assertEquals("1.00 us", Figures.time(1000));
    assertEquals("45.7 us", Figures.time(45_678));
    assertEquals("1.00 ms", Figures.time(999_500));
    assertEquals("2.50 s", Figures.time(2.5e9));
    assertEquals("32 KiB", Figures.bytes(32 << 10));
    assertEquals("1.50 MiB", Figures.bytes(1.5 * (1 << 20)));
    assertEquals("71.2k", Figures.count(71_234));
    assertEquals("87 %", Figures.percent(0.8749));
  }

  @Test
  void quantilesLieBetweenTheSamples() {
    Timing timing = Timing.of(new double[] {5, 1, 3, 2, 4});
    assertEquals(3, timing.medianNs());
    assertEquals(1, timing.minNs());
    assertEquals(4.96, timing.p99Ns(), 1e-9);
    assertEquals(2.0 / 3, timing.spread(), 1e-9);
    assertEquals(5, timing.samples());
  }
}
