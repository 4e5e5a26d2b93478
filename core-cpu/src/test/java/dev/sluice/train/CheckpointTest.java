package dev.sluice.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.UpdateRule;
import dev.sluice.format.ArrayInfo;
import dev.sluice.format.NamedArray;
import dev.sluice.format.Safetensors;
import dev.sluice.format.SafetensorsReader;
import dev.sluice.optim.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that does not belong to the run is refused in one sentence, and nothing changes. */
class CheckpointTest {
  private static final Schedule SCHEDULE = new Schedule.Constant(0.02);

  @TempDir Path folder;
  private Path checkpoint;

  @BeforeEach
  void trainThreeSteps() throws Exception {
    try (ToyRun toy = new ToyRun(ToyRun.HIDDEN, SCHEDULE).in(folder)) {
      toy.builder.maxSteps(3);
      checkpoint = toy.run().checkpoint();
    }
  }

  /** What a resume says; also checks that it changes no parameter. */
  private static <E extends Exception> String refusal(Class<E> type, ToyRun toy, Path file)
      throws Exception {
    try (toy) {
      float[] before = toy.parameters();
      toy.builder.maxSteps(9).resume(file);
      String message = assertThrows(type, toy::run).getMessage();
      assertArrayEquals(before, toy.parameters());
      return message;
    }
  }

  private ToyRun same() {
    return new ToyRun(ToyRun.HIDDEN, SCHEDULE);
  }

  /** A copy of the checkpoint without some arrays and with some metadata replaced. */
  private Path changed(Predicate<String> keep, Map<String, String> metadata) throws IOException {
    Path target = folder.resolve("changed.safetensors");
    try (SafetensorsReader reader = Safetensors.open(checkpoint)) {
      List<NamedArray> arrays = new ArrayList<>();
      for (ArrayInfo info : reader.arrays().values()) {
        if (keep.test(info.name())) {
          arrays.add(
              info.type().isFloatingPoint()
                  ? new NamedArray.Floats(info.name(), info.shape(), reader.floats(info.name()))
                  : new NamedArray.Ints(info.name(), info.shape(), reader.ints(info.name())));
        }
      }
      Map<String, String> all = new HashMap<>(reader.metadata());
      all.putAll(metadata);
      all.values().removeIf(String::isEmpty);
      Safetensors.write(target, arrays, all);
    }
    return target;
  }

  @Test
  void tellsItsProgress() throws Exception {
    Checkpoint.Progress progress = Checkpoint.progress(checkpoint);
    assertEquals(3, progress.step());
    assertEquals(0, progress.epoch());
    assertEquals(3, progress.bestStep());
    assertTrue(progress.bestLoss() > 0);
    assertTrue(progress.seconds() > 0);
  }

  @Test
  void anotherModelIsRefusedByParameterAndShape() throws Exception {
    assertEquals(
        checkpoint
            + " cannot be resumed with this model: parameter lstm.weight_ih_l0 has the shape"
            + " [12, 1] in the file but [20, 1] in the model",
        refusal(IllegalArgumentException.class, new ToyRun(5, SCHEDULE), checkpoint));
  }

  @Test
  void missingAndSurplusArraysAreNamed() throws Exception {
    Path without = changed(name -> !name.equals("carried.lstm.c"), Map.of());
    assertEquals(
        without + " cannot be resumed with this model: the file has no carried state lstm.c",
        refusal(IllegalArgumentException.class, same(), without));
    without = changed(name -> !name.equals("optimizer.exp_avg"), Map.of());
    assertEquals(
        without + " cannot be resumed with this model: the file has no optimizer state exp_avg",
        refusal(IllegalArgumentException.class, same(), without));
    ToyRun plain = new ToyRun(ToyRun.HIDDEN, SCHEDULE, new UpdateRule.Sgd(0, false, 0));
    Path pretended = changed(_ -> true, Map.of("optimizer", "Sgd"));
    assertEquals(
        pretended + " cannot be resumed with this model: the model has no optimizer state exp_avg",
        refusal(IllegalArgumentException.class, plain, pretended));
  }

  @Test
  void otherSettingsAreNamed() throws Exception {
    ToyRun seed = same();
    seed.builder.seed(12);
    assertEquals(
        checkpoint + " was made with seed 7 and cannot be resumed with 12",
        refusal(IllegalArgumentException.class, seed, checkpoint));
    ToyRun accumulation = same();
    accumulation.builder.accumulation(2);
    assertEquals(
        checkpoint + " was made with accumulation 1 and cannot be resumed with 2",
        refusal(IllegalArgumentException.class, accumulation, checkpoint));
    ToyRun rule = new ToyRun(ToyRun.HIDDEN, SCHEDULE, new UpdateRule.Sgd(0.9f, false, 0));
    assertEquals(
        checkpoint + " was made with optimizer Adam and cannot be resumed with Sgd",
        refusal(IllegalArgumentException.class, rule, checkpoint));
    ToyRun schedule = new ToyRun(ToyRun.HIDDEN, new Schedule.Plateau(1, 0.5, 1, 0));
    assertEquals(
        checkpoint + " was made with schedule Constant and cannot be resumed with Plateau",
        refusal(IllegalArgumentException.class, schedule, checkpoint));
    Path data = changed(_ -> true, Map.of("batches_per_epoch", "6"));
    assertEquals(
        data + " was made with batches per epoch 6 and cannot be resumed with 5",
        refusal(IllegalArgumentException.class, same(), data));
  }

  @Test
  void foreignFilesAndOtherVersionsAreRefused() throws Exception {
    Path model = new RunFolder(folder).model();
    assertEquals(
        model + " is a safetensors file, but no checkpoint of a training run",
        refusal(IOException.class, same(), model));
    Path newer = changed(_ -> true, Map.of("version", "2"));
    assertEquals(
        newer + " is a checkpoint of format version 2, and this program reads version 1",
        refusal(IOException.class, same(), newer));
    Path missing = folder.resolve("nothing");
    assertEquals("there is no file " + missing, refusal(IOException.class, same(), missing));
    Path text = Files.writeString(folder.resolve("text"), "no checkpoint, but some words");
    assertTrue(refusal(IOException.class, same(), text).startsWith(text + " is not a safetensors"));
  }

  @Test
  void everyTruncationIsRefused() throws Exception {
    byte[] whole = Files.readAllBytes(checkpoint);
    Path cut = folder.resolve("cut.safetensors");
    for (int length = 0; length < whole.length; length += 97) {
      Files.write(cut, Arrays.copyOf(whole, length));
      String message = refusal(IOException.class, same(), cut);
      assertTrue(message.startsWith(cut.toString()), message);
    }
  }

  @Test
  void damagedCountersAreNamed() throws Exception {
    Map<String, String> expected =
        Map.of(
            "step", "its step is -1, where a count is expected",
            "seconds", "its seconds is -1x, where a number is expected");
    for (Map.Entry<String, String> entry : expected.entrySet()) {
      String bad = entry.getKey().equals("step") ? "-1" : "-1x";
      Path file = changed(_ -> true, Map.of(entry.getKey(), bad));
      assertEquals(
          file + " is a damaged checkpoint: " + entry.getValue(),
          refusal(IOException.class, same(), file));
    }
    Path batch = changed(_ -> true, Map.of("batch", "5"));
    assertEquals(
        batch + " is a damaged checkpoint: its batch is 5",
        refusal(IOException.class, same(), batch));
    Path none = changed(_ -> true, Map.of("micro_step", ""));
    assertEquals(
        none + " is a damaged checkpoint: its micro_step is null, where a count is expected",
        refusal(IOException.class, same(), none));
  }

  @Test
  void aPlateauScheduleNeedsItsState() throws Exception {
    Path file = changed(_ -> true, Map.of("schedule", "Plateau"));
    ToyRun plateau = new ToyRun(ToyRun.HIDDEN, new Schedule.Plateau(1, 0.5, 1, 0));
    String message = refusal(IOException.class, plateau, file);
    assertTrue(message.startsWith(file + " is a damaged checkpoint: a plateau"), message);
  }
}
