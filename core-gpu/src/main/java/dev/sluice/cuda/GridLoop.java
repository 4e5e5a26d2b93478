package dev.sluice.cuda;

import dev.sluice.backend.CellType;

/**
 * The grid path: one cooperative launch for all steps, whose blocks hand each other h, or the gates'
 * gradients, in every step.
 */
final class GridLoop implements TimeLoop {
  private final CudaRuntime runtime;
  private final boolean lstm;
  private final GridPlan forward;
  private final GridPlan backward;

  /**
   * A loop for a stack's layers.
   *
   * @param backward null without a backward pass
   */
  GridLoop(CudaRuntime runtime, CellType cell, GridPlan forward, GridPlan backward) {
    this.runtime = runtime;
    this.lstm = cell == CellType.LSTM;
    this.forward = forward;
    this.backward = backward;
  }

  @Override
  public void forward(LayerPass pass, int from, int to) {
    pass.requireWhole(from, to);
    Launcher launch =
        begin(pass, forward)
            .pointer(pass.gates)
            .pointer(pass.weights.hidden())
            .pointer(pass.weights.inputBias())
            .pointer(pass.weights.hiddenBias())
            .pointer(pass.initialState);
    if (lstm) {
      launch.pointer(pass.initialCell);
    }
    launch.pointer(pass.saved).pointer(pass.state).pointer(pass.output);
    exchange(launch, pass);
    if (lstm) {
      launch.count(pass.savedStride / Float.BYTES);
    }
    launch.count(pass.outputStride);
    sizes(launch, pass, forward);
    launch(launch, pass, forward);
  }

  @Override
  public void backward(LayerPass pass, int from, int to, boolean stateWanted) {
    pass.requireWhole(from, to);
    Launcher launch = begin(pass, backward).pointer(pass.gates);
    if (lstm) {
      launch
          .pointer(pass.weights.hidden())
          .pointer(pass.outputGradient)
          .pointer(pass.initialCell)
          .pointer(pass.saved)
          .pointer(pass.stateGradient)
          .pointer(pass.cellGradient);
      exchange(launch, pass);
      launch.count(pass.outputStride);
    } else {
      launch
          .pointer(pass.saved)
          .pointer(pass.weights.hidden())
          .pointer(pass.outputGradient)
          .pointer(pass.output)
          .pointer(pass.initialState)
          .pointer(pass.stateGradient);
      exchange(launch, pass);
      launch.count(pass.outputStride).count(pass.outputStride);
    }
    sizes(launch, pass, backward);
    launch.integer(stateWanted ? 1 : 0);
    launch(launch, pass, backward);
  }

  private Launcher begin(LayerPass pass, GridPlan plan) {
    pass.lane.clear(pass.flags, plan.flagBytes());
    return runtime.begin(runtime.kernel(plan.kernel()));
  }

  private void exchange(Launcher launch, LayerPass pass) {
    launch
        .pointer(pass.lengths)
        .pointer(pass.exchange)
        .pointer(pass.flags)
        .pointer(runtime.faults().waits());
  }

  private static void sizes(Launcher launch, LayerPass pass, GridPlan plan) {
    launch
        .integer(pass.steps)
        .integer(pass.batch)
        .integer(pass.units)
        .integer(plan.blockUnits())
        .integer(plan.rounds())
        .integer(pass.reverse ? 1 : 0);
  }

  private static void launch(Launcher launch, LayerPass pass, GridPlan plan) {
    launch.launchTogether(pass.lane, plan.blocks(), plan.groups(), plan.sharedBytes());
  }
}
