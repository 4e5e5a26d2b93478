package dev.sluice.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sluice.backend.Backend;
import dev.sluice.backend.DeviceMemoryUse;
import dev.sluice.backend.OutOfDeviceMemoryException;
import dev.sluice.task.LanguageModel;
import dev.sluice.task.MemoryForecast;
import dev.sluice.task.Sampling;
import dev.sluice.task.TextScore;
import dev.sluice.train.StopReason;
import dev.sluice.train.TrainingResult;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What came of a training run; without a result when nothing was trained. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record TrainSummary(
    String run,
    Map<String, String> configuration,
    long parameters,
    Memory memory,
    Outcome outcome,
    String sample,
    String noSample) {
  private static final int SAMPLE_TOKENS = 400;

  /**
   * Bytes; what the heap holds at the end of training and the most that was taken of the device are
   * null when nothing was trained, the device's also where it has no memory of its own.
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Memory(
      long forecastBytes,
      long forecastTrainingBytes,
      long forecastLoadingBytes,
      Long usedBytes,
      Long forecastDeviceBytes,
      Long peakDeviceBytes,
      List<MemoryForecast.Part> parts) {
    static Memory of(MemoryForecast forecast, Long usedBytes, Long peakDeviceBytes) {
      return new Memory(
          forecast.bytes(),
          forecast.trainingBytes(),
          forecast.loadingBytes(),
          usedBytes,
          forecast.deviceBytes() == 0 ? null : forecast.deviceBytes(),
          peakDeviceBytes,
          forecast.parts());
    }
  }

  /** Of the best model on the held-out text. */
  record Validation(
      double natsPerToken,
      double perplexity,
      double bitsPerCharacter,
      long characters,
      long unknownTokens) {}

  /** How the training ended; paths are absolute. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Outcome(
      StopReason reason,
      long steps,
      double epochs,
      double seconds,
      double unitsPerSecond,
      double trainingLoss,
      Validation validation,
      long bestStep,
      String model,
      String report) {}

  /** A text by the model, or why there is none; the other is null. */
  record Sample(String text, String missing) {
    /** Loads a model beside what training still holds, for which a GPU may have no room. */
    static Sample by(Path model, Backend backend) throws IOException {
      try (LanguageModel loaded = LanguageModel.load(backend, model)) {
        return new Sample(loaded.generate("", SAMPLE_TOKENS, Sampling.DEFAULT), null);
      } catch (OutOfDeviceMemoryException e) {
        return new Sample(null, e.getMessage());
      }
    }
  }

  static TrainSummary planned(TrainPlan plan) {
    return new TrainSummary(
        plan.folder().folder().toAbsolutePath().toString(),
        plan.config().describe(),
        plan.outline().parameters(),
        Memory.of(plan.outline().memory(), null, null),
        null,
        null,
        null);
  }

  /** Loads the model that the run saved, to show a text by it. */
  static TrainSummary of(TrainPlan plan, TrainingResult result, long usedBytes, Backend backend)
      throws IOException {
    Memory memory =
        Memory.of(
            plan.outline().memory(),
            usedBytes,
            backend.deviceMemory().map(DeviceMemoryUse::peak).orElse(null));
    Validation validation = null;
    if (result.bestStep() > 0) {
      TextScore score = plan.data().score(result.bestLoss());
      validation =
          new Validation(
              score.natsPerToken(),
              score.perplexity(),
              score.bitsPerCharacter(),
              score.characters(),
              score.unknownTokens());
    }
    Sample sample = Sample.by(result.model(), backend);
    Path report = plan.folder().report();
    return new TrainSummary(
        plan.folder().folder().toAbsolutePath().toString(),
        plan.config().describe(),
        plan.outline().parameters(),
        memory,
        new Outcome(
            result.reason(),
            result.step(),
            result.epoch(),
            result.seconds(),
            result.unitsPerSecond(),
            result.trainingLoss(),
            validation,
            result.bestStep(),
            result.model().toAbsolutePath().toString(),
            report.toAbsolutePath().toString()),
        sample.text(),
        sample.missing());
  }

  void print(PrintStream out) {
    out.println();
    if (sample == null) {
      out.println("no sample: " + noSample);
    } else {
      sample.lines().forEach(line -> out.println("  | " + line));
    }
    out.println();
    if (outcome.validation() != null) {
      Validation score = outcome.validation();
      out.println(
          String.format(
              Locale.ROOT,
              "validation %.3f bits per character on %,d unseen characters"
                  + " (%.4f nats per token, perplexity %.2f, at step %,d)%s",
              score.bitsPerCharacter(),
              score.characters(),
              score.natsPerToken(),
              score.perplexity(),
              outcome.bestStep(),
              score.unknownTokens() == 0
                  ? ""
                  : ", "
                      + Units.count(score.unknownTokens(), "token")
                      + " of them unknown to the model"));
    }
    if (memory.peakDeviceBytes() != null) {
      out.println(
          "memory     %s of the device at most, %s forecast"
              .formatted(
                  Units.bytes(memory.peakDeviceBytes()),
                  Units.bytes(memory.forecastDeviceBytes())));
    }
    out.println("model      " + outcome.model());
    out.println("report     " + outcome.report());
    if (outcome.reason() == StopReason.INTERRUPTED) {
      out.println("go on with 'sluice train --resume " + run + "'");
    }
  }
}
