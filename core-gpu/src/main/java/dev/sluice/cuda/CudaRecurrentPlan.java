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
  private final Casts casts;
  private final Storage storage;
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
      CudaDropoutOps dropout,
      Casts casts) {
    this.runtime = runtime;
    this.spec = spec;
    this.maxSteps = maxSteps;
    this.batch = batch;
    this.training = training;
    this.dropout = dropout;
    this.casts = casts;
    storage = runtime.storage();
    driver = new LayerDriver(runtime, Cell.of(runtime, spec), casts);
    Lane reverseLane = spec.bidirectional() ? runtime.sideLane() : null;
    memory =
        PlanMemory.of(
            runtime.memory(), "a plan for %s, T=%d, B=%d".formatted(spec, maxSteps, batch));
    try {
      buffers = new StackBuffers(spec, maxSteps, batch, training, storage, memory);
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
  static long bytes(
      RecurrentSpec spec, int maxSteps, int batch, boolean training, Storage storage) {
    PlanMemory counting = PlanMemory.counting();
    new StackBuffers(spec, maxSteps, batch, training, storage, counting);
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
    if (storage.narrow()) {
      long count = (long) arguments.steps * batch * spec.inputSize();
      casts.narrow(runtime.lane(), arguments.input, buffers.input, count);
    }
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
        driver.takeWeights(pass, LayerWeights.of(spec, layer, direction, arguments.weights));
        driver.forward(
            pass,
            stateAt(arguments.lastState, layer, direction),
            stateAt(arguments.lastCell, layer, direction));
      }
      join();
    }
    if (storage.narrow()) {
      casts.widen(runtime.lane(), buffers.outputs[top()], arguments.output, outputCount());
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
    long dOutput = arguments.outputGradient;
    if (storage.narrow()) {
      dOutput = buffers.belowGradient;
      casts.narrow(runtime.lane(), arguments.outputGradient, dOutput, outputCount());
    }
    for (int layer = top(); layer >= 0; layer--) {
      if (layer > 0 && buffers.dropped != 0) { // drawn again rather than kept
        drop(layer - 1, buffers.outputs[layer - 1], buffers.dropped);
      }
      fork();
      for (int direction = 0; direction < directions; direction++) {
        LayerPass pass = prepare(layer, direction, dOutput);
        pass.gradients = LayerWeights.of(spec, layer, direction, arguments.weightGradients);
        if (storage.recompute() && layer < top()) { // the last layer's are still there
          driver.forward(pass, 0, 0);
        }
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
      DType type = layer > 0 ? storage.type() : DType.FLOAT32;
      if (dInput != 0) {
        for (int direction = 0; direction < directions; direction++) {
          LayerPass pass = buffers.passes[layer * directions + direction];
          driver.inputGradient(pass, runtime.lane(), direction, dInput, type);
        }
        if (layer > 0 && buffers.dropped != 0) {
          drop(layer - 1, dInput, dInput);
        }
      }
      dOutput = dInput;
    }
  }

  private LayerPass prepare(int layer, int direction, long dOutput) {
    LayerPass pass = buffers.passes[layer * spec.directions() + direction];
    long column = storage.bytes((long) direction * spec.hiddenSize());
    pass.steps = arguments.steps;
    pass.lengths = arguments.lengths;
    pass.input = inputOf(layer);
    boolean own = layer < buffers.outputs.length;
    pass.output = (own ? buffers.outputs[layer] : arguments.output) + column;
    pass.outputGradient = dOutput == 0 ? 0 : dOutput + column;
    pass.initialState = stateAt(arguments.initialState, layer, direction);
    pass.initialCell = stateAt(arguments.initialCell, layer, direction);
    LayerWeights weights = LayerWeights.of(spec, layer, direction, arguments.weights);
    pass.weights =
        storage.narrow() ? weights.withMatrices(pass.inputCopy, pass.hiddenCopy) : weights;
    pass.choosePack(runtime.device().gpu().multiprocessors());
    return pass;
  }

  private long inputOf(int layer) {
    if (layer == 0) {
      return storage.narrow() ? buffers.input : arguments.input;
    }
    return buffers.dropped != 0 ? buffers.dropped : buffers.outputs[layer - 1];
  }

  private int top() {
    return spec.layers() - 1;
  }

  private long outputCount() {
    return (long) arguments.steps * batch * spec.outputSize();
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
        storage.type(),
        x,
        y,
        outputCount());
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
    return view(pass.saved, DType.FLOAT32, spec.hiddenSize());
  }

  @Override
  public Tensor layerOutput(int layer) {
    requireTrainingForward("layerOutput");
    return layer == top()
        ? view(arguments.output, DType.FLOAT32, spec.outputSize())
        : view(buffers.outputs[layer], storage.type(), spec.outputSize());
  }

  private Tensor view(long address, DType type, int columns) {
    Shape shape = Shape.of(arguments.steps, batch, columns);
    return new CudaTensor(runtime, null, address, type, shape);
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
