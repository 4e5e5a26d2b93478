package dev.sluice.backend.simd;

import dev.sluice.backend.OptimizerOps;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;

/** Optimiser steps and the norm that clipping needs; each has a job of its own. */
final class SimdOptimizerOps implements OptimizerOps {
  private final SquareSumJob squareSum;
  private final UpdateJob update;

  SimdOptimizerOps(ThreadTeam team) {
    squareSum = new SquareSumJob(team);
    update = new UpdateJob(team);
  }

  @Override
  public void sumOfSquares(Tensor x, Tensor out) {
    squareSum.run(x, out);
  }

  @Override
  public void update(
      UpdateRule rule, Tensor parameters, Tensor gradients, Tensor state, Controls controls) {
    update.run(rule, parameters, gradients, state, controls);
  }
}
