package dev.sluice.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.OutOfDeviceMemoryException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose device has no memory left saves what its steps have reached, and can go on from there. */
class OutOfMemoryTest {
  private static final String FULL = "GPU 0 is out of memory: 1 TiB asked for.";

  @TempDir Path folder;

  @Test
  void betweenStepsTheExactStateIsSaved() throws Exception {
    float[] whole = unbroken(7);
    try (ToyRun toy = new ToyRun().in(folder)) {
      toy.problem.memoryForEvaluations = 0;
      toy.builder.maxSteps(7);
      TrainingException stopped = assertThrows(TrainingException.class, toy::run);
      assertEquals(5, stopped.result().step()); // where the epoch ends, and a validation is due
      assertEquals(StopReason.OUT_OF_MEMORY, stopped.result().reason());
      assertEquals(StopReason.OUT_OF_MEMORY, toy.history.result().reason());
      Path last = new RunFolder(folder).lastCheckpoint();
      assertEquals(
          "training stopped after step 5: "
              + FULL
              + " The last checkpoint is that of step 5, "
              + last
              + ".",
          stopped.getMessage());
    }
    assertArrayEquals(whole, resumed(7));
  }

  @Test
  void withinAStepItsStartIsSaved() throws Exception {
    try (ToyRun toy = new ToyRun().in(folder)) {
      toy.problem.afterBatch =
          (_, step) -> {
            if (step == 6) {
              throw new OutOfDeviceMemoryException(FULL);
            }
          };
      toy.builder.accumulation(2).maxSteps(9).validateEachEpoch(false);
      TrainingException stopped = assertThrows(TrainingException.class, toy::run);
      assertEquals(3, stopped.result().step(), "batches 5 and 6 are of the fourth step");
      assertTrue(stopped.getMessage().contains("that of step 3, "), stopped.getMessage());
    }
    try (ToyRun toy = new ToyRun().in(folder)) {
      toy.builder.accumulation(2).maxSteps(4).resume(new RunFolder(folder).lastCheckpoint());
      toy.run();
      assertEquals(0, toy.problem.batches.getFirst(), "the fourth step is done from its start");
      assertEquals(1, toy.problem.epoch);
    }
  }

  /** When even saving does not work, the one before stays and is named. */
  @Test
  void anEarlierCheckpointIsNamed() throws Exception {
    Path last = new RunFolder(folder).lastCheckpoint();
    byte[] before;
    try (ToyRun toy = new ToyRun().in(folder)) {
      toy.builder.maxSteps(2);
      toy.run();
      before = Files.readAllBytes(last);
    }
    try (ToyRun toy = new ToyRun().in(folder)) {
      toy.problem.afterBatch =
          (problem, _) ->
              problem.carriedView =
                  _ -> {
                    throw new OutOfDeviceMemoryException(FULL);
                  };
      toy.problem.memoryForEvaluations = 0;
      toy.builder.maxSteps(7).resume(last);
      TrainingException stopped = assertThrows(TrainingException.class, toy::run);
      assertFalse(stopped.getMessage().contains("that of step 5"), stopped.getMessage());
      assertTrue(stopped.getMessage().contains("that of step 2, " + last), stopped.getMessage());
    }
    assertArrayEquals(before, Files.readAllBytes(last));
  }

  private static float[] unbroken(int steps) throws Exception {
    try (ToyRun toy = new ToyRun()) {
      toy.builder.maxSteps(steps);
      toy.run();
      return toy.parameters();
    }
  }

  private float[] resumed(int steps) throws Exception {
    try (ToyRun toy = new ToyRun().in(folder)) {
      toy.builder.maxSteps(steps).resume(new RunFolder(folder).lastCheckpoint());
      toy.run();
      return toy.parameters();
    }
  }
}
