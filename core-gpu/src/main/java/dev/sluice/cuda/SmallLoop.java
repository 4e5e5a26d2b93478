package dev.sluice.cuda;

import dev.sluice.backend.CellType;

/** The small path: one launch for all steps, of blocks that know nothing of each other. */
final class SmallLoop implements TimeLoop {
  private final CudaRuntime runtime;
  private final boolean lstm;
  private final SmallPlan forward;
  private final SmallPlan backward;

  /**
   * A loop for a stack's layers.
   *
   * @param backward null without a backward pass
   */
  SmallLoop(CudaRuntime runtime, CellType cell, SmallPlan forward, SmallPlan backward) {
    this.runtime = runtime;
    this.lstm = cell == CellType.LSTM;
    this.forward = forward;
    this.backward = backward;
  }

  @Override
  public void forward(LayerPass pass, int from, int to) {
    pass.requireWhole(from, to);
    Launcher launch =
        runtime
            .begin(runtime.kernel(forward.kernel()))
            .pointer(pass.gates)
            .pointer(pass.weights.hidden())
            .pointer(pass.weights.inputBias())
            .pointer(pass.weights.hiddenBias())
            .pointer(pass.initialState);
    if (lstm) {
      launch.pointer(pass.initialCell);
    }
    launch.pointer(pass.saved).pointer(pass.state).pointer(pass.output).pointer(pass.lengths);
    if (lstm) {
      launch.count(pass.savedStride / Float.BYTES);
    }
    launch
        .count(pass.outputStride)
        .integer(pass.steps)
        .integer(pass.batch)
        .integer(pass.units)
        .integer(pass.reverse ? 1 : 0)
        .launchShared(pass.lane, forward.blocks(), forward.sharedBytes());
  }

  @Override
  public void backward(LayerPass pass, int from, int to, boolean stateWanted) {
    pass.requireWhole(from, to);
    Launcher launch = runtime.begin(runtime.kernel(backward.kernel())).pointer(pass.gates);
    if (lstm) {
      launch
          .pointer(pass.weights.hidden())
          .pointer(pass.outputGradient)
          .pointer(pass.saved)
          .pointer(pass.initialCell)
          .pointer(pass.stateGradient)
          .pointer(pass.cellGradient)
          .pointer(stateWanted ? pass.stateGradient : 0)
          .pointer(pass.cellGradient)
          .pointer(pass.lengths)
          .count(pass.outputStride);
    } else {
      launch
          .pointer(pass.saved)
          .pointer(pass.weights.hidden())
          .pointer(pass.outputGradient)
          .pointer(pass.output)
          .pointer(pass.initialState)
          .pointer(pass.stateGradient)
          .pointer(stateWanted ? pass.stateGradient : 0)
          .pointer(pass.lengths)
          .count(pass.outputStride)
          .count(pass.outputStride);
    }
    launch
        .integer(pass.steps)
        .integer(pass.batch)
        .integer(pass.units)
        .integer(pass.reverse ? 1 : 0)
        .launchShared(pass.lane, backward.blocks(), backward.sharedBytes());
  }
}
