package dev.sluice.train;

import java.util.function.LongSupplier;

/** Time, throughput and the estimate of what is left of a run. */
final class RunClock {
  private static final double NANO = 1e-9;

  private final LongSupplier nanoTime;
  private final double maxSeconds;
  private final double unitsPerBatch;
  private final double secondsBefore;
  private final long began;
  private final long stepsBefore;
  private final long microStepsBefore;
  private long pausedNanos;
  private long pauseBegan;
  private long reportedNanos;
  private long reportedMicroSteps;

  /**
   * Starts the clock.
   *
   * @param nanoTime as {@link System#nanoTime}
   * @param maxSeconds limit of this run; infinite for none
   * @param unitsPerBatch units of a micro-batch
   * @param state of the run, at its beginning or resume
   */
  RunClock(LongSupplier nanoTime, double maxSeconds, double unitsPerBatch, TrainingState state) {
    this.nanoTime = nanoTime;
    this.maxSeconds = maxSeconds;
    this.unitsPerBatch = unitsPerBatch;
    secondsBefore = state.seconds;
    stepsBefore = state.step;
    microStepsBefore = state.microStep;
    reportedMicroSteps = state.microStep;
    began = nanoTime.getAsLong();
  }

  /** Stops counting for throughput: what follows is not training. */
  void pause() {
    pauseBegan = nanoTime.getAsLong();
  }

  /** Counts again. */
  void resume() {
    pausedNanos += nanoTime.getAsLong() - pauseBegan;
  }

  /** Seconds since the run began or was resumed. */
  double secondsOfRun() {
    return (nanoTime.getAsLong() - began) * NANO;
  }

  /** Seconds of training, those before a resume included. */
  double seconds() {
    return secondsBefore + secondsOfRun();
  }

  boolean timeIsUp() {
    return secondsOfRun() >= maxSeconds;
  }

  /** Units a second since the last call of this method. */
  double throughputSinceReport(TrainingState state) {
    long nanos = trainingNanos();
    double rate = rate(state.microStep - reportedMicroSteps, nanos - reportedNanos);
    reportedNanos = nanos;
    reportedMicroSteps = state.microStep;
    return rate;
  }

  /** Units a second since the run began or was resumed. */
  double throughput(TrainingState state) {
    return rate(state.microStep - microStepsBefore, trainingNanos());
  }

  /** Share of the run that is done, 0 to 1: of the planned steps or of the time. */
  double progress(TrainingState state, long plannedSteps) {
    double bySteps = plannedSteps > 0 ? (double) state.step / plannedSteps : 0;
    return Math.min(1, Math.max(bySteps, secondsOfRun() / maxSeconds));
  }

  /** Estimate of the seconds until a limit is reached; NaN when it cannot be told. */
  double secondsLeft(TrainingState state, long plannedSteps) {
    double seconds = secondsOfRun();
    double byTime = Double.isInfinite(maxSeconds) ? Double.NaN : Math.max(0, maxSeconds - seconds);
    long steps = state.step - stepsBefore;
    if (plannedSteps == 0 || steps == 0) {
      return byTime;
    }
    double bySteps = seconds / steps * (plannedSteps - state.step);
    return Double.isNaN(byTime) ? bySteps : Math.min(byTime, bySteps);
  }

  private long trainingNanos() {
    return nanoTime.getAsLong() - began - pausedNanos;
  }

  private double rate(long batches, long nanos) {
    return nanos > 0 ? batches * unitsPerBatch / (nanos * NANO) : Double.NaN;
  }
}
