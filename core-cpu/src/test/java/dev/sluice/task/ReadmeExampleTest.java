package dev.sluice.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

/** The example of the README, compiled and run. */
class ReadmeExampleTest {
  @TempDir private Path folder;

  @Test
  void theExampleTrainsAndWrites() throws IOException {
    Path file = Files.writeString(folder.resolve("input.txt"), TinyText.pattern(20_000));

    // The README shows the lines from here to the last assertion.
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

  @Test
  void theReadmeShowsTheLinesAbove() throws IOException {
    Path root = Path.of("").toAbsolutePath().getParent();
    String readme = Files.readString(root.resolve("README.md"));
    String example = readme.split("```java\n")[1].split("```")[0];
    String path = "core-cpu/src/test/java/" + getClass().getName().replace('.', '/') + ".java";
    String source = spaced(Files.readString(root.resolve(path)));
    String shown = spaced(example.strip().substring(0, example.strip().length() - 1));
    assertTrue(source.contains(shown), "not in " + path + ": " + shown);
  }

  /** The text with each run of white space made one space. */
  private static String spaced(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }
}
