package dev.sluice.optim;

import java.util.Map;

/**
 * The learning rate over the course of training. All but {@link Plateau} are pure functions of step
 * and epoch, so a resumed run needs nothing but its counters.
 */
public sealed interface Schedule {
  /**
   * The learning rate for one step.
   *
   * @param step number of steps taken so far, from 0
   * @param epoch number of epochs finished so far with the fraction of the current one, from 0; 2.5
   *     is the middle of the third
   */
  double rate(long step, double epoch);

  /** Tells the schedule the loss of a validation; only {@link Plateau} listens. */
  default void validated(double loss) {}

  /** What a checkpoint must keep. */
  default Map<String, Double> state() {
    return Map.of();
  }

  /**
   * Takes up what {@link #state} of an equal schedule gave.
   *
   * @throws IllegalArgumentException when a value is missing
   */
  default void restore(Map<String, Double> state) {}

  /** Always {@code rate}. */
  record Constant(double rate) implements Schedule {
    public Constant {
      positive("rate", rate);
    }

    @Override
    public double rate(long step, double epoch) {
      return rate;
    }
  }

  /** What {@link Step} counts. */
  enum Unit {
    /** Optimiser steps. */
    STEPS,
    /** Passes over the training data. */
    EPOCHS
  }

  /**
   * rate · factor^⌊n / every⌋, with n the steps or finished epochs.
   *
   * @param rate at the start, above 0
   * @param factor above 0, at most 1
   * @param every how many units each rate lasts, at least 1
   * @param unit steps or epochs
   */
  record Step(double rate, double factor, int every, Unit unit) implements Schedule {
    public Step {
      positive("rate", rate);
      decay(factor);
      atLeast("every", every, 1);
    }

    @Override
    public double rate(long step, double epoch) {
      long units = unit == Unit.STEPS ? step : (long) Math.floor(epoch);
      return rate * StrictMath.pow(factor, units / every);
    }
  }

  /**
   * rate · factor^n, with n the epochs begun after the first {@code afterEpochs}: 0 during those, 1
   * during the next. char-rnn's recipe is factor 0.97 after 10 epochs.
   *
   * @param rate at the start, above 0
   * @param factor for each epoch, above 0, at most 1
   * @param afterEpochs epochs at the full rate, at least 0
   */
  record Exponential(double rate, double factor, int afterEpochs) implements Schedule {
    public Exponential {
      positive("rate", rate);
      decay(factor);
      atLeast("afterEpochs", afterEpochs, 0);
    }

    @Override
    public double rate(long step, double epoch) {
      double begun = Math.floor(epoch) + 1;
      return rate * StrictMath.pow(factor, Math.max(0, begun - afterEpochs));
    }
  }

  /**
   * Linear warm-up, then half a cosine down to a minimum (Loshchilov and Hutter 2017, without
   * restarts):
   *
   * <pre>
   *   step below warmupSteps:  rate · (step + 1) / warmupSteps
   *   up to totalSteps:        minimum + (rate - minimum) · (1 + cos(π · progress)) / 2
   *                            progress = (step - warmupSteps) / (totalSteps - warmupSteps)
   *   from totalSteps on:      minimum
   * </pre>
   *
   * @param rate the highest, above 0
   * @param minimum from 0 to rate
   * @param warmupSteps at least 0
   * @param totalSteps above warmupSteps
   */
  record Cosine(double rate, double minimum, long warmupSteps, long totalSteps)
      implements Schedule {
    public Cosine {
      positive("rate", rate);
      if (!(minimum >= 0 && minimum <= rate)) {
        throw new IllegalArgumentException(
            "minimum must lie between 0 and the rate " + rate + ", not be " + minimum);
      }
      atLeast("warmupSteps", warmupSteps, 0);
      atLeast("totalSteps", totalSteps, warmupSteps + 1);
    }

    @Override
    public double rate(long step, double epoch) {
      if (step < warmupSteps) {
        return rate * (step + 1) / warmupSteps;
      }
      if (step >= totalSteps) {
        return minimum;
      }
      double progress = (double) (step - warmupSteps) / (totalSteps - warmupSteps);
      return minimum + (rate - minimum) * (1 + StrictMath.cos(Math.PI * progress)) / 2;
    }
  }

  /**
   * Multiplies the rate by a factor whenever the validation loss has not fallen below its best for
   * more than {@code patience} validations in a row.
   */
  final class Plateau implements Schedule {
    private static final String RATE = "rate";
    private static final String BEST = "best";
    private static final String WAITED = "waited";

    private final double factor;
    private final int patience;
    private final double minimum;
    private double rate;
    private double best = Double.MAX_VALUE; // finite, so that any file format can keep it
    private int waited;

    /**
     * A schedule that starts at the full rate.
     *
     * @param rate at the start, above 0
     * @param factor above 0, at most 1
     * @param patience validations without improvement that are put up with, at least 0
     * @param minimum the rate falls no lower, from 0 to rate
     */
    public Plateau(double rate, double factor, int patience, double minimum) {
      positive("rate", rate);
      decay(factor);
      atLeast("patience", patience, 0);
      if (!(minimum >= 0 && minimum <= rate)) {
        throw new IllegalArgumentException(
            "minimum must lie between 0 and the rate " + rate + ", not be " + minimum);
      }
      this.rate = rate;
      this.factor = factor;
      this.patience = patience;
      this.minimum = minimum;
    }

    @Override
    public double rate(long step, double epoch) {
      return rate;
    }

    /** A loss that is not a number counts as no improvement. */
    @Override
    public void validated(double loss) {
      if (loss < best) {
        best = loss;
        waited = 0;
        return;
      }
      waited++;
      if (waited > patience) {
        rate = Math.max(minimum, rate * factor);
        waited = 0;
      }
    }

    @Override
    public Map<String, Double> state() {
      return Map.of(RATE, rate, BEST, best, WAITED, (double) waited);
    }

    @Override
    public void restore(Map<String, Double> state) {
      if (!state.keySet().containsAll(state().keySet())) {
        throw new IllegalArgumentException(
            "a plateau schedule's state has rate, best and waited, not " + state.keySet());
      }
      rate = state.get(RATE);
      best = state.get(BEST);
      waited = state.get(WAITED).intValue();
    }
  }

  private static void positive(String name, double value) {
    if (!(value > 0) || value == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException(name + " must be above 0 and finite, not " + value);
    }
  }

  private static void decay(double factor) {
    if (!(factor > 0 && factor <= 1)) {
      throw new IllegalArgumentException("factor must be above 0 and at most 1, not " + factor);
    }
  }

  private static void atLeast(String name, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be at least " + least + ", not " + value);
    }
  }
}
