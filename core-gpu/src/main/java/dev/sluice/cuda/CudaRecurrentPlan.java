package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;

/**
 * A stack of recurrent layers on the device. The two directions of a layer run in two lanes; each
 * pass is recorded as a graph and replayed.
 */
final class CudaRecurrentPlan implements RecurrentPlan {
  private final CudaRuntime runtime;
  private final RecurrentSpec spec;
  private final int maxSteps;
  private final int batch;
  private final boolean training;
  private final CudaDropoutOps dropout;
  private final PlanMemory memory;
  private final StackBuffers buffers;
  private final LayerDriver driver;
  private final PassGraph forwardGraph;
  private final PassGraph backwardGraph;
  private final PassArguments arguments = new PassArguments();
  private boolean closed;

  CudaRecurrentPlan(
      CudaRuntime runtime,
      RecurrentSpec spec,
      int maxSteps,
      int batch,
      boolean training,
      CudaDropoutOps dropout) {
    this.runtime = runtime;
    this.spec = spec;
    this.maxSteps = maxSteps;
    this.batch = batch;
    this.training = training;
    this.dropout = dropout;
    driver = new LayerDriver(runtime, Cell.of(runtime, spec));
    Lane reverseLane = spec.bidirectional() ? runtime.sideLane() : null;
    memory =
        PlanMemory.of(
            runtime.memory(), "a plan for %s, T=%d, B=%d".formatted(spec, maxSteps, batch));
    try {
      buffers = new StackBuffers(spec, maxSteps, batch, training, memory);
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
    for (LayerPass pass : buffers.passes) {
      pass.lane = pass.reverse ? reverseLane : runtime.lane();
    }
    forwardGraph = new PassGraph(runtime, this::enqueueForward);
    backwardGraph = new PassGraph(runtime, this::enqueueBackward);
  }

  /** Bytes that a plan holds. */
  static long bytes(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    PlanMemory counting = PlanMemory.counting();
    new StackBuffers(spec, maxSteps, batch, training, counting);
    return counting.bytes();
  }

  @Override
  public void forward(
      Tensor weights,
      Tensor x,
      Tensor lengths,
      RecurrentState initial,
      Tensor y,
      RecurrentState last,
      RandomDraw draw) {
    requireOpen();
    Checks.recurrentForward(
        spec, maxSteps, batch, training, weights, x, lengths, initial, y, last, draw);
    arguments.setForward(runtime, weights, x, lengths, initial, y, last, draw);
    forwardGraph.run(arguments.forwardKey());
  }

  private void enqueueForward() {
    int directions = spec.directions();
    if (arguments.lengths != 0) {
      driver.checkLengths(arguments.lengths, batch, arguments.steps);
    }
    for (int layer = 0; layer < spec.layers(); layer++) {
      if (layer > 0 && buffers.dropped != 0) {
        drop(layer - 1, buffers.outputs[layer - 1], buffers.dropped);
      }
      fork();
      for (int direction = 0; direction < directions; direction++) {
        LayerPass pass = prepare(layer, direction, 0);
        driver.forward(
            pass,
            stateAt(arguments.lastState, layer, direction),
            stateAt(arguments.lastCell, layer, direction));
      }
      join();
    }
  }

  @Override
  public void backward(
      Tensor dy, RecurrentState dLast, Tensor dx, RecurrentState dInitial, Tensor dWeights) {
    requireTrainingForward("backward");
    Checks.recurrentBackward(spec, arguments.steps, batch, dy, dLast, dx, dInitial, dWeights);
    arguments.setBackward(runtime, dy, dLast, dx, dInitial, dWeights);
    backwardGraph.run(arguments.backwardKey());
  }

  private void enqueueBackward() {
    int directions = spec.directions();
    for (int layer = spec.layers() - 1; layer >= 0; layer--) {
      if (layer > 0 && buffers.dropped != 0) { // drawn again rather than kept
        drop(layer - 1, buffers.outputs[layer - 1], buffers.dropped);
      }
      long dOutput = layer == spec.layers() - 1 ? arguments.outputGradient : buffers.belowGradient;
      fork();
      for (int direction = 0; direction < directions; direction++) {
        LayerPass pass = prepare(layer, direction, dOutput);
        pass.gradients = LayerWeights.of(spec, layer, direction, arguments.weightGradients);
        driver.backward(
            pass,
            stateAt(arguments.dLastState, layer, direction),
            stateAt(arguments.dLastCell, layer, direction),
            stateAt(arguments.dInitialState, layer, direction),
            stateAt(arguments.dInitialCell, layer, direction));
      }
      join();
      // Both directions have read dOutput, so the layer below gets its gradient in the same place.
      long dInput = layer > 0 ? buffers.belowGradient : arguments.inputGradient;
      if (dInput != 0) {
        for (int direction = 0; direction < directions; direction++) {
          LayerPass pass = buffers.passes[layer * directions + direction];
          driver.inputGradient(pass, runtime.lane(), direction, dInput);
        }
        if (layer > 0 && buffers.dropped != 0) {
          drop(layer - 1, dInput, dInput);
        }
      }
    }
  }

  private LayerPass prepare(int layer, int direction, long dOutput) {
    LayerPass pass = buffers.passes[layer * spec.directions() + direction];
    long column = (long) direction * spec.hiddenSize() * Float.BYTES;
    boolean top = layer == spec.layers() - 1;
    pass.steps = arguments.steps;
    pass.lengths = arguments.lengths;
    pass.input = layer == 0 ? arguments.input : inputFromBelow(layer);
    pass.output = (top ? arguments.output : buffers.outputs[layer]) + column;
    pass.outputGradient = dOutput == 0 ? 0 : dOutput + column;
    pass.initialState = stateAt(arguments.initialState, layer, direction);
    pass.initialCell = stateAt(arguments.initialCell, layer, direction);
    pass.weights = LayerWeights.of(spec, layer, direction, arguments.weights);
    pass.choosePack(runtime.device().gpu().multiprocessors());
    return pass;
  }

  private long inputFromBelow(int layer) {
    return buffers.dropped != 0 ? buffers.dropped : buffers.outputs[layer - 1];
  }

  /** The part of a stack's states that belongs to one layer and direction; 0 for none. */
  private long stateAt(long states, int layer, int direction) {
    long index = (long) layer * spec.directions() + direction;
    return states == 0 ? 0 : states + index * batch * spec.hiddenSize() * Float.BYTES;
  }

  private void drop(int layer, long x, long y) {
    dropout.apply(
        spec.dropout(),
        arguments.draw,
        arguments.draw.stream() + layer,
        DType.FLOAT32,
        x,
        y,
        (long) arguments.steps * batch * spec.outputSize());
  }

  private void fork() {
    if (spec.bidirectional()) {
      runtime.sideLane().await(runtime.lane());
    }
  }

  private void join() {
    if (spec.bidirectional()) {
      runtime.lane().await(runtime.sideLane());
    }
  }

  @Override
  public Tensor cellStates(int layer, int direction) {
    requireTrainingForward("cellStates");
    if (!spec.cell().hasCellState()) {
      throw new IllegalStateException("cellStates: " + spec.cell() + " has no cell state");
    }
    LayerPass pass = buffers.passes[layer * spec.directions() + direction];
    return view(pass.saved, spec.hiddenSize());
  }

  @Override
  public Tensor layerOutput(int layer) {
    requireTrainingForward("layerOutput");
    long address = layer == spec.layers() - 1 ? arguments.output : buffers.outputs[layer];
    return view(address, spec.outputSize());
  }

  private Tensor view(long address, int columns) {
    Shape shape = Shape.of(arguments.steps, batch, columns);
    return new CudaTensor(runtime, null, address, DType.FLOAT32, shape);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("recurrent: the plan is closed");
    }
  }

  private void requireTrainingForward(String operation) {
    requireOpen();
    if (!training) {
      throw new IllegalStateException("recurrent " + operation + ": the plan is for inference");
    }
    if (arguments.steps == 0) {
      throw new IllegalStateException("recurrent " + operation + ": there was no forward");
    }
  }

  @Override
  public long bytes() {
    return memory.bytes();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      forwardGraph.close();
      backwardGraph.close();
      memory.close();
    }
  }
}
