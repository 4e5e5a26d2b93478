package dev.sluice.train;

import java.util.Map;

/** Where a run stands: every counter that decides what it does next, and that a checkpoint keeps. */
final class TrainingState {
  /** Optimiser steps done. */
  long step;

  /** Micro-batches done. */
  long microStep;

  /** Epoch of the next micro-batch. */
  long epoch;

  /** The next micro-batch within its epoch. */
  long batch;

  /** Whether a validation was due at this step and has not been done. */
  boolean validationDue;

  /** Lowest validation loss; NaN before the first. */
  double bestLoss = Double.NaN;

  /** Step of the lowest validation loss. */
  long bestStep;

  /** Loss that a validation must go below to end the waiting for an improvement. */
  double waitingFor = Double.POSITIVE_INFINITY;

  /** Validations since the last improvement. */
  long waited;

  /** Steps in a row, up to the last check, that were not applied. */
  long skippedInARow;

  /** Training time in seconds up to the last checkpoint. */
  double seconds;

  private boolean inStep;
  private long startStep;
  private long startMicroStep;
  private long startEpoch;
  private long startBatch;

  /** Notes the counters that a step moves, so that {@link #undoStep} can put them back. */
  void beginStep() {
    inStep = true;
    startStep = step;
    startMicroStep = microStep;
    startEpoch = epoch;
    startBatch = batch;
  }

  void endStep() {
    inStep = false;
  }

  /** Goes back to where the step under way began; between steps nothing changes. */
  void undoStep() {
    if (inStep) {
      step = startStep;
      microStep = startMicroStep;
      epoch = startEpoch;
      batch = startBatch;
      inStep = false;
    }
  }

  /** Epochs done, with the fraction of the current one. */
  double epochs(long batchesPerEpoch) {
    return epoch + (double) batch / batchesPerEpoch;
  }

  void write(Map<String, String> metadata) {
    metadata.put("step", Long.toString(step));
    metadata.put("micro_step", Long.toString(microStep));
    metadata.put("epoch", Long.toString(epoch));
    metadata.put("batch", Long.toString(batch));
    metadata.put("validation_due", Boolean.toString(validationDue));
    metadata.put("best_loss", Double.toString(bestLoss));
    metadata.put("best_step", Long.toString(bestStep));
    metadata.put("waiting_for", Double.toString(waitingFor));
    metadata.put("waited", Long.toString(waited));
    metadata.put("skipped_in_a_row", Long.toString(skippedInARow));
    metadata.put("seconds", Double.toString(seconds));
  }

  /**
   * What {@link #write} wrote.
   *
   * @throws IllegalArgumentException when a value is missing or no number, with its name
   */
  static TrainingState read(Map<String, String> metadata) {
    TrainingState state = new TrainingState();
    state.step = whole(metadata, "step");
    state.microStep = whole(metadata, "micro_step");
    state.epoch = whole(metadata, "epoch");
    state.batch = whole(metadata, "batch");
    state.validationDue = Boolean.parseBoolean(metadata.get("validation_due"));
    state.bestLoss = number(metadata, "best_loss");
    state.bestStep = whole(metadata, "best_step");
    state.waitingFor = number(metadata, "waiting_for");
    state.waited = whole(metadata, "waited");
    state.skippedInARow = whole(metadata, "skipped_in_a_row");
    state.seconds = number(metadata, "seconds");
    return state;
  }

  /** A number that is not negative. */
  static long whole(Map<String, String> metadata, String name) {
    String text = metadata.get(name);
    if (text == null || !text.matches("[0-9]{1,18}")) {
      throw new IllegalArgumentException(name + " is " + text + ", where a count is expected");
    }
    return Long.parseLong(text);
  }

  /** Any number, also infinite or NaN. */
  static double number(Map<String, String> metadata, String name) {
    String text = metadata.get(name);
    try {
      return Double.parseDouble(text == null ? "" : text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " is " + text + ", where a number is expected", e);
    }
  }
}
