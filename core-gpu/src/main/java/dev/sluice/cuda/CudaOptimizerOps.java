package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.OptimizerOps;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;

/** Optimiser steps: one kernel for what all parameters share, one for the parameters. */
final class CudaOptimizerOps implements OptimizerOps {
  private static final int CONTROLS = 5;

  private final CudaRuntime runtime;
  private final TypedKernel squares;
  private final Kernel total;
  private final Kernel prepare;
  private final Kernel sgd;
  private final Kernel rmsProp;
  private final Kernel adam;

  CudaOptimizerOps(CudaRuntime runtime) {
    this.runtime = runtime;
    squares = TypedKernel.of(runtime, "square_partials");
    total = runtime.kernel("sluice_total");
    prepare = runtime.kernel("sluice_update_prepare");
    sgd = runtime.kernel("sluice_update_sgd");
    rmsProp = runtime.kernel("sluice_update_rmsprop");
    adam = runtime.kernel("sluice_update_adam");
  }

  @Override
  public void sumOfSquares(Tensor x, Tensor out) {
    Checks.sumOfSquares(x, out);
    CudaTensor from = runtime.own(x);
    int partials = Grid.partials(from.size());
    long work = runtime.scratch().take((long) partials * Float.BYTES);
    runtime
        .begin(squares.of(from.type()))
        .pointer(from.address())
        .pointer(work)
        .count(from.size())
        .launch(runtime.lane(), partials);
    runtime
        .begin(total)
        .pointer(work)
        .pointer(0)
        .pointer(runtime.own(out).address())
        .count(partials)
        .integer(0)
        .launch(runtime.lane(), 1);
  }

  @Override
  public void update(
      UpdateRule rule, Tensor parameters, Tensor gradients, Tensor state, Controls controls) {
    Checks.update(rule, parameters, gradients, state, controls);
    switch (rule) {
      case UpdateRule.Sgd(float momentum, boolean nesterov, float decay) ->
          update(
              sgd, parameters, gradients, state, controls, decay, momentum, 0, 0, nesterov, false);
      case UpdateRule.RmsProp(float average, float epsilon, float decay) ->
          update(
              rmsProp,
              parameters,
              gradients,
              state,
              controls,
              decay,
              average,
              0,
              epsilon,
              false,
              false);
      case UpdateRule.Adam(
              float beta1,
              float beta2,
              float epsilon,
              float decay,
              boolean decoupled) ->
          update(
              adam,
              parameters,
              gradients,
              state,
              controls,
              decay,
              beta1,
              beta2,
              epsilon,
              decoupled,
              true);
    }
  }

  private void update(
      Kernel kernel,
      Tensor parameters,
      Tensor gradients,
      Tensor state,
      Controls controls,
      float decay,
      float beta1,
      float beta2,
      float epsilon,
      boolean variant,
      boolean averages) {
    CudaTensor values = runtime.own(parameters);
    long count = values.size();
    long slopes = runtime.own(gradients).address();
    long first = runtime.address(state);
    long second = averages ? first + count * Float.BYTES : 0;
    long control = runtime.scratch().take(CONTROLS * Float.BYTES);
    runtime
        .begin(prepare)
        .pointer(runtime.own(controls.learningRate()).address())
        .pointer(runtime.own(controls.applied()).address())
        .pointer(runtime.own(controls.gradientSquares()).address())
        .pointer(control)
        .real(controls.clipNorm())
        .real(averages ? beta1 : 0)
        .real(beta2)
        .launch(runtime.lane(), 1);
    runtime
        .begin(kernel)
        .pointer(values.address())
        .pointer(slopes)
        .pointer(first)
        .pointer(second)
        .pointer(0)
        .pointer(control)
        .count(count)
        .real(controls.clipValue())
        .real(decay)
        .real(beta1)
        .real(beta2)
        .real(epsilon)
        .integer(variant ? 1 : 0)
        .launch(runtime.lane(), runtime.grid().any(count));
  }
}
