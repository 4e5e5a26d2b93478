package dev.sluice.cuda;

import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentSpec;

/**
 * Enqueues the passes of a stack in the order and the lanes of its {@link StackSchedule}.
 *
 * <p>Layers that run beside each other are enqueued chunk by chunk, not layer by layer; events make
 * each wait for its chunk of the layer before. That order is also what makes it safe that layers
 * share the arrays that hand something on (outputs after dropout, outputs of an inference plan,
 * gradients of inputs): a layer's chunk is written over only by a layer that waited, directly or
 * through others, for whoever reads that chunk.
 */
final class StackPasses {
  private final CudaRuntime runtime;
  private final RecurrentSpec spec;
  private final int batch;
  private final StackSchedule schedule;
  private final StackBuffers buffers;
  private final LayerDriver driver;
  private final CudaDropoutOps dropout;
  private final Casts casts;
  private final PassArguments arguments;
  private final Storage storage;
  private final int directions;
  private final int top;

  StackPasses(
      CudaRuntime runtime,
      RecurrentSpec spec,
      int batch,
      StackSchedule schedule,
      StackBuffers buffers,
      LayerDriver driver,
      CudaDropoutOps dropout,
      Casts casts,
      PassArguments arguments) {
    this.runtime = runtime;
    this.spec = spec;
    this.batch = batch;
    this.schedule = schedule;
    this.buffers = buffers;
    this.driver = driver;
    this.dropout = dropout;
    this.casts = casts;
    this.arguments = arguments;
    storage = runtime.storage();
    directions = spec.directions();
    top = spec.layers() - 1;
  }

  /** Enqueues a forward pass. */
  void forward() {
    if (storage.narrow()) {
      long count = (long) arguments.steps * batch * spec.inputSize();
      casts.narrow(runtime.lane(), arguments.input, buffers.input, count);
    }
    if (arguments.lengths != 0) {
      driver.checkLengths(arguments.lengths, batch, arguments.steps);
    }
    fork(schedule.forwardLanes());
    int chunks = schedule.chunks(arguments.steps);
    for (int first = 0; first <= top; first += schedule.slots()) {
      int last = Math.min(first + schedule.slots() - 1, top);
      for (int layer = first; layer <= last; layer++) {
        beginForward(layer);
      }
      for (int chunk = 0; chunk < chunks; chunk++) {
        for (int layer = first; layer <= last; layer++) {
          forward(layer, chunk);
        }
      }
    }
    join(schedule.forwardLanes());
    if (storage.narrow()) {
      long count = (long) arguments.steps * batch * spec.outputSize();
      casts.widen(runtime.lane(), buffers.outputs[top], arguments.output, count);
    }
  }

  private void beginForward(int layer) {
    for (int direction = 0; direction < directions; direction++) {
      LayerPass pass = prepare(layer, direction, 0);
      driver.takeWeights(pass, LayerWeights.of(spec, layer, direction, arguments.weights));
      driver.beginForward(pass);
    }
  }

  private void forward(int layer, int chunk) {
    int from = firstStep(chunk);
    int to = firstStep(chunk + 1);
    if (layer > 0) {
      awaitChunk(layer, layer - 1, chunk);
      dropInput(layer, from, to, pass(layer, 0).lane);
      pass(layer, directions - 1).lane.await(pass(layer, 0).lane);
    }
    for (int direction = 0; direction < directions; direction++) {
      LayerPass pass = pass(layer, direction);
      driver.forward(pass, from, to);
      pass.lane.mark(chunk);
      if (to == arguments.steps) {
        driver.endForward(
            pass,
            stateAt(arguments.lastState, layer, direction),
            stateAt(arguments.lastCell, layer, direction));
      }
    }
  }

  /** Enqueues a backward pass, of the most recent forward. */
  void backward() {
    if (storage.narrow()) {
      long count = (long) arguments.steps * batch * spec.outputSize();
      casts.narrow(runtime.lane(), arguments.outputGradient, buffers.belowGradient, count);
    }
    fork(schedule.lanes());
    int chunks = schedule.chunks(arguments.steps);
    for (int last = top; last >= 0; last -= schedule.slots()) {
      int first = Math.max(last - schedule.slots() + 1, 0);
      for (int layer = last; layer >= first; layer--) {
        beginBackward(layer);
      }
      for (int chunk = chunks - 1; chunk >= 0; chunk--) {
        for (int layer = last; layer >= first; layer--) {
          backward(layer, chunk);
        }
      }
    }
    join(schedule.lanes());
  }

  private void beginBackward(int layer) {
    boolean again = storage.recompute() && layer < top; // the last layer's gates are still there
    if (again) {
      awaitChunk(layer, layer + 1, 0); // which still used these gates
    }
    if (storage.recompute()) {
      dropInput(layer, 0, arguments.steps, pass(layer, 0).lane);
      pass(layer, directions - 1).lane.await(pass(layer, 0).lane);
    }
    boolean below = layer < top || storage.narrow();
    long dOutput = below ? buffers.belowGradient : arguments.outputGradient;
    for (int direction = 0; direction < directions; direction++) {
      LayerPass pass = prepare(layer, direction, dOutput);
      pass.gradients = LayerWeights.of(spec, layer, direction, arguments.weightGradients);
      if (again) {
        driver.beginForward(pass);
        for (int chunk = 0; chunk < schedule.chunks(arguments.steps); chunk++) {
          driver.forward(pass, firstStep(chunk), firstStep(chunk + 1));
        }
      }
      driver.beginBackward(
          pass,
          stateAt(arguments.dLastState, layer, direction),
          stateAt(arguments.dLastCell, layer, direction));
    }
  }

  private void backward(int layer, int chunk) {
    int from = firstStep(chunk);
    int to = firstStep(chunk + 1);
    if (layer < top) {
      awaitChunk(layer, layer + 1, chunk);
    }
    for (int direction = 0; direction < directions; direction++) {
      LayerPass pass = pass(layer, direction);
      driver.backward(pass, from, to, arguments.dInitialState != 0);
      if (from == 0) {
        driver.endBackward(
            pass,
            stateAt(arguments.dInitialState, layer, direction),
            stateAt(arguments.dInitialCell, layer, direction));
      }
    }
    if (from == 0) {
      weightGradients(layer);
    }
    if (layer > 0) {
      inputGradient(layer, from, to);
    } else if (from == 0 && arguments.inputGradient != 0) { // nobody waits for it
      inputGradient(layer, 0, arguments.steps);
    }
    for (int direction = 0; direction < directions; direction++) {
      pass(layer, direction).lane.mark(chunk);
    }
  }

  private void weightGradients(int layer) {
    for (int direction = 0; direction < directions; direction++) {
      LayerPass pass = pass(layer, direction);
      pass.weightLane.await(pass.lane);
    }
    if (!storage.recompute()) { // which has drawn it already
      dropInput(layer, 0, arguments.steps, pass(layer, 0).weightLane);
    }
    for (int direction = 0; direction < directions; direction++) {
      driver.weightGradients(pass(layer, direction));
    }
  }

  /**
   * The gradient of a chunk of a layer's input, from both directions. They have read that of the
   * output by then, so it takes the same place.
   */
  private void inputGradient(int layer, int from, int to) {
    Lane lane = pass(layer, 0).lane;
    lane.await(pass(layer, directions - 1).lane);
    long target = layer > 0 ? buffers.belowGradient : arguments.inputGradient;
    DType type = layer > 0 ? storage.type() : DType.FLOAT32;
    for (int direction = 0; direction < directions; direction++) {
      driver.inputGradient(pass(layer, direction), from, to, lane, direction, target, type);
    }
    if (layer > 0 && buffers.dropped != 0) {
      drop(layer - 1, target, target, from, to, lane);
    }
  }

  private LayerPass prepare(int layer, int direction, long dOutput) {
    LayerPass pass = pass(layer, direction);
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

  private LayerPass pass(int layer, int direction) {
    return buffers.passes[layer * directions + direction];
  }

  private long inputOf(int layer) {
    if (layer == 0) {
      return storage.narrow() ? buffers.input : arguments.input;
    }
    return buffers.dropped != 0 ? buffers.dropped : buffers.outputs[layer - 1];
  }

  /** First step of a chunk; that of the one behind the last is T. */
  private int firstStep(int chunk) {
    return Math.min(chunk * schedule.chunkSteps(arguments.steps), arguments.steps);
  }

  /** The part of a stack's states that belongs to one layer and direction; 0 for none. */
  private long stateAt(long states, int layer, int direction) {
    long index = (long) layer * directions + direction;
    return states == 0 ? 0 : states + index * batch * spec.hiddenSize() * Float.BYTES;
  }

  /** Draws the dropout of steps of a layer's input; drawn again in backward rather than kept. */
  private void dropInput(int layer, int from, int to, Lane lane) {
    if (layer > 0 && buffers.dropped != 0) {
      drop(layer - 1, buffers.outputs[layer - 1], buffers.dropped, from, to, lane);
    }
  }

  private void drop(int layer, long x, long y, int from, int to, Lane lane) {
    long perStep = (long) batch * spec.outputSize();
    long offset = storage.bytes(from * perStep);
    dropout.apply(
        lane,
        spec.dropout(),
        arguments.draw,
        arguments.draw.stream() + layer,
        storage.type(),
        x + offset,
        y + offset,
        from * perStep,
        (to - from) * perStep);
  }

  /** Has a layer wait for the chunk of a neighbour that was handed on in all its lanes. */
  private void awaitChunk(int layer, int neighbour, int chunk) {
    for (int to = 0; to < directions; to++) {
      for (int from = 0; from < directions; from++) {
        pass(layer, to).lane.awaitMark(pass(neighbour, from).lane, chunk);
      }
    }
  }

  private void fork(int lanes) {
    for (int lane = 1; lane < lanes; lane++) {
      runtime.lane(lane).await(runtime.lane());
    }
  }

  private void join(int lanes) {
    for (int lane = lanes - 1; lane > 0; lane--) {
      runtime.lane().await(runtime.lane(lane));
    }
  }
}
