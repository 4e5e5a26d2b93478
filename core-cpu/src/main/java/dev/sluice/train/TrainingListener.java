package dev.sluice.train;

/**
 * Is told what happens in a run, on the thread that trains. Whatever a listener does delays the
 * training.
 *
 * <p>A listener that cannot write its output throws {@link java.io.UncheckedIOException}; training
 * goes on, and the other listeners are warned once.
 */
public interface TrainingListener {
  /** The run begins, fresh or resumed. */
  default void onStart(TrainingStart start) {}

  /** A report is due: after the first step, then every so many, and after the last. */
  default void onStep(StepReport report) {}

  /** The held-out data was evaluated. */
  default void onValidation(ValidationReport report) {}

  /** The model made a sample. */
  default void onSample(SampleReport sample) {}

  /** A checkpoint was written. */
  default void onCheckpoint(CheckpointReport checkpoint) {}

  /** A step was not applied. */
  default void onNonFinite(NonFiniteReport report) {}

  /**
   * Something went wrong and training goes on.
   *
   * @param step optimiser steps done
   * @param sentence what happened, where, and what it means for the run
   */
  default void onWarning(long step, String sentence) {}

  /** The run is over; everything that it keeps is on disk. */
  default void onEnd(TrainingResult result) {}
}
