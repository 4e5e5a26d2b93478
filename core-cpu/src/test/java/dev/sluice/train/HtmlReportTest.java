package dev.sluice.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

/** report.html: whole, self-contained, and drawn within its frames. */
class HtmlReportTest {
  private static final Pattern SVG = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL);
  private static final Pattern POINT = Pattern.compile("[ML](-?[0-9.]+) (-?[0-9.]+)");

  @TempDir Path folder;

  private String report(int steps, int validations) throws Exception {
    Path file = folder.resolve("report.html");
    HtmlReport report = new HtmlReport(file, null);
    report.onStart(
        new TrainingStart(
            Map.of("data", "a<b>&\"c\""), 99, "characters", "nats/character", 5, 0, 90, 0));
    for (int i = 1; i <= steps; i++) {
      double loss = i == 3 ? Double.NaN : 4.0 / i;
      report.onStep(new StepReport(i, i, loss, 0.01, i == 2 ? 900 : 1.5, 1e6, i, 0.5, 1));
    }
    for (int i = 1; i <= validations; i++) {
      Evaluation evaluation = new Evaluation(3.0 / i, 8, Map.of("bits per character", 2.0 / i));
      report.onValidation(new ValidationReport(i, i, evaluation, true, i));
      report.onSample(new SampleReport(i, "if (a < b && c) // " + i));
    }
    report.onEnd(
        new TrainingResult(StopReason.TIME, steps, 1, 1, Evaluation.NONE, 1, 1, 30, 5, null, null));
    return Files.readString(file);
  }

  private static List<Document> charts(String html) throws Exception {
    List<Document> charts = new ArrayList<>();
    Matcher matcher = SVG.matcher(html);
    while (matcher.find()) {
      charts.add(
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(new ByteArrayInputStream(matcher.group().getBytes(StandardCharsets.UTF_8))));
    }
    return charts;
  }

  private static List<String> classes(Document chart, String tag) {
    List<String> classes = new ArrayList<>();
    var elements = chart.getElementsByTagName(tag);
    for (int i = 0; i < elements.getLength(); i++) {
      classes.add(elements.item(i).getAttributes().getNamedItem("class").getTextContent());
    }
    return classes;
  }

  @Test
  void needsNothingFromElsewhere() throws Exception {
    String html = report(30, 4);
    assertFalse(html.contains("<script"));
    assertFalse(html.contains("http"));
    assertFalse(html.contains("url("));
    assertTrue(html.contains("prefers-color-scheme: dark"));
  }

  @Test
  void textIsEscaped() throws Exception {
    String html = report(30, 4);
    assertTrue(html.contains("a&lt;b&gt;&amp;&quot;c&quot;"));
    assertTrue(html.contains("if (a &lt; b &amp;&amp; c) // 4"));
  }

  @Test
  void curvesAreWellFormedAndStayInTheirFrames() throws Exception {
    for (int steps : new int[] {0, 1, 2, 3, 30, 401, 2_000}) {
      String html = report(steps, Math.min(steps, 5));
      List<Document> charts = charts(html);
      assertEquals(steps == 0 ? 4 : 5, charts.size());
      assertFalse(html.contains("NaN") || html.contains("Infinity"), steps + " steps");
      Matcher points = POINT.matcher(html);
      while (points.find()) {
        double x = Double.parseDouble(points.group(1));
        double y = Double.parseDouble(points.group(2));
        assertTrue(x >= 0 && x <= 1040 && y >= 0 && y <= 340, points.group());
      }
    }
  }

  @Test
  void trainingAndValidationDifferInMoreThanColour() throws Exception {
    Document loss = charts(report(30, 4)).getFirst();
    List<String> paths = classes(loss, "path");
    assertTrue(paths.contains("line solid") && paths.contains("line dashed"), paths.toString());
    assertEquals(4, classes(loss, "circle").size(), "a dot for each validation");
    assertTrue(loss.getDocumentElement().getTextContent().contains("validation"));
    assertTrue(loss.getDocumentElement().getTextContent().contains("nats/character"));
  }

  @Test
  void oneValueIsADotAndNoneIsAWord() throws Exception {
    Document one = charts(report(1, 1)).getFirst();
    assertEquals(List.of("dot solid", "dot dashed"), classes(one, "circle"));
    Document none = charts(report(0, 0)).getFirst();
    assertEquals("no values yet", none.getDocumentElement().getTextContent().strip());
  }

  @Test
  void manyValuesAreMergedIntoABand() throws Exception {
    Document loss = charts(report(2_000, 1)).getFirst();
    assertTrue(classes(loss, "path").contains("band solid"));
    assertTrue(Files.size(folder.resolve("report.html")) < 100_000);
  }

  @Test
  void aWideRangeOfNormsHasALogarithmicAxis() throws Exception {
    Document norm = charts(report(30, 1)).get(3);
    String text = norm.getDocumentElement().getTextContent();
    assertTrue(text.contains("gradient norm (logarithmic)"), text);
  }

  @Test
  void manySamplesAreThinnedOut() throws Exception {
    String html = report(100, 15);
    assertTrue(html.contains("12 of 15"));
    assertTrue(html.contains("// 1<") && html.contains("// 15<"), "first and last");
  }

  @Test
  void aResumedRunShowsTheWholeCurve() throws Exception {
    RunFolder files = new RunFolder(folder);
    try (ToyRun first = new ToyRun().in(folder);
        ToyRun second = new ToyRun().in(folder)) {
      first.builder.maxSteps(10).reportEvery(1);
      second.builder.listener(new HtmlReport(files.report(), files.metrics()));
      second.builder.maxSteps(20).reportEvery(1).resume(first.run().checkpoint());
      second.run();
    }
    String html = Files.readString(files.report());
    assertTrue(html.contains("training was resumed"));
    assertTrue(html.contains("Training ended after step 20"));
    Matcher curve = Pattern.compile("line solid\" d=\"([^\"]*)\"").matcher(html);
    assertTrue(curve.find());
    assertEquals(20, curve.group(1).chars().filter(c -> c == 'M' || c == 'L').count());
  }
}
