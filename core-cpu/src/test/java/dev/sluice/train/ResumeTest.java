package dev.sluice.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import dev.sluice.optim.Schedule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** N + M steps are N steps, a stop, and M steps by another process: in every bit. */
class ResumeTest {
  @TempDir Path folder;

  private static ToyRun plateau() {
    // Falls at every second validation: the schedule's state matters.
    return new ToyRun(ToyRun.HIDDEN, new Schedule.Plateau(0.02, 0.5, 0, 1e-6));
  }

  private static void assertSameState(ToyRun expected, ToyRun actual, String when) {
    assertArrayEquals(expected.parameters(), actual.parameters(), "parameters " + when);
    assertSame(expected.optimizer.state(), actual.optimizer.state(), when);
    assertSame(expected.problem.carried(), actual.problem.carried(), when);
  }

  private static void assertSame(
      Map<String, Tensor> expected, Map<String, Tensor> actual, String when) {
    assertEquals(expected.keySet(), actual.keySet());
    for (String name : expected.keySet()) {
      if (name.equals("step")) {
        assertArrayEquals(expected.get(name).toInts(), actual.get(name).toInts(), when);
      } else {
        assertArrayEquals(expected.get(name).toFloats(), actual.get(name).toFloats(), name + when);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1", "3,1", "4,1", "5,1", "9,1", "2,2", "3,2", "5,2", "2,3", "2,7"})
  void resumesAtAnyStepWithAnyAccumulation(int stop, int accumulation) throws Exception {
    Supplier<ToyRun> make =
        () -> {
          ToyRun toy = plateau();
          toy.builder.accumulation(accumulation).validateEvery(2).reportEvery(3).patience(40);
          return toy;
        };
    int all = stop + 6;
    try (ToyRun whole = make.get();
        ToyRun first = make.get();
        ToyRun second = make.get()) {
      whole.builder.maxSteps(all);
      whole.run();
      first.in(folder).builder.maxSteps(stop);
      Path checkpoint = first.run().checkpoint();
      second.in(folder).builder.maxSteps(all).resume(checkpoint);
      TrainingResult result = second.run();
      assertEquals(all, result.step());
      assertSameState(whole, second, " stopped at " + stop);
      assertEquals(whole.builder.schedule.state(), second.builder.schedule.state());
    }
  }

  @Test
  void theCpuResumesToTheBitWithAnotherNumberOfThreads() throws Exception {
    try (ToyRun whole = ToyRun.onTheCpu(1);
        ToyRun first = ToyRun.onTheCpu(2);
        ToyRun second = ToyRun.onTheCpu(1)) {
      whole.builder.accumulation(2).reportEvery(4).maxSteps(11);
      whole.run();
      first.in(folder).builder.accumulation(2).reportEvery(4).maxSteps(5);
      Path checkpoint = first.run().checkpoint();
      second.builder.accumulation(2).reportEvery(4).maxSteps(11).resume(checkpoint);
      second.run();
      assertSameState(whole, second, " on the CPU");
      assertEquals(whole.history.steps().get(2).loss(), second.history.steps().getFirst().loss());
    }
  }

  @Test
  void momentumAndRmsPropResumeToo() throws Exception {
    List<UpdateRule> rules =
        List.of(
            new UpdateRule.Sgd(0, false, 0.01f),
            new UpdateRule.Sgd(0.9f, true, 0),
            new UpdateRule.RmsProp(0.95f, 1e-8f, 0));
    for (UpdateRule rule : rules) {
      Supplier<ToyRun> make =
          () -> new ToyRun(ToyRun.HIDDEN, new Schedule.Cosine(0.01, 0, 2, 9), rule);
      try (ToyRun whole = make.get();
          ToyRun first = make.get();
          ToyRun second = make.get()) {
        whole.builder.maxSteps(8);
        whole.run();
        first.in(folder).builder.maxSteps(4);
        second.builder.maxSteps(8).resume(first.run().checkpoint());
        second.run();
        assertSameState(whole, second, rule.toString());
      }
    }
  }

  @Test
  void metricsOfAResumedRunAreThoseOfTheUnbrokenOne() throws Exception {
    try (ToyRun whole = plateau();
        ToyRun first = plateau();
        ToyRun second = plateau()) {
      whole.builder.reportEvery(4).maxSteps(15);
      whole.run();
      first.in(folder).builder.reportEvery(4).maxSteps(10);
      second.in(folder).builder.reportEvery(4).maxSteps(15).resume(first.run().checkpoint());
      second.run();
      List<String> expected = figures(whole.history, 10);
      RunHistory read = RunHistory.read(new RunFolder(folder).metrics(), Long.MAX_VALUE);
      assertEquals(expected, figures(read, 10), "in the metrics file");
    }
  }

  /** All figures but times; without the extra report at the step of the stop. */
  private static List<String> figures(RunHistory history, long stop) {
    List<String> figures = new ArrayList<>();
    for (StepReport report : history.steps()) {
      if (report.step() != stop) {
        // The reference sums losses in double, and the checkpoint keeps them in single precision.
        figures.add(
            "%d %.5f %s %s"
                .formatted(
                    report.step(), report.loss(), report.learningRate(), report.gradientNorm()));
      }
    }
    for (ValidationReport report : history.validations()) {
      figures.add(report.step() + " " + report.evaluation() + " " + report.best());
    }
    return figures;
  }

  @Test
  void aValidationThatAStopCutOffIsMadeUpFor() throws Exception {
    try (ToyRun whole = plateau();
        ToyRun first = plateau();
        ToyRun second = plateau()) {
      whole.builder.epochs(3);
      whole.run();
      Trainer[] trainer = new Trainer[1];
      first.problem.afterBatch =
          (_, step) -> {
            if (step == 4) { // the last of the epoch: a validation is due after it
              trainer[0].requestStop();
            }
          };
      first.in(folder).builder.epochs(3);
      trainer[0] = first.builder.build();
      Path checkpoint = trainer[0].run().checkpoint();
      assertEquals(List.of(), first.history.validations());
      second.in(folder).builder.epochs(3).resume(checkpoint);
      second.run();
      assertSameState(whole, second, " after the missed validation");
      assertEquals(whole.builder.schedule.state(), second.builder.schedule.state());
      RunHistory read = RunHistory.read(new RunFolder(folder).metrics(), Long.MAX_VALUE);
      assertEquals(figures(whole.history, 5), figures(read, 5));
    }
  }

  @Test
  void aValidationBeforeTheStopDoesNotChangeTheScheduleAfterIt() throws Exception {
    try (ToyRun whole = plateau();
        ToyRun first = plateau();
        ToyRun second = plateau()) {
      whole.builder.maxSteps(12);
      whole.run();
      first.in(folder).builder.maxSteps(7);
      Path checkpoint = first.run().checkpoint();
      assertEquals(7, first.history.validations().getLast().step(), "an extra one at the end");
      second.builder.maxSteps(12).resume(checkpoint);
      second.run();
      assertSameState(whole, second, " after an extra validation");
    }
  }

  @Test
  void bestModelAndPatienceSurvive() throws Exception {
    Supplier<ToyRun> make =
        () -> new ToyRun(ToyRun.HIDDEN, new Schedule.Constant(1e-30)).in(folder);
    try (ToyRun first = make.get();
        ToyRun second = make.get()) {
      first.builder.epochs(3).patience(4);
      Path checkpoint = first.run().checkpoint();
      byte[] model = Files.readAllBytes(new RunFolder(folder).model());
      second.builder.epochs(30).patience(4).resume(checkpoint);
      TrainingResult result = second.run();
      assertEquals(StopReason.EARLY_STOPPING, result.reason());
      assertEquals(25, result.step(), "the fourth validation after the first");
      assertEquals(5, result.bestStep());
      assertEquals(0, second.problem.modelsSaved);
      assertEquals(new RunFolder(folder).model(), result.model());
      assertArrayEquals(model, Files.readAllBytes(result.model()));
    }
  }

  @Test
  void aRunResumedElsewhereHasItsOwnModel() throws Exception {
    try (ToyRun first = new ToyRun().in(folder.resolve("one"));
        ToyRun second = new ToyRun(ToyRun.HIDDEN, new Schedule.Exponential(1e-30, 0.9, 1))) {
      first.builder.epochs(1);
      second.in(folder.resolve("two")).builder.epochs(2).resume(first.run().checkpoint());
      TrainingResult result = second.run();
      assertEquals(folder.resolve("two"), result.model().getParent());
      assertTrue(Files.exists(result.model()));
    }
  }

  @Test
  void nothingLeftToDoEndsAtOnce() throws Exception {
    try (ToyRun first = new ToyRun().in(folder);
        ToyRun second = new ToyRun().in(folder)) {
      first.builder.epochs(2);
      second.builder.epochs(2).resume(first.run().checkpoint());
      TrainingResult result = second.run();
      assertEquals(StopReason.EPOCHS, result.reason());
      assertEquals(10, result.step());
      assertEquals(List.of(), second.problem.batches);
    }
  }
}
