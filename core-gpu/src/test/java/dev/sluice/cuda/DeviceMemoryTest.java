package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DeviceMemoryUse;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.cli.Main;
import dev.sluice.data.Corpus;
import dev.sluice.data.Document;
import dev.sluice.nn.Gradients;
import dev.sluice.nn.LayerPlan;
import dev.sluice.nn.ParameterStore;
import dev.sluice.nn.RecurrentInitializers;
import dev.sluice.nn.RecurrentStack;
import dev.sluice.optim.Schedule;
import dev.sluice.task.LanguageModelConfig;
import dev.sluice.task.LanguageModelTraining;
import dev.sluice.task.MemoryForecast;
import dev.sluice.task.TextData;
import dev.sluice.task.TextOptions;
import dev.sluice.train.Trainer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The forecast of device memory and what a run really took are within 5 %. */
class DeviceMemoryTest {
  @TempDir private Path folder;

  /** Without the backend's own memory on either side, which is larger than these small models. */
  @ParameterizedTest
  @CsvSource({
    "LSTM, 1, 64, 16, 8, char, 0, false",
    "LSTM, 3, 40, 8, 24, char, 0.2, false",
    "GRU, 2, 48, 16, 12, char, 0, true",
    "GRU, 1, 33, 7, 31, word, 0.1, false",
    "RNN_TANH, 2, 64, 16, 16, byte, 0, false",
    "LSTM, 2, 32, 12, 10, word, 0, true"
  })
  void aTrainingTakesWhatWasForecast(
      CellType cell,
      int layers,
      int hidden,
      int batch,
      int steps,
      String tokenizer,
      float dropout,
      boolean tied)
      throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 4000; i++) {
      text.append("w").append(i * 7919 % 400).append(i % 9 == 0 ? ".\n" : " ");
    }
    TextData data =
        TextData.of(
            new Corpus("words", List.of(new Document("words.txt", text.toString()))),
            TextOptions.DEFAULT.withTokenizer(tokenizer).withWindow(batch, steps));
    LanguageModelConfig config =
        new LanguageModelConfig(
            cell,
            false,
            layers,
            hidden,
            tied ? hidden : LanguageModelConfig.AUTOMATIC,
            dropout,
            tied,
            false,
            1,
            LanguageModelConfig.InitialWeights.UNIFORM);
    LanguageModelTraining.Settings settings = LanguageModelTraining.Settings.DEFAULT;
    try (Backend backend = StandIn.open()) {
      MemoryForecast forecast =
          LanguageModelTraining.outline(backend, config, data, settings).memory();
      try (LanguageModelTraining training =
          new LanguageModelTraining(backend, config, data, settings)) {
        Trainer.builder(
                backend, training.problem(), training.optimizer(), new Schedule.Constant(0.01))
            .maxSteps(3)
            .build()
            .run();
      }
      DeviceMemoryUse use = backend.deviceMemory().orElseThrow();
      double taken = use.peak() - use.fixed();
      assertEquals(1, (forecast.deviceBytes() - use.fixed()) / taken, 0.05, forecast.toString());
    }
  }

  /** Stacks of one and of both directions, to train and for inference: to the byte. */
  @ParameterizedTest
  @EnumSource(CellType.class)
  void aStackTakesWhatWasForecast(CellType cell) {
    try (Backend backend = StandIn.open()) {
      for (int layers : new int[] {1, 2, 3}) {
        for (boolean both : new boolean[] {false, true}) {
          ParameterStore store = new ParameterStore();
          RecurrentSpec spec =
              RecurrentSpec.of(cell, 5, 9)
                  .withLayers(layers)
                  .withBidirectional(both)
                  .withDropout(layers > 1 ? 0.1f : 0);
          RecurrentStack stack =
              new RecurrentStack(store, "rnn", spec, RecurrentInitializers.uniform(9));
          store.allocate(backend, 1);
          for (Gradients gradients : Gradients.values()) {
            long before = backend.allocatedBytes();
            try (LayerPlan _ = stack.plan(backend, Shape.of(7, 4, 5), gradients)) {
              assertEquals(
                  stack.planBytes(backend, Shape.of(7, 4, 5), gradients),
                  backend.allocatedBytes() - before,
                  spec + " " + gradients);
            }
          }
          store.close();
        }
      }
    }
  }

  @Test
  void theCommandLineShowsBoth() throws IOException {
    StandIn.require();
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "She sells sea shells on the sea shore. ".repeat(100));
    JsonNode planned = train(text, "--dry-run").path("memory");
    JsonNode memory = train(text, "--max-steps=3").path("memory");
    long forecast = planned.path("forecastDeviceBytes").asLong();
    assertEquals(forecast, memory.path("forecastDeviceBytes").asLong());
    assertEquals(1, forecast / memory.path("peakDeviceBytes").asDouble(), 0.05);
  }

  private JsonNode train(Path text, String last) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(
            new String[] {
              "train",
              "--device=cuda:0",
              "--data=" + text,
              "--out=" + folder.resolve("run"),
              "--json",
              "--hidden=24",
              "--batch=8",
              "--bptt=12",
              last
            },
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertEquals(0, code, () -> err.toString(StandardCharsets.UTF_8));
    return new ObjectMapper().readTree(out.toString(StandardCharsets.UTF_8));
  }
}
