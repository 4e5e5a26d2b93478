package dev.sluice.task;

import static dev.sluice.task.LanguageModelConfig.AUTOMATIC;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.task.LanguageModelTraining.Settings;
import org.junit.jupiter.api.Test;

class MemoryForecastTest {
  /** What a stepper takes for itself, whatever the model. */
  private static final int SCRATCH = 256 << 10;

  /** What lies on the device is forecast to within 1 %, whatever the model. */
  @Test
  void theForecastIsWhatTheBackendHolds() {
    TextData data = TinyText.data(TinyText.pattern(4000), 4, 16);
    for (LanguageModelConfig tiny : LanguageModelTest.configs()) {
      LanguageModelConfig config =
          tiny.withEmbedding(tiny.embedding() > 0 ? AUTOMATIC : tiny.embedding())
              .withSize(tiny.layers(), 80);
      try (Backend backend = Backends.choose("cpu", new BackendOptions(1, 0)).backend()) {
        MemoryForecast forecast =
            LanguageModelTraining.outline(backend, config, data, Settings.DEFAULT).memory();
        assertEquals(0, backend.allocatedBytes(), "a forecast allocates nothing");
        try (LanguageModelTraining training =
            new LanguageModelTraining(backend, config, data, Settings.DEFAULT)) {
          assertTrue(training.model().parameters().count() > 0);
          long onDevice =
              forecast.parts().stream()
                  .filter(part -> !part.name().equals("program"))
                  .filter(part -> !part.name().equals("text as tokens"))
                  .mapToLong(MemoryForecast.Part::bytes)
                  .sum();
          double allocated = backend.allocatedBytes();
          assertEquals(allocated, onDevice, SCRATCH + 0.01 * allocated, config.toString());
        }
      }
    }
  }
}
