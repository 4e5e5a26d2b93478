package dev.sluice.train;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** The HTML page that shows one run. */
final class ReportPage {
  private static final int SAMPLES_SHOWN = 12;
  private static final int WIDE = 1040;
  private static final int HALF = 510;

  private final RunHistory run;
  private final StringBuilder out = new StringBuilder(1 << 16);

  ReportPage(RunHistory run) {
    this.run = run;
  }

  /** The whole page. */
  String html() throws IOException {
    String title = "Training report";
    out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.append("<title>").append(title).append("</title>\n<style>\n").append(styleSheet());
    out.append("</style>\n</head>\n<body>\n<h1>").append(title).append("</h1>\n");
    out.append("<p>").append(Html.escape(status())).append("</p>\n");
    figures();
    charts();
    validations();
    notes();
    samples();
    configuration();
    return out.append("</body>\n</html>\n").toString();
  }

  private static String styleSheet() throws IOException {
    try (InputStream in = ReportPage.class.getResourceAsStream("report.css")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private String status() {
    if (run.result() == null) {
      long step = Math.max(lastStep(), run.start().resumedStep());
      return "Training goes on; this was written at step " + Figures.count(step) + ".";
    }
    TrainingResult result = run.result();
    return "Training ended after step "
        + Figures.count(result.step())
        + ": "
        + result.reason().words()
        + ".";
  }

  private long lastStep() {
    long validated = run.validations().isEmpty() ? 0 : run.validations().getLast().step();
    return Math.max(validated, run.steps().isEmpty() ? 0 : run.steps().getLast().step());
  }

  private void figures() {
    out.append("<dl class=\"figures\">\n");
    ValidationReport best = best();
    if (best != null) {
      String where = run.start().lossUnit() + ", step " + Figures.count(best.step());
      figure("best validation loss", Figures.loss(best.evaluation().loss()), where);
      best.evaluation()
          .metrics()
          .forEach((name, value) -> figure(name, Figures.loss(value), "validation, same step"));
    }
    if (!run.steps().isEmpty()) {
      StepReport last = run.steps().getLast();
      figure("training loss", Figures.loss(last.loss()), "last report");
      figure("steps", Figures.count(lastStep()), planned());
      figure("epochs", Figures.epoch(last.epoch()), "");
      figure("time", Figures.duration(seconds(last)), "");
      figure("throughput", Figures.rate(throughput(last)), run.start().unit() + "/s");
    }
    figure("parameters", Figures.count(run.start().parameters()), "");
    out.append("</dl>\n");
  }

  private String planned() {
    long planned = run.start().plannedSteps();
    return planned > 0 ? "of " + Figures.count(planned) : "";
  }

  private double seconds(StepReport last) {
    return run.result() == null ? last.seconds() : run.result().seconds();
  }

  private double throughput(StepReport last) {
    return run.result() == null ? last.unitsPerSecond() : run.result().unitsPerSecond();
  }

  private ValidationReport best() {
    ValidationReport best = null;
    for (ValidationReport report : run.validations()) {
      if (best == null || report.evaluation().loss() < best.evaluation().loss()) {
        best = report;
      }
    }
    return best;
  }

  private void figure(String name, String value, String remark) {
    out.append("<div><dt>").append(Html.escape(name)).append("</dt><dd>");
    out.append(Html.escape(value));
    if (!remark.isEmpty()) {
      out.append("<small>").append(Html.escape(remark)).append("</small>");
    }
    out.append("</dd></div>\n");
  }

  private void charts() {
    out.append("<h2>Curves</h2>\n<div class=\"charts\">\n");
    String lossUnit = run.start().lossUnit().isEmpty() ? "loss" : run.start().lossUnit();
    LineChart loss = chart("Loss", lossUnit, LineChart.Range.VALUES, WIDE, 340);
    steps(loss, "training", StepReport::loss);
    if (!run.validations().isEmpty()) {
      validations(loss, "validation", report -> report.evaluation().loss());
    }
    append("Loss", loss, "wide");
    for (String metric : metricNames()) {
      LineChart chart = chart(metric, metric, LineChart.Range.VALUES, HALF, 260);
      validations(
          chart,
          "validation",
          report -> report.evaluation().metrics().getOrDefault(metric, Double.NaN));
      append(Character.toUpperCase(metric.charAt(0)) + metric.substring(1), chart, "");
    }
    append(
        "Learning rate",
        steps(
            chart("Learning rate", "learning rate", LineChart.Range.FROM_ZERO, HALF, 260),
            "learning rate",
            StepReport::learningRate),
        "");
    append(
        "Gradient norm, before clipping",
        steps(
            chart("Gradient norm", "gradient norm", LineChart.Range.FROM_ZERO, HALF, 260),
            "gradient norm",
            StepReport::gradientNorm),
        "");
    String unit = run.start().unit() + "/s";
    append(
        "Throughput",
        steps(
            chart("Throughput", unit, LineChart.Range.FROM_ZERO, HALF, 260),
            "throughput",
            StepReport::unitsPerSecond),
        "");
    out.append("</div>\n");
  }

  private static LineChart chart(
      String title, String yLabel, LineChart.Range range, int width, int height) {
    return new LineChart(title + " over steps", "step", yLabel, range, width, height);
  }

  private LineChart steps(LineChart chart, String name, ToDoubleFunction<StepReport> value) {
    double[] x = run.steps().stream().mapToDouble(StepReport::step).toArray();
    return chart.add(
        name, LineChart.Line.SOLID, x, run.steps().stream().mapToDouble(value).toArray());
  }

  private void validations(LineChart chart, String name, ToDoubleFunction<ValidationReport> value) {
    double[] x = run.validations().stream().mapToDouble(ValidationReport::step).toArray();
    chart.add(
        name, LineChart.Line.DASHED, x, run.validations().stream().mapToDouble(value).toArray());
  }

  private Set<String> metricNames() {
    Set<String> names = new LinkedHashSet<>();
    run.validations().forEach(report -> names.addAll(report.evaluation().metrics().keySet()));
    return names;
  }

  private void append(String caption, LineChart chart, String style) {
    out.append("<figure class=\"").append(style).append("\">\n<figcaption>");
    out.append(Html.escape(caption)).append("</figcaption>\n");
    out.append(chart.svg()).append("\n</figure>\n");
  }

  private void validations() {
    if (run.validations().isEmpty()) {
      return;
    }
    Set<String> metrics = metricNames();
    out.append("<h2>Validations</h2>\n<details>\n<summary>");
    out.append(run.validations().size()).append(" in a table</summary>\n<table>\n<tr>");
    out.append("<th class=\"number\">step</th><th class=\"number\">epoch</th>");
    out.append("<th class=\"number\">loss</th>");
    metrics.forEach(name -> cell("th", Html.escape(name)));
    out.append("<th></th></tr>\n");
    for (ValidationReport report : run.validations()) {
      out.append("<tr>");
      cell("td", Figures.count(report.step()));
      cell("td", Figures.epoch(report.epoch()));
      cell("td", Figures.loss(report.evaluation().loss()));
      for (String metric : metrics) {
        cell("td", Figures.loss(report.evaluation().metrics().getOrDefault(metric, Double.NaN)));
      }
      out.append("<td>").append(report.best() ? "best so far" : "").append("</td></tr>\n");
    }
    out.append("</table>\n</details>\n");
  }

  private void cell(String tag, String content) {
    out.append('<').append(tag).append(" class=\"number\">").append(content);
    out.append("</").append(tag).append('>');
  }

  private void notes() {
    if (run.notes().isEmpty()) {
      return;
    }
    out.append("<h2>Events</h2>\n<table>\n");
    for (RunHistory.Note note : run.notes()) {
      row("step " + Figures.count(note.step()), note.sentence());
    }
    out.append("</table>\n");
  }

  private void row(String name, String value) {
    out.append("<tr><th>").append(Html.escape(name)).append("</th><td>");
    out.append(Html.escape(value)).append("</td></tr>\n");
  }

  private void samples() {
    List<SampleReport> shown = spread(run.samples());
    if (shown.isEmpty()) {
      return;
    }
    out.append("<h2>Samples over time</h2>\n");
    if (shown.size() < run.samples().size()) {
      out.append("<p>").append(shown.size()).append(" of ").append(run.samples().size());
      out.append(".</p>\n");
    }
    for (SampleReport sample : shown) {
      out.append("<h3>step ").append(Figures.count(sample.step())).append("</h3>\n<pre>");
      out.append(Html.escape(sample.text())).append("</pre>\n");
    }
  }

  /** The first, the last, and evenly spaced ones between them. */
  private static List<SampleReport> spread(List<SampleReport> samples) {
    if (samples.size() <= SAMPLES_SHOWN) {
      return samples;
    }
    List<SampleReport> chosen = new ArrayList<>();
    for (int i = 0; i < SAMPLES_SHOWN; i++) {
      chosen.add(samples.get(Math.round(i * (samples.size() - 1f) / (SAMPLES_SHOWN - 1))));
    }
    return chosen;
  }

  private void configuration() {
    Map<String, String> configuration = run.start().configuration();
    if (configuration.isEmpty()) {
      return;
    }
    out.append("<h2>Configuration</h2>\n<table>\n");
    configuration.forEach(this::row);
    out.append("</table>\n");
  }
}
