package dev.sluice.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A step whose loss or gradients are not finite is not applied, and the run says where it began. */
class NonFiniteTest {
  @TempDir Path folder;

  private static void set(Tensor tensor, float value) {
    float[] values = tensor.toFloats();
    values[values.length / 2] = value;
    tensor.upload(values, 0);
  }

  private static void breakGradient(ToyRun toy, IntPredicate steps, String name, float value) {
    toy.problem.afterBatch =
        (problem, step) -> {
          if (steps.test(step)) {
            set(problem.parameters().parameter(name).gradient(), value);
          }
        };
  }

  private static List<NonFiniteReport> collect(ToyRun toy) {
    List<NonFiniteReport> reports = new ArrayList<>();
    toy.builder.listener(
        new TrainingListener() {
          @Override
          public void onNonFinite(NonFiniteReport report) {
            reports.add(report);
          }
        });
    return reports;
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void theParameterIsNamedAndTheStepSkipped(float value) throws Exception {
    try (ToyRun toy = new ToyRun()) {
      breakGradient(toy, step -> step == 3, "lstm.weight_hh_l1", value);
      List<NonFiniteReport> reports = collect(toy);
      toy.builder.maxSteps(6).reportEvery(2);
      toy.run();
      assertEquals(
          List.of(
              new NonFiniteReport(
                  4, "the gradient of lstm.weight_hh_l1 is not finite", "lstm.weight_hh_l1", 1, 1)),
          reports);
      assertEquals(5, toy.optimizer.applied());
      assertEquals(
          "the gradient of lstm.weight_hh_l1 is not finite; the step was not applied",
          toy.history.notes().getFirst().sentence());
    }
  }

  @Test
  void theParameterNearestToTheLossIsNamed() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      toy.problem.afterBatch =
          (problem, step) -> {
            if (step == 1) {
              set(problem.parameters().parameter("lstm.weight_ih_l0").gradient(), Float.NaN);
              set(problem.parameters().parameter("lstm.bias_hh_l1").gradient(), Float.NaN);
            }
          };
      List<NonFiniteReport> reports = collect(toy);
      toy.builder.maxSteps(3);
      toy.run();
      assertEquals("lstm.bias_hh_l1", reports.getFirst().parameter());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSkippedStepLeavesParametersAndReportedLossAlone(boolean cpu) throws Exception {
    try (ToyRun toy = cpu ? ToyRun.onTheCpu(1) : new ToyRun()) {
      float[][] before = new float[1][];
      toy.problem.afterBatch =
          (problem, step) -> {
            if (step == 3) {
              before[0] = problem.parameters().values().toFloats();
              problem.trainTotal().upload(new float[] {Float.NaN, 8}, 0);
            }
            if (step == 4) {
              assertArrayEquals(before[0], problem.parameters().values().toFloats());
            }
          };
      List<NonFiniteReport> reports = collect(toy);
      toy.builder.maxSteps(6).reportEvery(2).validateEachEpoch(false);
      toy.run();
      assertEquals("the loss is not finite", reports.getFirst().cause());
      assertEquals("", reports.getFirst().parameter());
      for (StepReport report : toy.history.steps()) {
        assertTrue(Double.isFinite(report.loss()), report.toString());
      }
    }
  }

  @Test
  void squaresThatOverflowAreToldFromInfiniteGradients() throws Exception {
    try (ToyRun toy = ToyRun.onTheCpu(1)) {
      breakGradient(toy, step -> step == 2, "output.weight", 1e30f);
      List<NonFiniteReport> reports = collect(toy);
      toy.builder.maxSteps(4);
      toy.run();
      assertEquals(
          "the gradients are so large that the sum of their squares is not finite",
          reports.getFirst().cause());
      assertEquals(3, toy.optimizer.applied());
    }
  }

  @Test
  void lossAndGradientAreBothNamed() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      toy.problem.afterBatch =
          (problem, step) -> {
            if (step == 2) {
              problem.trainTotal().upload(new float[] {Float.POSITIVE_INFINITY, 8}, 0);
              set(problem.parameters().parameter("output.weight").gradient(), Float.NaN);
            }
          };
      List<NonFiniteReport> reports = collect(toy);
      toy.builder.maxSteps(3);
      toy.run();
      assertEquals(
          "the loss is not finite, and the gradient of output.weight is not finite",
          reports.getFirst().cause());
    }
  }

  @Test
  void tooManyInARowEndTheRunAndKeepTheLastGoodCheckpoint() throws Exception {
    try (ToyRun toy = new ToyRun().in(folder)) {
      breakGradient(toy, step -> step >= 7, "output.bias", Float.NaN);
      toy.builder.epochs(9).maxSkipped(3);
      TrainingException e = assertThrows(TrainingException.class, toy::run);
      Path last = new RunFolder(folder).lastCheckpoint();
      assertEquals(
          "training stopped at step 10: 3 steps in a row could not be applied (the gradient of"
              + " output.bias is not finite); the last checkpoint is that of step 5, "
              + last
              + "; try a lower learning rate or a smaller clipping norm",
          e.getMessage());
      assertEquals(StopReason.NOT_FINITE, e.result().reason());
      assertEquals(last, e.result().checkpoint());
      assertEquals(5, Checkpoint.progress(last).step());
      assertEquals(7, toy.optimizer.applied());
      assertEquals(StopReason.NOT_FINITE, toy.history.result().reason());
    }
  }

  @Test
  void singleSkipsDoNotAddUp() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      breakGradient(toy, step -> step % 2 == 0, "output.bias", Float.NaN);
      toy.builder.maxSteps(20).maxSkipped(2);
      assertEquals(StopReason.STEPS, toy.run().reason());
      assertEquals(10, toy.optimizer.applied());
    }
  }

  @Test
  void rareChecksCountWhatHappenedBetweenThem() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      breakGradient(toy, step -> step == 1 || step == 2 || step >= 8, "output.bias", Float.NaN);
      List<NonFiniteReport> reports = collect(toy);
      toy.builder.maxSteps(30).guardEvery(4).maxSkipped(5);
      TrainingException e = assertThrows(TrainingException.class, toy::run);
      assertEquals(16, e.result().step());
      assertEquals(
          new NonFiniteReport(
              4, "the loss or the gradients of an earlier step were not finite", "", 2, 0),
          reports.get(0));
      assertEquals(4, reports.get(1).inARow());
      assertEquals(8, reports.get(2).inARow());
      assertEquals("output.bias", reports.get(2).parameter());
    }
  }

  @Test
  void skipsAfterTheLastRegularCheckAreToldAtTheEnd() throws Exception {
    try (ToyRun toy = new ToyRun()) {
      breakGradient(toy, step -> step == 5, "output.bias", Float.NaN);
      List<NonFiniteReport> reports = collect(toy);
      toy.builder.maxSteps(6).guardEvery(4);
      toy.run();
      assertEquals(1, reports.size());
      assertEquals(6, reports.getFirst().step());
    }
  }

  @Test
  void parametersThatAreNotFiniteAreNeverSaved() throws Exception {
    try (ToyRun toy = new ToyRun().in(folder)) {
      toy.problem.afterBatch =
          (problem, step) -> {
            if (step == 6) {
              set(problem.parameters().parameter("lstm.bias_ih_l0").value(), Float.NaN);
            }
          };
      List<NonFiniteReport> reports = collect(toy);
      toy.builder.epochs(2);
      TrainingException e = assertThrows(TrainingException.class, toy::run);
      Path last = new RunFolder(folder).lastCheckpoint();
      assertEquals(
          "the state of step 10 could not be saved: cannot write "
              + last
              + ": the parameters are no longer finite numbers; the last checkpoint is that of step"
              + " 5, "
              + last,
          e.getMessage());
      assertEquals(5, Checkpoint.progress(last).step());
      assertEquals("the parameter lstm.bias_ih_l0 itself is not finite", reports.getLast().cause());
      assertFalse(Files.readString(new RunFolder(folder).metrics()).contains("NaN"));
    }
  }
}
