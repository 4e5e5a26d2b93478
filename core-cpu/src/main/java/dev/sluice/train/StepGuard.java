package dev.sluice.train;

import dev.sluice.backend.Tensor;
import dev.sluice.nn.Parameter;
import dev.sluice.nn.ParameterStore;
import dev.sluice.optim.Optimizer;
import java.util.Optional;

/**
 * Notices steps that the optimiser did not apply because the loss or a gradient was not finite, and
 * says where it began.
 */
final class StepGuard {
  private final ParameterStore parameters;
  private final Optimizer optimizer;
  private final Tensor total;
  private final float[] totalValues = new float[2];
  private long checkedStep;
  private long checkedApplied;

  /**
   * A guard.
   *
   * @param parameters whose gradients are searched
   * @param optimizer that skips steps
   * @param total of the last step, [2]: sum of losses, count
   * @param step optimiser steps done
   */
  StepGuard(ParameterStore parameters, Optimizer optimizer, Tensor total, long step) {
    this.parameters = parameters;
    this.optimizer = optimizer;
    this.total = total;
    checkedStep = step;
    checkedApplied = optimizer.applied();
  }

  /**
   * Steps since the last check that were not applied; counts them in the state. Waits for the last
   * step; allocates nothing.
   */
  long check(TrainingState state) {
    long applied = optimizer.applied();
    long steps = state.step - checkedStep;
    long skipped = steps - (applied - checkedApplied);
    checkedStep = state.step;
    checkedApplied = applied;
    if (steps == 0) {
      return 0;
    }
    if (skipped == 0) {
      state.skippedInARow = 0;
    } else if (skipped == steps) {
      state.skippedInARow += skipped;
    } else {
      state.skippedInARow = lastWasSkipped() ? 1 : 0;
    }
    return skipped;
  }

  private boolean lastWasSkipped() {
    return !Float.isFinite(optimizer.gradientNorm());
  }

  /** What {@link #check} found, with the place where the last step stopped being finite. */
  NonFiniteReport report(TrainingState state, long skipped) {
    Optional<Parameter> gradient =
        lastWasSkipped() ? Optimizer.firstNonFinite(parameters) : Optional.empty();
    return new NonFiniteReport(
        state.step,
        cause(gradient),
        gradient.map(Parameter::name).orElse(""),
        skipped,
        state.skippedInARow);
  }

  private String cause(Optional<Parameter> gradient) {
    if (!lastWasSkipped()) {
      return "the loss or the gradients of an earlier step were not finite";
    }
    Optional<Parameter> broken = nonFiniteParameter();
    if (broken.isPresent()) {
      return "the parameter " + broken.get().name() + " itself is not finite";
    }
    total.download(totalValues, 0);
    boolean lossIsFinite = Float.isFinite(totalValues[0]);
    if (gradient.isPresent()) {
      return (lossIsFinite ? "" : "the loss is not finite, and ")
          + "the gradient of "
          + gradient.get().name()
          + " is not finite";
    }
    return lossIsFinite
        ? "the gradients are so large that the sum of their squares is not finite"
        : "the loss is not finite";
  }

  private Optional<Parameter> nonFiniteParameter() {
    for (Parameter parameter : parameters.parameters()) {
      for (float value : parameter.value().toFloats()) {
        if (!Float.isFinite(value)) {
          return Optional.of(parameter);
        }
      }
    }
    return Optional.empty();
  }
}
