package dev.sluice.cuda;

import dev.sluice.backend.DType;

/**
 * Runs one direction of one layer through time, in one chunk of steps or several: one product with
 * the input for all steps of a chunk, then the loop over its steps, by the chosen path; backwards
 * the chunks and steps in the opposite order, then the weights' gradients as products over all steps
 * at once.
 */
final class LayerDriver {
  private final CudaRuntime runtime;
  private final Cell cell;
  private final TimeLoop loop;
  private final Casts casts;
  private final Kernel checkLengths;

  /**
   * A driver.
   *
   * @param cell of the layer, for the gradients of its weights
   * @param loop that runs its steps
   */
  LayerDriver(CudaRuntime runtime, Cell cell, TimeLoop loop, Casts casts) {
    this.runtime = runtime;
    this.cell = cell;
    this.loop = loop;
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

  /** Enqueues what comes before the first chunk: the state. */
  void beginForward(LayerPass pass) {
    copyOrClear(pass, pass.initialState, pass.state, stateBytes(pass));
    narrowInitialState(pass, pass.lane);
  }

  /**
   * Enqueues a chunk of the forward pass: the product with the input, and the steps.
   *
   * @param from first step of the chunk, in the order of this direction
   * @param to the step after its last
   */
  void forward(LayerPass pass, int from, int to) {
    int first = pass.firstOf(from, to);
    runtime
        .blas()
        .multiply(
            pass.lane,
            (to - from) * pass.batch,
            pass.gateColumns,
            pass.inputs,
            1,
            Blas.Matrix.of(pass.inputAt(first), pass.type, pass.inputs),
            Blas.Matrix.of(pass.weights.input(), pass.type, pass.inputs).transpose(),
            0,
            Blas.Matrix.of(pass.gatesAt(first), pass.type, pass.gateColumns));
    loop.forward(pass, from, to);
  }

  /**
   * Enqueues what comes after the last chunk.
   *
   * @param lastState receives h after the last step, or 0 when not wanted
   * @param lastCell receives c after the last step, or 0
   */
  void endForward(LayerPass pass, long lastState, long lastCell) {
    if (lastState != 0) {
      pass.lane.copy(pass.state, lastState, stateBytes(pass));
    }
    if (lastCell != 0) {
      long cell = pass.savedAt(pass.time(pass.steps - 1));
      pass.lane.copy(cell, lastCell, stateBytes(pass));
    }
  }

  /**
   * Enqueues what comes before the last chunk's steps: the gradients of the state.
   *
   * @param dLastState gradient of h after the last step, or 0 for zeros
   * @param dLastCell gradient of c after the last step, or 0 for zeros
   */
  void beginBackward(LayerPass pass, long dLastState, long dLastCell) {
    long stateBytes = stateBytes(pass);
    copyOrClear(pass, dLastState, pass.stateGradient, stateBytes);
    if (pass.cellGradient != 0) {
      copyOrClear(pass, dLastCell, pass.cellGradient, stateBytes);
    }
  }

  /**
   * Enqueues a chunk of the backward pass up to the gates' gradients.
   *
   * @param from first step of the chunk, in the order of this direction
   * @param to the step after its last
   * @param stateWanted whether the gradient of h before the first step of all is wanted
   */
  void backward(LayerPass pass, int from, int to, boolean stateWanted) {
    loop.backward(pass, from, to, stateWanted);
  }

  /**
   * Enqueues what comes after the first chunk's steps.
   *
   * @param dInitialState receives the gradient of h before the first step, or 0 when not wanted
   * @param dInitialCell receives the gradient of c before the first step, or 0
   */
  void endBackward(LayerPass pass, long dInitialState, long dInitialCell) {
    long stateBytes = stateBytes(pass);
    if (dInitialState != 0) {
      pass.lane.copy(pass.stateGradient, dInitialState, stateBytes);
    }
    if (dInitialCell != 0) {
      pass.lane.copy(pass.cellGradient, dInitialCell, stateBytes);
    }
  }

  /** Enqueues the gradients of W, R and the biases into the pass's lane for them. */
  void weightGradients(LayerPass pass) {
    narrowInitialState(pass, pass.weightLane);
    runtime
        .blas()
        .multiply(
            pass.weightLane,
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

  /**
   * Enqueues dInput [T, B, I], of a type, = the gates' gradients · W + beta · dInput, for a chunk.
   *
   * @param from first step of the chunk, in the order of this direction
   * @param to the step after its last
   */
  void inputGradient(
      LayerPass pass, int from, int to, Lane lane, float beta, long dInput, DType type) {
    int first = pass.firstOf(from, to);
    long row = (long) first * pass.batch * pass.inputs;
    runtime
        .blas()
        .multiply(
            lane,
            (to - from) * pass.batch,
            pass.inputs,
            pass.gateColumns,
            1,
            Blas.Matrix.of(pass.gatesAt(first), pass.type, pass.gateColumns),
            Blas.Matrix.of(pass.weights.input(), pass.type, pass.inputs),
            beta,
            Blas.Matrix.of(dInput + row * type.bytes(), type, pass.inputs));
  }

  /** h before the first step as an operand: rounded, or zeros. */
  private void narrowInitialState(LayerPass pass, Lane lane) {
    long count = (long) pass.batch * pass.units;
    if (pass.hidden != 0 && pass.initialState != 0) {
      casts.narrow(lane, pass.initialState, pass.hidden, count);
    } else if (pass.hidden != 0) {
      lane.clear(pass.hidden, pass.bytes(count));
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
