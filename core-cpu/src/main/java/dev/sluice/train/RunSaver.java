package dev.sluice.train;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes the files of a run. A file that cannot be written leaves the one before; the listeners are
 * told and training goes on. Parameters that are not finite are never saved.
 */
final class RunSaver implements AutoCloseable {
  /**
   * A file that could not be written.
   *
   * @param sentence which, why, and what is there instead
   * @param cause of it
   */
  record Failure(String sentence, IOException cause) {}

  private final Trainer.Builder run;
  private final ListenerGroup listeners;
  private final StepWork work;
  private final Tensor squares;
  private final float[] squaresValue = new float[1];
  private Failure checkpointFailure;
  private Failure modelFailure;
  private Path checkpoint;
  private Path model;
  private long checkpointStep;
  private boolean ending;

  /**
   * A saver.
   *
   * @param run settings
   * @param listeners told of files and failures
   * @param work has the losses since the last report
   */
  RunSaver(Trainer.Builder run, ListenerGroup listeners, StepWork work) {
    this.run = run;
    this.listeners = listeners;
    this.work = work;
    Backend backend = run.backend;
    squares = backend.allocate(DType.FLOAT32, Shape.of(1));
  }

  /** Takes what the run left before it was resumed for what it has saved. */
  void resumed(Path file, TrainingState state) {
    checkpoint = file;
    checkpointStep = state.step;
    if (run.folder != null && state.bestStep > 0 && Files.exists(run.folder.model())) {
      model = run.folder.model();
    }
  }

  /** From now on a failure is the run's, and no longer a warning. */
  void ending() {
    ending = true;
  }

  /** Saves the state to go on from. Returns whether nothing is left to save. */
  boolean saveLast(TrainingState state) {
    if (run.folder != null) {
      saveCheckpoint(run.folder.lastCheckpoint(), state, false);
    }
    return checkpointFailure == null;
  }

  /** Saves model and state as the best so far. */
  void saveBest(TrainingState state) {
    if (run.folder != null) {
      saveModel(state);
      saveCheckpoint(run.folder.bestCheckpoint(), state, true);
    }
  }

  /** Saves the model as it is now. */
  void saveModel(TrainingState state) {
    if (run.folder == null) {
      return;
    }
    Path file = run.folder.model();
    try {
      requireFinite(file);
      run.problem.saveModel(file);
      model = file;
      modelFailure = null;
    } catch (IOException e) {
      modelFailure = failed("model", state, e);
    }
  }

  private void saveCheckpoint(Path file, TrainingState state, boolean best) {
    try {
      requireFinite(file);
      Checkpoint.write(file, run, state, work.window());
      checkpoint = file;
      checkpointStep = state.step;
      if (!best) {
        checkpointFailure = null;
      }
      listeners.tell(
          state.step,
          listener -> listener.onCheckpoint(new CheckpointReport(state.step, file, best)));
    } catch (IOException e) {
      Failure failure = failed("state", state, e);
      if (!best) {
        checkpointFailure = failure;
      }
    }
  }

  private Failure failed(String what, TrainingState state, IOException e) {
    String sentence =
        "the %s of step %d could not be saved: %s".formatted(what, state.step, e.getMessage());
    if (!ending) { // else the run's failure tells
      listeners.warn(state.step, sentence + "; training goes on");
    }
    return new Failure(sentence, e);
  }

  private void requireFinite(Path file) throws IOException {
    run.backend.optimizers().sumOfSquares(run.problem.parameters().values(), squares);
    squares.download(squaresValue, 0);
    if (!Float.isFinite(squaresValue[0])) {
      throw new IOException(
          "cannot write " + file + ": the parameters are no longer finite numbers");
    }
  }

  /** What the run could not save in the end; null when all is saved. */
  Failure failure() {
    return checkpointFailure == null
        ? modelFailure
        : new Failure(
            checkpointFailure.sentence + "; " + lastCheckpoint(), checkpointFailure.cause);
  }

  /** Where the last whole checkpoint is, as a clause. */
  String lastCheckpoint() {
    return checkpoint == null
        ? "there is no checkpoint to go on from"
        : "the last checkpoint is that of step " + checkpointStep + ", " + checkpoint;
  }

  /** The last whole checkpoint; null when there is none. */
  Path checkpoint() {
    return checkpoint;
  }

  /** The model file that this run wrote; null when it wrote none. */
  Path model() {
    return model;
  }

  @Override
  public void close() {
    squares.close();
  }
}
