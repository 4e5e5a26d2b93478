package dev.sluice.cuda;

import dev.sluice.backend.DType;

/**
 * Runs one direction of one layer through time: one product with the input for all steps, then in
 * each step the cell's products and kernels; backwards the steps in the opposite order, then the
 * weights' gradients as products over all steps at once.
 */
final class LayerDriver {
  private final CudaRuntime runtime;
  private final Cell cell;
  private final Casts casts;
  private final Kernel checkLengths;

  LayerDriver(CudaRuntime runtime, Cell cell, Casts casts) {
    this.runtime = runtime;
    this.cell = cell;
    this.casts = casts;
    checkLengths = runtime.kernel("sluice_check_lengths");
  }

  /** Enqueues the rounding of W and R at {@code source} to the pass's type, unless it is fp32. */
  void takeWeights(LayerPass pass, LayerWeights source) {
    if (pass.inputCopy != 0) {
      long rows = pass.gateColumns;
      casts.narrow(pass.lane, source.input(), pass.inputCopy, rows * pass.inputs);
      casts.narrow(pass.lane, source.hidden(), pass.hiddenCopy, rows * pass.units);
    }
  }

  /** Has lengths that are not in 1..T reported by the next download. */
  void checkLengths(long lengths, int batch, int steps) {
    runtime
        .begin(checkLengths)
        .pointer(lengths)
        .pointer(runtime.faults().lengths())
        .integer(batch)
        .integer(steps)
        .launch(runtime.lane(), Grid.threads(batch));
  }

  /**
   * Enqueues the forward pass.
   *
   * @param lastState receives h after the last step, or 0 when not wanted
   * @param lastCell receives c after the last step, or 0
   */
  void forward(LayerPass pass, long lastState, long lastCell) {
    long stateBytes = stateBytes(pass);
    runtime
        .blas()
        .multiply(
            pass.lane,
            pass.steps * pass.batch,
            pass.gateColumns,
            pass.inputs,
            1,
            Blas.Matrix.of(pass.input, pass.type, pass.inputs),
            Blas.Matrix.of(pass.weights.input(), pass.type, pass.inputs).transpose(),
            0,
            Blas.Matrix.of(pass.gates, pass.type, pass.gateColumns));
    copyOrClear(pass, pass.initialState, pass.state, stateBytes);
    narrowInitialState(pass);
    for (int s = 0; s < pass.steps; s++) {
      cell.forward(pass, pass.time(s));
    }
    if (lastState != 0) {
      pass.lane.copy(pass.state, lastState, stateBytes);
    }
    if (lastCell != 0) {
      pass.lane.copy(pass.savedAt(pass.time(pass.steps - 1)), lastCell, stateBytes);
    }
  }

  /**
   * Enqueues the backward pass up to the gates' gradients, and the weights' gradients.
   *
   * @param dLastState gradient of h after the last step, or 0 for zeros
   * @param dLastCell gradient of c after the last step, or 0 for zeros
   * @param dInitialState receives the gradient of h before the first step, or 0 when not wanted
   * @param dInitialCell receives the gradient of c before the first step, or 0
   */
  void backward(
      LayerPass pass, long dLastState, long dLastCell, long dInitialState, long dInitialCell) {
    long stateBytes = stateBytes(pass);
    copyOrClear(pass, dLastState, pass.stateGradient, stateBytes);
    if (pass.cellGradient != 0) {
      copyOrClear(pass, dLastCell, pass.cellGradient, stateBytes);
    }
    for (int s = pass.steps - 1; s >= 0; s--) {
      cell.backward(pass, pass.time(s), s > 0 || dInitialState != 0);
    }
    if (dInitialState != 0) {
      pass.lane.copy(pass.stateGradient, dInitialState, stateBytes);
    }
    if (dInitialCell != 0) {
      pass.lane.copy(pass.cellGradient, dInitialCell, stateBytes);
    }
    narrowInitialState(pass);
    runtime
        .blas()
        .multiply(
            pass.lane,
            pass.gateColumns,
            pass.inputs,
            pass.steps * pass.batch,
            1,
            Blas.Matrix.of(pass.gates, pass.type, pass.gateColumns).transpose(),
            Blas.Matrix.of(pass.input, pass.type, pass.inputs),
            1,
            Blas.Matrix.of(pass.gradients.input(), pass.inputs));
    cell.weightGradients(pass);
  }

  /** dInput [T, B, I], of a type, = the gates' gradients · W + beta · dInput. */
  void inputGradient(LayerPass pass, Lane lane, float beta, long dInput, DType type) {
    runtime
        .blas()
        .multiply(
            lane,
            pass.steps * pass.batch,
            pass.inputs,
            pass.gateColumns,
            1,
            Blas.Matrix.of(pass.gates, pass.type, pass.gateColumns),
            Blas.Matrix.of(pass.weights.input(), pass.type, pass.inputs),
            beta,
            Blas.Matrix.of(dInput, type, pass.inputs));
  }

  /** h before the first step as an operand: rounded, or zeros. */
  private void narrowInitialState(LayerPass pass) {
    long count = (long) pass.batch * pass.units;
    if (pass.hidden != 0 && pass.initialState != 0) {
      casts.narrow(pass.lane, pass.initialState, pass.hidden, count);
    } else if (pass.hidden != 0) {
      pass.lane.clear(pass.hidden, pass.bytes(count));
    }
  }

  private static long stateBytes(LayerPass pass) {
    return (long) pass.batch * pass.units * Float.BYTES;
  }

  private static void copyOrClear(LayerPass pass, long source, long target, long bytes) {
    if (source != 0) {
      pass.lane.copy(source, target, bytes);
    } else {
      pass.lane.clear(target, bytes);
    }
  }
}
