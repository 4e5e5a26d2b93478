package dev.sluice.cuda;

import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.Tensor;

/**
 * The arguments of a plan's most recent forward and backward as addresses, 0 for null, and the keys
 * that tell one call from another.
 */
final class PassArguments {
  long weights;
  long input;
  long lengths;
  long initialState;
  long initialCell;
  long output;
  long lastState;
  long lastCell;
  RandomDraw draw;

  /** T of the most recent forward; 0 before the first. */
  int steps;

  long outputGradient;
  long dLastState;
  long dLastCell;
  long inputGradient;
  long dInitialState;
  long dInitialCell;
  long weightGradients;

  private final long[] forwardKey = new long[12];
  private final long[] backwardKey = new long[forwardKey.length + 7];

  void setForward(
      CudaRuntime runtime,
      Tensor weights,
      Tensor x,
      Tensor lengths,
      RecurrentState initial,
      Tensor y,
      RecurrentState last,
      RandomDraw draw) {
    this.weights = runtime.address(weights);
    this.input = runtime.address(x);
    this.lengths = runtime.address(lengths);
    this.initialState = state(runtime, initial);
    this.initialCell = cell(runtime, initial);
    this.output = runtime.address(y);
    this.lastState = state(runtime, last);
    this.lastCell = cell(runtime, last);
    this.draw = draw;
    this.steps = x.shape().dim(0);
    forwardKey[0] = this.weights;
    forwardKey[1] = this.input;
    forwardKey[2] = this.lengths;
    forwardKey[3] = this.initialState;
    forwardKey[4] = this.initialCell;
    forwardKey[5] = this.output;
    forwardKey[6] = this.lastState;
    forwardKey[7] = this.lastCell;
    forwardKey[8] = this.steps;
    forwardKey[9] = draw == null ? 0 : draw.seed();
    forwardKey[10] = draw == null ? 0 : draw.stream();
    forwardKey[11] = draw == null ? 0 : runtime.address(draw.step());
  }

  void setBackward(
      CudaRuntime runtime,
      Tensor dy,
      RecurrentState dLast,
      Tensor dx,
      RecurrentState dInitial,
      Tensor dWeights) {
    outputGradient = runtime.address(dy);
    dLastState = state(runtime, dLast);
    dLastCell = cell(runtime, dLast);
    inputGradient = runtime.address(dx);
    dInitialState = state(runtime, dInitial);
    dInitialCell = cell(runtime, dInitial);
    weightGradients = runtime.address(dWeights);
    int at = forwardKey.length;
    System.arraycopy(forwardKey, 0, backwardKey, 0, at);
    backwardKey[at] = outputGradient;
    backwardKey[at + 1] = dLastState;
    backwardKey[at + 2] = dLastCell;
    backwardKey[at + 3] = inputGradient;
    backwardKey[at + 4] = dInitialState;
    backwardKey[at + 5] = dInitialCell;
    backwardKey[at + 6] = weightGradients;
  }

  /** All that a forward pass depends on. */
  long[] forwardKey() {
    return forwardKey;
  }

  /** All that a backward pass depends on: its own arguments, and those of the forward before it. */
  long[] backwardKey() {
    return backwardKey;
  }

  private static long state(CudaRuntime runtime, RecurrentState state) {
    return state == null ? 0 : runtime.address(state.h());
  }

  private static long cell(CudaRuntime runtime, RecurrentState state) {
    return state == null ? 0 : runtime.address(state.c());
  }
}
