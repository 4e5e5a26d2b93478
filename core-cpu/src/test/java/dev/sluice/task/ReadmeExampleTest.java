package dev.sluice.task;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Backends;
import dev.sluice.data.Corpus;
import dev.sluice.data.CorpusReader;
import dev.sluice.optim.Schedule;
import dev.sluice.task.LanguageModelTraining.Settings;
import dev.sluice.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of the README, compiled and run at a small size. */
class ReadmeExampleTest {
  @TempDir private Path folder;

  @Test
  void theExampleTrainsAndWrites() throws IOException {
    Path file = Files.writeString(folder.resolve("input.txt"), TinyText.pattern(20_000));

    // The README shows these lines.
    Corpus corpus = CorpusReader.read(List.of(file));
    TextData data = TextData.of(corpus, TextOptions.DEFAULT.withWindow(32, 50));
    LanguageModelConfig config = LanguageModelConfig.DEFAULT.withSize(2, 128);
    try (Backend backend = Backends.open();
        var training = new LanguageModelTraining(backend, config, data, Settings.DEFAULT)) {
      Trainer.builder(
              backend, training.problem(), training.optimizer(), new Schedule.Constant(0.002))
          .maxSteps(10)
          .build()
          .run();
      training.model().save(folder.resolve("model.safetensors"));
      String text = training.model().generate("abc", 200, Sampling.DEFAULT);

      assertEquals(200, text.length());
    }
  }
}
