package dev.sluice.train;

import dev.sluice.backend.Backend;
import dev.sluice.backend.OutOfDeviceMemoryException;
import dev.sluice.backend.Parts;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One run: steps until a limit is reached, and between them guard, report, validation, checkpoint, in
 * this order. What a resumed run must repeat is all in {@link TrainingState} and in tensors that
 * {@link Checkpoint} keeps.
 */
final class TrainingLoop implements AutoCloseable {
  private final Parts parts = new Parts();
  private final Trainer.Builder run;
  private final TrainingProblem problem;
  private final Backend backend;
  private final AtomicBoolean stopRequested;
  private final ListenerGroup listeners;
  private final long batchesPerEpoch;
  private final long plannedSteps;

  private final float[] windowValues = new float[2];
  private final StepWork work;
  private final RunSaver saver;

  private TrainingState state = new TrainingState();
  private RunClock clock;
  private StepGuard guard;
  private double learningRate;
  private double trainingLoss = Double.NaN;
  private long reportedStep;
  private long validatedStep = -1;
  private boolean saved;
  private Evaluation evaluation = Evaluation.NONE;
  private String notFinite = "";

  TrainingLoop(Trainer.Builder run, AtomicBoolean stopRequested) {
    this.run = run;
    this.stopRequested = stopRequested;
    problem = run.problem;
    backend = run.backend;
    listeners = new ListenerGroup(run.listeners);
    batchesPerEpoch = problem.batchesPerEpoch();
    long byEpochs =
        run.epochs > Long.MAX_VALUE / stepsPerEpoch()
            ? Long.MAX_VALUE
            : run.epochs * stepsPerEpoch();
    plannedSteps =
        run.maxSteps == 0 || byEpochs == 0
            ? Math.max(run.maxSteps, byEpochs)
            : Math.min(run.maxSteps, byEpochs);
    work = parts.add(() -> new StepWork(run));
    saver = parts.add(() -> new RunSaver(run, listeners, work));
  }

  private long stepsPerEpoch() {
    return Math.ceilDiv(problem.batchesPerEpoch(), run.accumulation);
  }

  TrainingResult run() throws IOException {
    if (run.folder != null) {
      run.folder.create();
    }
    if (run.resume != null) {
      state = Checkpoint.read(run.resume, run, work.window());
      saver.resumed(run.resume, state);
    }
    work.begin(state.microStep);
    double maxSeconds =
        run.maxTime == null ? Double.POSITIVE_INFINITY : run.maxTime.toNanos() * 1e-9;
    reportedStep = state.step;
    guard = new StepGuard(problem.parameters(), run.optimizer, problem.trainTotal(), state.step);
    clock = new RunClock(run.nanoTime, maxSeconds, problem.unitsPerBatch(), state);
    TrainingStart start =
        new TrainingStart(
            run.configuration,
            problem.parameters().count(),
            problem.unit(),
            problem.lossUnit(),
            stepsPerEpoch(),
            plannedSteps,
            maxSeconds,
            state.step);
    listeners.tell(state.step, listener -> listener.onStart(start));
    if (state.validationDue && !stopRequested.get()) {
      validate(true);
    }
    StopReason reason = limit();
    try {
      while (reason == null) {
        step();
        reason = afterStep() ? limit() : StopReason.NOT_FINITE;
      }
      return finish(reason);
    } catch (OutOfDeviceMemoryException e) {
      throw outOfMemory(e);
    }
  }

  /**
   * Saves what the steps so far have reached. Between steps that is the exact state. Within a step
   * nothing was applied yet, and the step is done again after a resume; only the carried state may be
   * some batches ahead then.
   */
  private TrainingException outOfMemory(OutOfDeviceMemoryException reason) {
    state.undoStep();
    state.seconds = clock.seconds();
    saver.ending();
    String kept;
    try {
      saved = saved || saver.saveLast(state);
      kept = saver.failure() == null ? saver.lastCheckpoint() : saver.failure().sentence();
    } catch (OutOfDeviceMemoryException e) { // the check before saving needs some memory too
      reason.addSuppressed(e);
      kept = saver.lastCheckpoint();
    }
    TrainingResult result = result(StopReason.OUT_OF_MEMORY);
    listeners.tell(state.step, listener -> listener.onEnd(result));
    return new TrainingException(
        "training stopped after step %d: %s %s"
            .formatted(state.step, reason.getMessage(), capitalised(kept) + "."),
        result,
        reason);
  }

  private static String capitalised(String clause) {
    return Character.toUpperCase(clause.charAt(0)) + clause.substring(1);
  }

  /** Why the run ends here; null when it goes on. */
  private StopReason limit() {
    if (run.patience > 0 && state.waited >= run.patience) {
      return StopReason.EARLY_STOPPING;
    }
    if (run.epochs > 0 && state.epoch >= run.epochs) {
      return StopReason.EPOCHS;
    }
    if (run.maxSteps > 0 && state.step >= run.maxSteps) {
      return StopReason.STEPS;
    }
    if (stopRequested.get()) {
      return StopReason.INTERRUPTED;
    }
    return clock.timeIsUp() ? StopReason.TIME : null;
  }

  /** One optimiser step over up to {@code accumulation} micro-batches of one epoch. */
  private void step() {
    learningRate = run.schedule.rate(state.step, state.epochs(batchesPerEpoch));
    if (state.batch == 0) {
      problem.startEpoch(state.epoch);
    }
    saved = false;
    state.beginStep();
    run.optimizer.setLearningRate(learningRate);
    int batches = (int) Math.min(run.accumulation, batchesPerEpoch - state.batch);
    for (int i = 0; i < batches; i++) {
      problem.load(state.batch);
      work.run(i, batches);
      state.microStep++;
      state.batch++;
    }
    state.step++;
    if (state.batch == batchesPerEpoch) {
      state.batch = 0;
      state.epoch++;
    }
    state.endStep();
  }

  /** What is due after a step. Returns whether training can go on. */
  private boolean afterStep() {
    long skipped = state.step % run.guardEvery == 0 ? guard.check(state) : 0;
    if (skipped > 0 && !goesOnAfter(skipped)) {
      return false;
    }
    if (state.step == 1 || state.step % run.reportEvery == 0) {
      report();
      work.clearWindow();
    }
    boolean epochEnded = state.batch == 0;
    boolean validation =
        run.validateEachEpoch && epochEnded
            || run.validateEvery > 0 && state.step % run.validateEvery == 0;
    if (validation) {
      state.validationDue = true; // kept in the checkpoint when someone asked to stop
      if (!stopRequested.get()) {
        validate(true);
      }
    } else if (run.checkpointEvery > 0 && state.step % run.checkpointEvery == 0) {
      clock.pause();
      state.seconds = clock.seconds();
      saved = saver.saveLast(state);
      clock.resume();
    }
    return true;
  }

  private boolean goesOnAfter(long skipped) {
    NonFiniteReport report = guard.report(state, skipped);
    listeners.tell(state.step, listener -> listener.onNonFinite(report));
    work.dropLoss();
    if (run.guardEvery > 1) {
      work.clearWindow(); // steps that were not applied are in its sum
    }
    if (state.skippedInARow < run.maxSkipped) {
      return true;
    }
    notFinite =
        "training stopped at step %d: %d steps in a row could not be applied (%s); %s; try a lower "
                .formatted(state.step, state.skippedInARow, report.cause(), saver.lastCheckpoint())
            + "learning rate or a smaller clipping norm";
    return false;
  }

  private void report() {
    work.window().download(windowValues, 0);
    trainingLoss = (double) windowValues[0] / windowValues[1];
    StepReport report =
        new StepReport(
            state.step,
            state.epochs(batchesPerEpoch),
            trainingLoss,
            learningRate,
            run.optimizer.gradientNorm(),
            clock.throughputSinceReport(state),
            clock.seconds(),
            clock.progress(state, plannedSteps),
            clock.secondsLeft(state, plannedSteps));
    reportedStep = state.step;
    listeners.tell(state.step, listener -> listener.onStep(report));
  }

  /**
   * Evaluates, samples and saves.
   *
   * @param planned whether the unbroken run would validate here too; only then do schedule and early
   *     stopping hear of it
   */
  private void validate(boolean planned) {
    backend.finish(); // what was enqueued is training time
    clock.pause();
    evaluation = problem.evaluate();
    validatedStep = state.step;
    state.validationDue = false;
    boolean best = false;
    if (evaluation.count() > 0) {
      double value = evaluation.loss();
      best = Double.isNaN(state.bestLoss) ? !Double.isNaN(value) : value < state.bestLoss;
      if (best) {
        state.bestLoss = value;
        state.bestStep = state.step;
      }
      if (planned) {
        run.schedule.validated(value);
        waitForImprovement(value);
      }
      ValidationReport report =
          new ValidationReport(
              state.step, state.epochs(batchesPerEpoch), evaluation, best, clock.seconds());
      listeners.tell(state.step, listener -> listener.onValidation(report));
    }
    sample();
    state.seconds = clock.seconds();
    if (best) {
      saver.saveBest(state);
    }
    saved = planned && saver.saveLast(state);
    clock.resume();
  }

  private void waitForImprovement(double value) {
    if (value < state.waitingFor) {
      state.waitingFor = value - run.minImprovement;
      state.waited = 0;
    } else {
      state.waited++;
    }
  }

  private void sample() {
    String text = run.samples ? problem.sample() : "";
    if (!text.isEmpty()) {
      SampleReport report = new SampleReport(state.step, text);
      listeners.tell(state.step, listener -> listener.onSample(report));
    }
  }

  /** Validates unless that was just done or time presses, saves, and tells the listeners. */
  private TrainingResult finish(StopReason reason) {
    boolean usable = reason != StopReason.NOT_FINITE;
    long skipped = guard.check(state); // of steps since the last check
    if (skipped > 0) {
      goesOnAfter(skipped);
    }
    if (usable && reportedStep < state.step) {
      report(); // the window stays: a resumed run goes on with it
    }
    if (usable && reason != StopReason.INTERRUPTED && validatedStep < state.step) {
      validate(state.validationDue);
    }
    state.seconds = clock.seconds();
    if (usable) {
      saver.ending();
      if (!saved) {
        saver.saveLast(state);
      }
      if (saver.model() == null || state.bestStep == 0) {
        saver.saveModel(state);
      }
    }
    TrainingResult result = result(reason);
    listeners.tell(state.step, listener -> listener.onEnd(result));
    if (!usable) {
      throw new TrainingException(notFinite, result, null);
    }
    RunSaver.Failure failure = saver.failure();
    if (failure != null) {
      throw new TrainingException(failure.sentence(), result, failure.cause());
    }
    return result;
  }

  private TrainingResult result(StopReason reason) {
    return new TrainingResult(
        reason,
        state.step,
        state.epochs(batchesPerEpoch),
        trainingLoss,
        evaluation,
        state.bestLoss,
        state.bestStep,
        state.seconds,
        clock.throughput(state),
        saver.model(),
        saver.checkpoint());
  }

  @Override
  public void close() {
    parts.close();
  }
}
