package dev.sluice.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.optim.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loop: its limits, what is due when, and that it trains. */
class TrainerTest {
  @TempDir Path folder;

  private static List<Long> steps(RunHistory history) {
    return history.steps().stream().map(StepReport::step).toList();
  }

  private static List<Long> validations(RunHistory history) {
    return history.validations().stream().map(ValidationReport::step).toList();
  }

  @Test
  void lossFallsAndTheResultSaysWhere() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      toy.builder.epochs(60);
      TrainingResult result = toy.run();
      assertEquals(StopReason.EPOCHS, result.reason());
      assertEquals(300, result.step());
      assertEquals(60, result.epoch());
      double first = toy.history.validations().getFirst().evaluation().loss();
      assertTrue(result.bestLoss() < first / 4, first + " fell to " + result.bestLoss());
      assertEquals(result.bestLoss(), bestOf(toy.history));
      assertEquals(result.validation(), toy.history.validations().getLast().evaluation());
      assertEquals(result.trainingLoss(), toy.history.steps().getLast().loss());
      assertNull(result.model());
      assertNull(result.checkpoint());
    }
  }

  private static double bestOf(RunHistory history) {
    return history.validations().stream()
        .mapToDouble(report -> report.evaluation().loss())
        .min()
        .orElseThrow();
  }

  @Test
  void reportsTheFirstStepEveryTenthAndTheLast() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      toy.builder.maxSteps(23).validateEachEpoch(false);
      assertEquals(StopReason.STEPS, toy.run().reason());
      assertEquals(List.of(1L, 10L, 20L, 23L), steps(toy.history));
      StepReport report = toy.history.steps().get(1);
      assertEquals(2, report.epoch(), "10 of 5 batches an epoch");
      assertEquals(0.02 * 0.97, report.learningRate(), 1e-12, "of the step, not the next one");
      assertTrue(report.gradientNorm() > 0);
      assertEquals(10.0 / 23, report.progress(), 1e-12);
    }
  }

  @Test
  void reportedLossIsTheMeanSinceTheLastReport() throws Exception {
    double[] losses = new double[12];
    try (ToyRun each = new ToyRun()) {
      each.builder.maxSteps(12).reportEvery(1).validateEachEpoch(false);
      each.run();
      for (int i = 0; i < losses.length; i++) {
        losses[i] = each.history.steps().get(i).loss();
      }
    }
    try (ToyRun some = new ToyRun()) {
      some.builder.maxSteps(12).reportEvery(4).validateEachEpoch(false);
      some.run();
      List<StepReport> reports = some.history.steps();
      assertEquals(losses[0], reports.get(0).loss(), 1e-6);
      assertEquals((losses[1] + losses[2] + losses[3]) / 3, reports.get(1).loss(), 1e-6);
      assertEquals(
          (losses[8] + losses[9] + losses[10] + losses[11]) / 4, reports.get(3).loss(), 1e-6);
    }
  }

  @Test
  void accumulationAveragesAndEndsWithTheEpoch() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      toy.builder.epochs(2).accumulation(2).reportEvery(1);
      assertEquals(6, toy.run().step(), "2 + 2 + 1 batches in each epoch");
      assertEquals(List.of(0L, 1L, 2L, 3L, 4L, 0L, 1L, 2L, 3L, 4L), toy.problem.batches);
      assertEquals(List.of(.5f, .5f, .5f, .5f, 1f, .5f, .5f, .5f, .5f, 1f), toy.problem.scales);
      assertEquals(0.8, toy.history.steps().get(1).epoch(), 1e-12);
    }
  }

  @Test
  void everyMicroBatchHasRandomNumbersOfItsOwn() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      StringBuilder draws = new StringBuilder();
      toy.problem.afterBatch = (_, step) -> draws.append(step).append(' ');
      toy.builder.epochs(2).accumulation(3);
      toy.run();
      assertEquals("0 1 2 3 4 5 6 7 8 9 ", draws.toString());
    }
  }

  @Test
  void sameSeedSameBitsOtherSeedOtherMasks() throws Exception {
    try (ToyRun one = new ToyRun();
        ToyRun two = new ToyRun();
        ToyRun other = new ToyRun()) {
      one.builder.maxSteps(7);
      two.builder.maxSteps(7);
      other.builder.maxSteps(7).seed(8);
      one.run();
      two.run();
      other.run();
      assertArrayEquals(one.parameters(), two.parameters());
      assertFalse(Arrays.equals(one.parameters(), other.parameters()));
    }
  }

  @Test
  void validatesEverySoManyStepsAndAtTheEnd() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      toy.builder.maxSteps(8).validateEvery(3).validateEachEpoch(false);
      TrainingResult result = toy.run();
      assertEquals(List.of(3L, 6L, 8L), validations(toy.history));
      assertEquals(3, toy.history.samples().size());
      assertEquals(result.bestStep(), bestStep(toy.history));
    }
  }

  private static long bestStep(RunHistory history) {
    return history.validations().stream()
        .filter(ValidationReport::best)
        .mapToLong(ValidationReport::step)
        .max()
        .orElseThrow();
  }

  @Test
  void aTimeLimitStillValidatesAndSaves() throws Exception {
    try (ToyRun toy = new ToyRun().in(folder)) {
      long[] now = {0};
      toy.builder.nanoTime = () -> now[0];
      toy.problem.afterBatch = (_, _) -> now[0] += 1_000_000_000L;
      toy.builder.maxTime(Duration.ofSeconds(3)).validateEachEpoch(false);
      TrainingResult result = toy.run();
      assertEquals(StopReason.TIME, result.reason());
      assertEquals(3, result.step());
      assertEquals(3, result.seconds(), 1e-9);
      assertEquals(8, result.unitsPerSecond(), 1e-9);
      assertEquals(List.of(3L), validations(toy.history));
      assertTrue(Files.exists(result.model()));
      assertEquals(3, Checkpoint.progress(result.checkpoint()).step());
    }
  }

  @Test
  void throughputAndTimeLeftLeaveValidationOut() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      long[] now = {0};
      toy.builder.nanoTime = () -> now[0];
      toy.problem.afterBatch = (_, _) -> now[0] += 500_000_000L;
      toy.builder.listener(
          new TrainingListener() {
            @Override
            public void onValidation(ValidationReport report) {
              now[0] += 60_000_000_000L;
            }
          });
      toy.builder.maxSteps(10).reportEvery(1);
      toy.run();
      StepReport sixth = toy.history.steps().get(5);
      assertEquals(16, sixth.unitsPerSecond(), 1e-9, "8 values in half a second");
      assertEquals(63, sixth.seconds(), 1e-9, "with one validation");
      assertEquals(63.0 / 6 * 4, sixth.secondsLeft(), 1e-9);
    }
  }

  @Test
  void stopsEarlyWhenTheLossNoLongerImproves() throws Exception {
    try (ToyRun toy = new ToyRun(ToyRun.HIDDEN, new Schedule.Constant(1e-30))) {
      toy.builder.epochs(50).patience(3); // parameters never move, so only the first is best
      TrainingResult result = toy.run();
      assertEquals(StopReason.EARLY_STOPPING, result.reason());
      assertEquals(4, toy.history.validations().size());
      assertEquals(5, result.bestStep());
    }
  }

  @Test
  void aTooSmallImprovementDoesNotCountForPatience() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      toy.builder.epochs(50).patience(2).minImprovement(100);
      assertEquals(StopReason.EARLY_STOPPING, toy.run().reason());
      assertEquals(3, toy.history.validations().size());
    }
  }

  @Test
  void theModelFileHoldsTheBestModel() throws Exception {
    try (ToyRun toy = new ToyRun(ToyRun.HIDDEN, new Schedule.Constant(1e-30)).in(folder)) {
      toy.builder.epochs(3);
      TrainingResult result = toy.run();
      assertEquals(1, toy.problem.modelsSaved, "only the first validation was the best");
      assertEquals(5, Checkpoint.progress(new RunFolder(folder).bestCheckpoint()).step());
      assertEquals(15, Checkpoint.progress(new RunFolder(folder).lastCheckpoint()).step());
      assertEquals(new RunFolder(folder).model(), result.model());
    }
  }

  @Test
  void withoutHeldOutDataTheLastModelIsKept() throws Exception {
    try (ToyRun toy = new ToyRun().in(folder)) {
      toy.problem.heldOut = false;
      toy.builder.epochs(2);
      TrainingResult result = toy.run();
      assertEquals(List.of(), toy.history.validations());
      assertEquals(1, toy.problem.modelsSaved);
      assertTrue(Files.exists(result.model()));
      assertTrue(Double.isNaN(result.bestLoss()));
      assertEquals(Evaluation.NONE, result.validation());
    }
  }

  @Test
  void checkpointsEverySoManySteps() throws Exception {
    try (ToyRun toy = new ToyRun().in(folder)) {
      StringBuilder saved = new StringBuilder();
      toy.builder.listener(
          new TrainingListener() {
            @Override
            public void onCheckpoint(CheckpointReport report) {
              saved.append(report.step()).append(report.best() ? "b " : " ");
            }
          });
      toy.builder.maxSteps(4).checkpointEvery(2).validateEachEpoch(false);
      toy.run();
      assertEquals("2 4 4b 4 ", saved.toString());
    }
  }

  @Test
  void stopsWhenAskedAndSavesWithoutValidating() throws Exception {
    try (ToyRun toy = new ToyRun().in(folder)) {
      Trainer[] trainer = new Trainer[1];
      toy.problem.afterBatch =
          (_, step) -> {
            if (step == 2) {
              trainer[0].requestStop();
            }
          };
      toy.builder.epochs(9);
      trainer[0] = toy.builder.build();
      TrainingResult result = trainer[0].run();
      assertEquals(StopReason.INTERRUPTED, result.reason());
      assertEquals(3, result.step());
      assertEquals(List.of(), toy.history.validations());
      assertTrue(Files.exists(result.model()), "something to look at");
      assertEquals(3, Checkpoint.progress(result.checkpoint()).step());
    }
  }

  @Test
  void refusesARunWithoutAnEndAndASecondRun() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      String message =
          assertThrows(IllegalArgumentException.class, toy.builder::build).getMessage();
      assertEquals("training would never end: set epochs, maxSteps or maxTime", message);
      assertThrows(IllegalArgumentException.class, () -> toy.builder.accumulation(0));
      assertThrows(IllegalArgumentException.class, () -> toy.builder.maxTime(Duration.ZERO));
      assertThrows(IllegalArgumentException.class, () -> toy.builder.minImprovement(-1));
      Trainer trainer = toy.builder.maxSteps(1).build();
      trainer.run();
      assertThrows(IllegalStateException.class, trainer::run);
    }
  }

  @Test
  void aFolderThatCannotBeMadeIsOneSentence() throws Exception {
    Path file = Files.writeString(folder.resolve("taken"), "");
    try (ToyRun toy = new ToyRun()) {
      toy.builder.maxSteps(1).folder(new RunFolder(file));
      String message = assertThrows(IOException.class, toy::run).getMessage();
      assertEquals(
          "the run's folder " + file + " cannot be made: a file of that name is in the way",
          message);
    }
  }

  @Test
  void aListenerThatCannotWriteIsReportedOnceAndTrainingGoesOn() throws Exception {
    Path missing = folder.resolve("missing").resolve("metrics.jsonl");
    try (ToyRun toy = new ToyRun()) {
      toy.builder.maxSteps(30).listener(new MetricsLog(missing));
      toy.builder.listener(new HtmlReport(missing.resolveSibling("report.html"), null));
      assertEquals(30, toy.run().step());
      assertEquals(2, toy.history.notes().size(), toy.history.notes().toString());
      assertTrue(toy.history.notes().getFirst().sentence().contains("metrics.jsonl"));
    }
  }

  @Test
  void aModelThatCannotBeSavedIsToldAndTrainingGoesOn() throws Exception {
    try (ToyRun toy = new ToyRun().in(folder)) {
      toy.problem.modelsThatFail = 1;
      toy.builder.epochs(30);
      TrainingResult result = toy.run();
      assertEquals(150, result.step());
      assertEquals(
          "the model of step 5 could not be saved: cannot write "
              + result.model()
              + ": no space left on device; training goes on",
          toy.history.notes().getFirst().sentence());
    }
  }

  @Test
  void aModelThatCouldNotBeSavedToTheEndIsAFailure() throws Exception {
    try (ToyRun toy = new ToyRun().in(folder)) {
      toy.problem.modelsThatFail = 1_000;
      toy.builder.epochs(2);
      TrainingException e = assertThrows(TrainingException.class, toy::run);
      assertEquals(
          "the model of step 10 could not be saved: cannot write "
              + new RunFolder(folder).model()
              + ": no space left on device",
          e.getMessage());
      assertEquals(10, Checkpoint.progress(e.result().checkpoint()).step());
      assertNull(e.result().model());
    }
  }
}
