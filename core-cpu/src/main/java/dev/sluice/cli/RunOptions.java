package dev.sluice.cli;

import dev.sluice.train.Trainer;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Option;

/** When training ends, what it keeps, and where. */
final class RunOptions {
  private static final long LONG_EPOCH = 1000;
  private static final long STEPS_TO_VALIDATION = 500;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "End after N passes over the training text.")
  Long epochs;

  @Option(names = "--max-steps", paramLabel = "N", description = "End after N optimiser steps.")
  Long maxSteps;

  @Option(
      names = "--max-time",
      paramLabel = "TIME",
      converter = Durations.class,
      description =
          "End after a time such as 90s, 5m, 1h30m (default: 90s when nothing else ends it).")
  Duration maxTime;

  @Option(
      names = "--validate-every",
      paramLabel = "STEPS",
      description =
          "Steps between validations, besides those after each epoch; 0 for none (default: 500 when an"
              + " epoch has more than 1000 steps, else 0).")
  Long validateEvery;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "End after N validations without improvement; 0 for never (default: ${DEFAULT-VALUE}).")
  int patience;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "STEPS",
      description =
          "Steps between checkpoints, besides those at validations; 0 for none (default:"
              + " ${DEFAULT-VALUE}).")
  long checkpointEvery;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed gives the same weights (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "The run's folder, new or empty (default: runs/ and the time).")
  Path out;

  /**
   * Refuses limits and intervals out of range.
   *
   * @throws UsageException with one sentence
   */
  void check() {
    Options.requireAtLeast(1, "--epochs", epochs);
    Options.requireAtLeast(1, "--max-steps", maxSteps);
    if (maxTime != null && maxTime.isZero()) {
      throw new UsageException("--max-time must be above 0s");
    }
    Options.requireAtLeast(0, "--validate-every", validateEvery);
    Options.requireAtLeast(0, "--patience", (long) patience);
    Options.requireAtLeast(0, "--checkpoint-every", checkpointEvery);
  }

  /** Sets the default limit where nothing else would end the run. */
  void limitByDefault() {
    if (epochs == null && maxSteps == null && maxTime == null) {
      maxTime = Duration.ofSeconds(90);
    }
  }

  /** Sets what depends on the length of an epoch where the user did not. */
  void resolve(long stepsPerEpoch) {
    if (validateEvery == null) {
      validateEvery = stepsPerEpoch > LONG_EPOCH ? STEPS_TO_VALIDATION : 0L;
    }
  }

  /** The step at which the run ends at the latest; 0 when only time ends it. */
  long plannedSteps(long stepsPerEpoch) {
    long bySteps = maxSteps == null ? Long.MAX_VALUE : maxSteps;
    long byEpochs =
        epochs == null || epochs > Long.MAX_VALUE / stepsPerEpoch
            ? Long.MAX_VALUE
            : epochs * stepsPerEpoch;
    return epochs == null && maxSteps == null ? 0 : Math.min(bySteps, byEpochs);
  }

  /** Hands limits and intervals to a trainer. */
  Trainer.Builder apply(Trainer.Builder trainer) {
    if (epochs != null) {
      trainer.epochs(epochs);
    }
    if (maxSteps != null) {
      trainer.maxSteps(maxSteps);
    }
    if (maxTime != null) {
      trainer.maxTime(maxTime);
    }
    return trainer
        .validateEvery(validateEvery)
        .patience(patience)
        .checkpointEvery(checkpointEvery)
        .seed(seed);
  }
}
