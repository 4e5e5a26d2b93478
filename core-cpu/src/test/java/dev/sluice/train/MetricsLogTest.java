package dev.sluice.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** metrics.jsonl: what is written, read back, and kept on a resume. */
class MetricsLogTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("metrics.jsonl");
  }

  private static TrainingStart start(long resumed) {
    Map<String, String> configuration = new LinkedHashMap<>();
    configuration.put("cell", "lstm");
    configuration.put("a", "b\"\n");
    return new TrainingStart(
        configuration, 10, "characters", "nats", 5, 9, Double.POSITIVE_INFINITY, resumed);
  }

  private static StepReport step(long step) {
    return new StepReport(step, 0.5, 1.25, 0.1, 2, 3, 4, 0.5, Double.NaN);
  }

  private static final Evaluation EVALUATION =
      new Evaluation(1.5, 8, Map.of("bits per character", 2.25));

  private void write(long resumed, long... steps) {
    try (MetricsLog log = new MetricsLog(file)) {
      log.onStart(start(resumed));
      for (long step : steps) {
        log.onStep(step(step));
      }
    }
  }

  private List<Long> stepsInFile() throws IOException {
    return RunHistory.read(file, Long.MAX_VALUE).steps().stream().map(StepReport::step).toList();
  }

  @Test
  void everyEventIsOneLineThatReadsBackAsItWas() throws Exception {
    TrainingResult result =
        new TrainingResult(
            StopReason.TIME, 3, 0.6, 1.25, EVALUATION, 1.5, 2, 4.5, 3, Path.of("m"), null);
    try (MetricsLog log = new MetricsLog(file)) {
      log.onStart(start(0));
      log.onStep(step(1));
      log.onValidation(new ValidationReport(2, 0.4, EVALUATION, true, 4));
      log.onSample(new SampleReport(2, "läßt \uD83D\uDE00 \n"));
      log.onCheckpoint(new CheckpointReport(2, Path.of("c"), true));
      log.onNonFinite(new NonFiniteReport(3, "the loss is not finite", "", 1, 1));
      log.onWarning(3, "look out");
      log.onEnd(result);
    }
    assertEquals(8, Files.readAllLines(file).size());
    RunHistory history = RunHistory.read(file, Long.MAX_VALUE);
    assertEquals(start(0), history.start());
    assertEquals(List.of(step(1)), history.steps());
    assertEquals(List.of(new ValidationReport(2, 0.4, EVALUATION, true, 4)), history.validations());
    assertEquals(List.of(new SampleReport(2, "läßt \uD83D\uDE00 \n")), history.samples());
    assertEquals(2, history.notes().size());
    assertEquals(result, history.result());
  }

  @Test
  void numbersThatAreNotFiniteAreNull() throws Exception {
    try (MetricsLog log = new MetricsLog(file)) {
      log.onStart(start(0));
      log.onStep(
          new StepReport(
              1, 1, Double.NaN, 1, Double.POSITIVE_INFINITY, 1, 1, 1, Double.NEGATIVE_INFINITY));
    }
    String line = Files.readAllLines(file).get(1);
    assertTrue(line.contains("\"loss\":null") && line.contains("\"gradient_norm\":null"), line);
    assertTrue(Double.isNaN(RunHistory.read(file, 9).steps().getFirst().loss()));
  }

  @Test
  void linesAreInTheFileAtOnce() throws Exception {
    try (MetricsLog log = new MetricsLog(file)) {
      log.onStart(start(0));
      log.onStep(step(1));
      assertEquals(List.of(1L), stepsInFile());
    }
  }

  @Test
  void aResumedRunKeepsTheLinesUpToItsStep() throws Exception {
    write(0, 1, 2, 3, 4);
    write(3, 4, 5);
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L), stepsInFile());
    assertEquals(3, RunHistory.read(file, 3).steps().size());
  }

  @Test
  void aFreshRunStartsAnew() throws Exception {
    write(0, 1, 2, 3);
    write(0, 1);
    assertEquals(List.of(1L), stepsInFile());
  }

  @Test
  void aResumedRunWithoutAFileStartsOne() throws Exception {
    write(3, 4);
    assertEquals(List.of(4L), stepsInFile());
  }

  @Test
  void aLineThatACrashCutOffIsReplaced() throws Exception {
    for (String torn : List.of("{\"event\":\"step\",\"st", "{\"event\":\"step\",\"step\":2}", "")) {
      write(0, 1, 2);
      Files.writeString(file, torn, StandardOpenOption.APPEND);
      assertEquals(List.of(1L, 2L), stepsInFile(), torn);
      write(2, 3);
      assertEquals(List.of(1L, 2L, 3L), stepsInFile(), torn);
    }
  }

  @Test
  void aValueThatNoEventHasIsReportedWithFileAndLine() throws Exception {
    for (String odd :
        List.of(
            "{\"event\":\"end\",\"step\":1,\"reason\":\"BORED\"}",
            "{\"event\":\"checkpoint\",\"step\":1,\"file\":\"a\\u0000b\"}",
            "{\"event\":\"validation\",\"step\":1,\"count\":-1}")) {
      write(0, 1);
      Files.writeString(file, odd + "\n", StandardOpenOption.APPEND);
      String message = assertThrows(IOException.class, this::stepsInFile, odd).getMessage();
      assertTrue(
          message.startsWith("line 3 of " + file + " is no event of a training run: "), message);
      assertFalse(message.contains("dev.sluice"), message);
    }
  }

  @Test
  void aForeignFileIsNotOverwrittenByAResume() throws Exception {
    Files.writeString(file, "some text\nmore text\n");
    UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> write(3, 4));
    assertEquals(
        "the metrics file "
            + file
            + " cannot be written: line 1 of "
            + file
            + " is no event of a training run: a JSON object with a step",
        e.getMessage());
    assertEquals("some text\nmore text\n", Files.readString(file));
  }
}
