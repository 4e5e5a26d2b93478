package dev.sluice.train;

import dev.sluice.backend.Backend;
import dev.sluice.optim.Optimizer;
import dev.sluice.optim.Schedule;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * Trains a {@link TrainingProblem}: accumulates gradients over micro-batches, applies the optimiser,
 * validates, keeps the best and the last state on disk, and ends at the first of its limits.
 *
 * <pre>
 *   try (var optimizer = new Optimizer(backend, problem.parameters(), rule, 5, infinity)) {
 *     TrainingResult result =
 *         Trainer.builder(backend, problem, optimizer, schedule).epochs(10).build().run();
 *   }
 * </pre>
 *
 * <p>A run that is stopped and resumed computes the same bits as one that is not, given the same
 * builder settings; only the limits (epochs, steps, time) may be others. (The reference backend
 * computes in double precision, of which a checkpoint keeps single.) Steps whose loss or gradients
 * are not finite are not applied.
 */
public final class Trainer {
  private final Builder settings;
  private final AtomicBoolean stopRequested = new AtomicBoolean();
  private final AtomicBoolean used = new AtomicBoolean();

  private Trainer(Builder settings) {
    this.settings = settings;
  }

  /**
   * Begins the description of a run. It needs at least one of {@code epochs}, {@code maxSteps} and
   * {@code maxTime}.
   *
   * @param backend that everything lives on
   * @param problem what to train
   * @param optimizer over the problem's parameters; its settings count as settings of the run
   * @param schedule of the learning rate
   */
  public static Builder builder(
      Backend backend, TrainingProblem problem, Optimizer optimizer, Schedule schedule) {
    return new Builder(backend, problem, optimizer, schedule);
  }

  /**
   * Trains until a limit is reached or someone asks to stop. The problem's parameters are then those
   * of the last step; the best ones are in the model file.
   *
   * @throws IOException when the run's folder cannot be made or the checkpoint to resume from cannot
   *     be read; nothing was changed then
   * @throws IllegalArgumentException when that checkpoint belongs to another model or other settings;
   *     nothing was changed then
   * @throws TrainingException when too many steps in a row were not finite, or the last state could
   *     not be saved
   * @throws IllegalStateException when called twice
   */
  public TrainingResult run() throws IOException {
    if (!used.compareAndSet(false, true)) {
      throw new IllegalStateException("a trainer runs once; build another one");
    }
    try (TrainingLoop loop = new TrainingLoop(settings, stopRequested)) {
      return loop.run();
    }
  }

  /**
   * Asks the run to finish the current optimiser step, save, and return with {@link
   * StopReason#INTERRUPTED}. May be called from any thread, at any time, any number of times.
   */
  public void requestStop() {
    stopRequested.set(true);
  }

  /** The settings of a run; each has a default, and a limit is needed. */
  public static final class Builder {
    final Backend backend;
    final TrainingProblem problem;
    final Optimizer optimizer;
    final Schedule schedule;
    final List<TrainingListener> listeners = new ArrayList<>();
    Map<String, String> configuration = Map.of();
    long seed;
    int accumulation = 1;
    long epochs;
    long maxSteps;
    Duration maxTime;
    long reportEvery = 10;
    long validateEvery;
    boolean validateEachEpoch = true;
    boolean samples = true;
    int patience;
    double minImprovement;
    long guardEvery;
    int maxSkipped = 20;
    long checkpointEvery;
    RunFolder folder;
    Path resume;
    LongSupplier nanoTime = System::nanoTime;

    private Builder(
        Backend backend, TrainingProblem problem, Optimizer optimizer, Schedule schedule) {
      this.backend = backend;
      this.problem = problem;
      this.optimizer = optimizer;
      this.schedule = schedule;
    }

    /** Key of the random numbers drawn in training; 0 unless set. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /**
     * Micro-batches whose gradients are averaged before a step; 1 unless set. The last step of an
     * epoch averages what is left.
     */
    public Builder accumulation(int value) {
      accumulation = Math.toIntExact(atLeast(1, "accumulation", value));
      return this;
    }

    /** Ends after so many passes over the data, those before a resume included. */
    public Builder epochs(long value) {
      epochs = atLeast(1, "epochs", value);
      return this;
    }

    /** Ends after so many optimiser steps, those before a resume included. */
    public Builder maxSteps(long value) {
      maxSteps = atLeast(1, "maxSteps", value);
      return this;
    }

    /** Ends this run after so much time, validations included; it still validates and saves then. */
    public Builder maxTime(Duration value) {
      if (value.isNegative() || value.isZero()) {
        throw new IllegalArgumentException("maxTime must be above 0, not " + value);
      }
      maxTime = value;
      return this;
    }

    /**
     * Steps between reports, 10 unless set. Only then is the loss read back. The first step and the
     * last are reported too.
     */
    public Builder reportEvery(long steps) {
      reportEvery = atLeast(1, "reportEvery", steps);
      return this;
    }

    /** Steps between validations; 0, the default, for none but those of {@link #validateEachEpoch}. */
    public Builder validateEvery(long steps) {
      validateEvery = atLeast(0, "validateEvery", steps);
      return this;
    }

    /** Whether to validate at the end of each epoch; true unless set. */
    public Builder validateEachEpoch(boolean value) {
      validateEachEpoch = value;
      return this;
    }

    /** Whether to ask the problem for a sample at each validation; true unless set. */
    public Builder samples(boolean value) {
      samples = value;
      return this;
    }

    /**
     * Ends after so many validations in a row without an improvement; 0, the default, for never.
     */
    public Builder patience(int validations) {
      patience = Math.toIntExact(atLeast(0, "patience", validations));
      return this;
    }

    /**
     * By how much a loss must be lower to count as an improvement for {@link #patience}; 0 unless
     * set.
     */
    public Builder minImprovement(double value) {
      if (!(value >= 0)) {
        throw new IllegalArgumentException("minImprovement must be at least 0, not " + value);
      }
      minImprovement = value;
      return this;
    }

    /**
     * Steps between checks for a loss or gradients that are not finite. Such steps are never applied,
     * whatever this is; a check only tells. On a CPU it costs nothing, and each step is checked unless
     * set; on a GPU it waits for the device, and is done unless set when a report waits for it too.
     */
    public Builder guardEvery(long steps) {
      guardEvery = atLeast(1, "guardEvery", steps);
      return this;
    }

    /** Ends in a failure after so many steps in a row that could not be applied; 20 unless set. */
    public Builder maxSkipped(int steps) {
      maxSkipped = Math.toIntExact(atLeast(1, "maxSkipped", steps));
      return this;
    }

    /**
     * Steps between checkpoints, besides those at validations and at the end; 0, the default, for
     * none.
     */
    public Builder checkpointEvery(long steps) {
      checkpointEvery = atLeast(0, "checkpointEvery", steps);
      return this;
    }

    /** Where the best model and the best and last checkpoints are kept; nowhere unless set. */
    public Builder folder(RunFolder value) {
      folder = value;
      return this;
    }

    /** Goes on from a checkpoint file instead of from the start. */
    public Builder resume(Path checkpoint) {
      resume = checkpoint;
      return this;
    }

    /** What listeners show as the run's configuration, in order. */
    public Builder configuration(Map<String, String> values) {
      configuration = new LinkedHashMap<>(values);
      return this;
    }

    /** Adds a listener; they are called in the order in which they were added. */
    public Builder listener(TrainingListener listener) {
      listeners.add(listener);
      return this;
    }

    /**
     * The trainer.
     *
     * @throws IllegalArgumentException when nothing would ever end the run
     */
    public Trainer build() {
      if (epochs == 0 && maxSteps == 0 && maxTime == null) {
        throw new IllegalArgumentException(
            "training would never end: set epochs, maxSteps or maxTime");
      }
      if (guardEvery == 0) {
        guardEvery = backend.deviceMemory().isPresent() ? reportEvery : 1;
      }
      return new Trainer(this);
    }

    private static long atLeast(long least, String name, long value) {
      if (value < least) {
        throw new IllegalArgumentException(name + " must be at least " + least + ", not " + value);
      }
      return value;
    }
  }
}
