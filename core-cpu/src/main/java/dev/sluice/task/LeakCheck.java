package dev.sluice.task;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DeviceMemoryUse;
import dev.sluice.data.Corpus;
import dev.sluice.data.Document;
import dev.sluice.optim.Schedule;
import dev.sluice.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Opens, trains and closes many small language models on one backend, and looks for device memory
 * that stays. Their cells, layers and sizes differ; each does three training steps, so that what a
 * backend records at the second and replays at the third is there too, an evaluation, and writes a
 * few characters.
 */
public final class LeakCheck {
  private static final int STEPS = 3;
  private static final int SIZES = 4;
  private static final String TEXT = "Around the rugged rocks the ragged rascal ran. ".repeat(20);

  private LeakCheck() {}

  /**
   * Memory before and after, in bytes.
   *
   * @param models opened and closed between the two
   * @param heldBefore what the backend held
   * @param freeBefore what the whole device had free; -1 where the backend cannot tell
   */
  public record Result(
      int models, long heldBefore, long heldAfter, long freeBefore, long freeAfter) {
    /** Whether everything was given back. */
    public boolean clean() {
      return heldAfter == heldBefore && freeAfter == freeBefore;
    }
  }

  /**
   * Runs it.
   *
   * @param backend stays open
   * @param models how many; at least 1
   */
  public static Result run(Backend backend, int models) {
    if (models < 1) {
      throw new IllegalArgumentException("models must be at least 1, not " + models);
    }
    TextData data =
        TextData.of(
            new Corpus("rocks", List.of(new Document("rocks.txt", TEXT))),
            TextOptions.DEFAULT.withWindow(4, 8));
    CellType[] cells = CellType.values();
    // What operations keep for good grows to the largest of all kinds first.
    for (int warm = 0; warm < cells.length * SIZES; warm++) {
      useOne(backend, data, cells, warm);
    }
    backend.finish();
    long held = backend.allocatedBytes();
    long free = freeBytes(backend);
    for (int model = 0; model < models; model++) {
      useOne(backend, data, cells, model);
    }
    backend.finish();
    return new Result(models, held, backend.allocatedBytes(), free, freeBytes(backend));
  }

  private static long freeBytes(Backend backend) {
    return backend.deviceMemory().map(DeviceMemoryUse::free).orElse(-1L);
  }

  private static void useOne(Backend backend, TextData data, CellType[] cells, int number) {
    int size = number / cells.length % SIZES;
    LanguageModelConfig config =
        LanguageModelConfig.DEFAULT
            .withCell(cells[number % cells.length])
            .withSize(1 + size % 2, 8 + 5 * size)
            .withDropout(0.1f);
    try (LanguageModelTraining training =
        new LanguageModelTraining(backend, config, data, LanguageModelTraining.Settings.DEFAULT)) {
      Trainer.builder(
              backend, training.problem(), training.optimizer(), new Schedule.Constant(0.001))
          .maxSteps(STEPS)
          .build()
          .run(); // ends with an evaluation
      training.model().generate("A", 3, Sampling.DEFAULT);
    } catch (IOException e) { // it has no folder to write to
      throw new UncheckedIOException(e);
    }
  }
}
