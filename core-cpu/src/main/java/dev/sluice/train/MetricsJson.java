package dev.sluice.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The lines of metrics.jsonl: one JSON object for each event, told apart by {@code event}, each with
 * the {@code step} at which it happened. Numbers that are not finite are written as null.
 */
final class MetricsJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private MetricsJson() {}

  static String start(TrainingStart start) {
    ObjectNode line = event("start", start.resumedStep());
    ObjectNode configuration = line.putObject("configuration");
    start.configuration().forEach(configuration::put);
    line.put("parameters", start.parameters());
    line.put("unit", start.unit());
    line.put("loss_unit", start.lossUnit());
    line.put("steps_per_epoch", start.stepsPerEpoch());
    line.put("planned_steps", start.plannedSteps());
    number(line, "max_seconds", start.maxSeconds());
    return line.toString();
  }

  static String step(StepReport report) {
    ObjectNode line = event("step", report.step());
    number(line, "epoch", report.epoch());
    number(line, "loss", report.loss());
    number(line, "learning_rate", report.learningRate());
    number(line, "gradient_norm", report.gradientNorm());
    number(line, "units_per_second", report.unitsPerSecond());
    number(line, "seconds", report.seconds());
    number(line, "progress", report.progress());
    return line.toString();
  }

  static String validation(ValidationReport report) {
    ObjectNode line = event("validation", report.step());
    number(line, "epoch", report.epoch());
    evaluation(line, report.evaluation());
    line.put("best", report.best());
    number(line, "seconds", report.seconds());
    return line.toString();
  }

  static String sample(SampleReport sample) {
    return event("sample", sample.step()).put("text", sample.text()).toString();
  }

  static String checkpoint(CheckpointReport report) {
    ObjectNode line = event("checkpoint", report.step());
    line.put("file", report.file().toString());
    line.put("best", report.best());
    return line.toString();
  }

  static String nonFinite(NonFiniteReport report) {
    ObjectNode line = event("not_finite", report.step());
    line.put("cause", report.cause());
    line.put("parameter", report.parameter());
    line.put("skipped", report.skipped());
    line.put("in_a_row", report.inARow());
    return line.toString();
  }

  static String warning(long step, String sentence) {
    return event("warning", step).put("sentence", sentence).toString();
  }

  static String end(TrainingResult result) {
    ObjectNode line = event("end", result.step());
    line.put("reason", result.reason().name());
    number(line, "epoch", result.epoch());
    number(line, "training_loss", result.trainingLoss());
    evaluation(line.putObject("validation"), result.validation());
    number(line, "best_loss", result.bestLoss());
    line.put("best_step", result.bestStep());
    number(line, "seconds", result.seconds());
    number(line, "units_per_second", result.unitsPerSecond());
    line.put("model", text(result.model()));
    line.put("checkpoint", text(result.checkpoint()));
    return line.toString();
  }

  /** The object that a line holds; null when the line is not a JSON object. */
  static JsonNode parse(String line) {
    try {
      JsonNode node = MAPPER.readTree(line);
      return node != null && node.isObject() && node.path("step").isIntegralNumber() ? node : null;
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  /**
   * Hands the event that {@link #parse} read to a listener; events it does not know are left out.
   *
   * @throws IllegalArgumentException when a value in the line is not one that an event can have
   */
  static void replay(JsonNode line, TrainingListener listener) {
    long step = line.path("step").asLong();
    switch (line.path("event").asText()) {
      case "start" -> listener.onStart(start(line, step));
      case "step" -> listener.onStep(step(line, step));
      case "validation" ->
          listener.onValidation(
              new ValidationReport(
                  step,
                  number(line, "epoch"),
                  evaluation(line),
                  line.path("best").asBoolean(),
                  number(line, "seconds")));
      case "sample" -> listener.onSample(new SampleReport(step, line.path("text").asText()));
      case "checkpoint" ->
          listener.onCheckpoint(
              new CheckpointReport(step, path(line, "file"), line.path("best").asBoolean()));
      case "not_finite" ->
          listener.onNonFinite(
              new NonFiniteReport(
                  step,
                  line.path("cause").asText(),
                  line.path("parameter").asText(),
                  line.path("skipped").asLong(),
                  line.path("in_a_row").asLong()));
      case "warning" -> listener.onWarning(step, line.path("sentence").asText());
      case "end" -> listener.onEnd(end(line, step));
      default -> {}
    }
  }

  private static TrainingStart start(JsonNode line, long step) {
    Map<String, String> configuration = new LinkedHashMap<>();
    line.path("configuration")
        .properties()
        .forEach(entry -> configuration.put(entry.getKey(), entry.getValue().asText()));
    double maxSeconds = number(line, "max_seconds");
    return new TrainingStart(
        configuration,
        line.path("parameters").asLong(),
        line.path("unit").asText(),
        line.path("loss_unit").asText(),
        line.path("steps_per_epoch").asLong(),
        line.path("planned_steps").asLong(),
        Double.isNaN(maxSeconds) ? Double.POSITIVE_INFINITY : maxSeconds,
        step);
  }

  private static StepReport step(JsonNode line, long step) {
    return new StepReport(
        step,
        number(line, "epoch"),
        number(line, "loss"),
        number(line, "learning_rate"),
        number(line, "gradient_norm"),
        number(line, "units_per_second"),
        number(line, "seconds"),
        number(line, "progress"),
        Double.NaN);
  }

  private static TrainingResult end(JsonNode line, long step) {
    return new TrainingResult(
        reason(line.path("reason").asText()),
        step,
        number(line, "epoch"),
        number(line, "training_loss"),
        evaluation(line.path("validation")),
        number(line, "best_loss"),
        line.path("best_step").asLong(),
        number(line, "seconds"),
        number(line, "units_per_second"),
        path(line, "model"),
        path(line, "checkpoint"));
  }

  private static StopReason reason(String name) {
    for (StopReason reason : StopReason.values()) {
      if (reason.name().equals(name)) {
        return reason;
      }
    }
    throw new IllegalArgumentException(
        "the reason is '%s', but must be one of %s"
            .formatted(name, Arrays.toString(StopReason.values())));
  }

  private static ObjectNode event(String name, long step) {
    return MAPPER.createObjectNode().put("event", name).put("step", step);
  }

  private static void evaluation(ObjectNode line, Evaluation evaluation) {
    number(line, "loss", evaluation.loss());
    line.put("count", evaluation.count());
    if (!evaluation.metrics().isEmpty()) {
      ObjectNode metrics = line.putObject("metrics");
      evaluation.metrics().forEach((name, value) -> number(metrics, name, value));
    }
  }

  private static Evaluation evaluation(JsonNode line) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    JsonNode found = line.path("metrics");
    found.properties().forEach(entry -> metrics.put(entry.getKey(), number(found, entry.getKey())));
    return new Evaluation(number(line, "loss"), line.path("count").asLong(), metrics);
  }

  private static void number(ObjectNode line, String name, double value) {
    if (Double.isFinite(value)) {
      line.put(name, value);
    } else {
      line.putNull(name);
    }
  }

  private static double number(JsonNode line, String name) {
    return line.path(name).asDouble(Double.NaN);
  }

  private static String text(Path path) {
    return path == null ? null : path.toString();
  }

  private static Path path(JsonNode line, String name) {
    return line.path(name).isTextual() ? Path.of(line.path(name).asText()) : null;
  }
}
