package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.OutOfDeviceMemoryException;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.data.Corpus;
import dev.sluice.data.Document;
import dev.sluice.task.LanguageModel;
import dev.sluice.task.LanguageModelConfig;
import dev.sluice.task.LanguageModelTraining;
import dev.sluice.task.TextData;
import dev.sluice.task.TextOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever does not fit on the device gives back what it had taken when that turned out. */
class FailedConstructionTest {
  private static final int DEVICES = 50;

  @TempDir private Path folder;

  /** Makes something that the device may be too small for. */
  private interface Maker {
    AutoCloseable make() throws IOException;
  }

  /** On devices that have nothing left to all that is needed but one byte, in 50 sizes. */
  private static void assertGivesBack(Backend backend, Maker maker) throws Exception {
    maker.make().close(); // a lane for the second direction stays
    long start = backend.allocatedBytes();
    long held = heldOnDevice();
    long need;
    try (AutoCloseable made = maker.make()) {
      need = backend.allocatedBytes() - start;
      assertTrue(need > 0, made + " takes nothing");
    }
    assertEquals(start, backend.allocatedBytes(), "when all fits");
    int refused = 0;
    try {
      for (int size = 0; size < DEVICES; size++) {
        long room = size == DEVICES - 1 ? need - 1 : need * size / DEVICES;
        StandIn.set("SLUICE_STANDIN_MEMORY", Long.toString(held + room));
        try (AutoCloseable _ = maker.make()) {
          throw new AssertionError(need + " bytes fit into " + room);
        } catch (OutOfDeviceMemoryException e) {
          assertTrue(e.getMessage().contains("asked for"), e.getMessage());
          refused++;
        }
        assertEquals(start, backend.allocatedBytes(), "with room for " + room + " of " + need);
      }
    } finally {
      StandIn.set("SLUICE_STANDIN_MEMORY", null);
    }
    assertEquals(DEVICES, refused);
    assertEquals(held, heldOnDevice());
  }

  private static long heldOnDevice() {
    long[] free = {0};
    long[] total = {0};
    assertEquals(0, JCudaDriver.cuMemGetInfo(free, total));
    return total[0] - free[0];
  }

  private static TextData data() {
    String text = "Peter Piper picked a peck of pickled peppers. ".repeat(12);
    return TextData.of(
        new Corpus("tiny", List.of(new Document("tiny.txt", text))),
        TextOptions.DEFAULT.withWindow(4, 9));
  }

  @Test
  void aTraining() throws Exception {
    TextData data = data();
    try (Backend backend = StandIn.open()) {
      for (int embedding : new int[] {0, 8}) {
        LanguageModelConfig config =
            new LanguageModelConfig(
                CellType.LSTM,
                false,
                2,
                12,
                embedding,
                0.2f,
                false,
                true,
                1,
                LanguageModelConfig.InitialWeights.UNIFORM);
        assertGivesBack(
            backend,
            () ->
                new LanguageModelTraining(
                    backend, config, data, LanguageModelTraining.Settings.DEFAULT));
      }
    }
  }

  @Test
  void aModelFromAFile() throws Exception {
    Path file = folder.resolve("model.safetensors");
    TextData data = data();
    try (Backend backend = StandIn.open()) {
      try (LanguageModel model =
          LanguageModel.create(
              backend, LanguageModelConfig.DEFAULT.withSize(1, 12), data.tokenizer(), 1)) {
        model.save(file);
      }
      assertGivesBack(backend, () -> LanguageModel.load(backend, file));
    }
  }

  @Test
  void aPlanOfBothDirections() throws Exception {
    RecurrentSpec spec =
        RecurrentSpec.of(CellType.GRU, 3, 5)
            .withLayers(3)
            .withBidirectional(true)
            .withDropout(0.1f);
    try (Backend backend = StandIn.open()) {
      assertGivesBack(backend, () -> backend.recurrent().plan(spec, 7, 4, true));
    }
  }
}
