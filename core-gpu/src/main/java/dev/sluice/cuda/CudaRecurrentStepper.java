package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.RecurrentPath;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Tensor;
import java.util.List;

/**
 * One step at a time: the weights are a copy of their own, the caller's state is updated in place,
 * and the step is replayed as a graph.
 */
final class CudaRecurrentStepper implements RecurrentStepper {
  private final CudaRuntime runtime;
  private final RecurrentSpec spec;
  private final int batch;
  private final CudaTensor source;
  private final PlanMemory memory;
  private final Casts casts;
  private final Storage storage;
  private final StackBuffers buffers;

  /** All weights as they were at the last refresh; only the biases, layer by layer, when narrow. */
  private final long weights;

  private final LayerDriver driver;
  private final PassGraph graph;
  private final long[] key = new long[4];
  private boolean closed;

  CudaRecurrentStepper(
      CudaRuntime runtime, RecurrentSpec spec, int batch, CudaTensor source, Casts casts) {
    this.runtime = runtime;
    this.spec = spec;
    this.batch = batch;
    this.source = source;
    this.casts = casts;
    storage = runtime.storage().keeping();
    Cell cell = Cell.of(runtime, spec);
    driver = new LayerDriver(runtime, cell, new StepLoop(cell), casts);
    memory = PlanMemory.of(runtime.memory(), "a stepper for %s, B=%d".formatted(spec, batch));
    try {
      weights = memory.floats(storage.narrow() ? spec.layers() * biases() : spec.weightCount());
      // One lane: within a step there is nothing to run beside a layer.
      StackSchedule schedule = StackSchedule.of(spec, false, true, RecurrentPath.STANDARD);
      PathChoice choice = PathChoice.standard("a step is one step", List.of());
      buffers = new StackBuffers(spec, 1, batch, false, storage, choice, schedule, memory);
      for (LayerPass pass : buffers.passes) {
        pass.lane = runtime.lane();
        pass.steps = 1;
        pass.weights = weightsOf(pass);
      }
      graph = new PassGraph(runtime, this::enqueue);
      refresh();
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  private LayerWeights weightsOf(LayerPass pass) {
    if (!storage.narrow()) {
      return LayerWeights.of(spec, pass.layer, 0, weights);
    }
    long first = spec.bias() ? weights + pass.layer * biases() * Float.BYTES : 0;
    long second = spec.bias() ? first + (long) spec.gateColumns() * Float.BYTES : 0;
    return new LayerWeights(pass.inputCopy, pass.hiddenCopy, first, second);
  }

  /** Numbers in the two biases of a layer. */
  private long biases() {
    return spec.bias() ? 2L * spec.gateColumns() : 0;
  }

  @Override
  public void step(Tensor x, RecurrentState state, Tensor y) {
    requireOpen();
    Checks.recurrentStep(spec, batch, x, state, y);
    key[0] = runtime.address(x);
    key[1] = runtime.address(state.h());
    key[2] = runtime.address(state.c());
    key[3] = runtime.address(y);
    graph.run(key);
  }

  private void enqueue() {
    long stateBytes = (long) batch * spec.hiddenSize() * Float.BYTES;
    long below = key[0];
    if (storage.narrow()) {
      casts.narrow(runtime.lane(), below, buffers.input, (long) batch * spec.inputSize());
      below = buffers.input;
    }
    for (LayerPass pass : buffers.passes) {
      long offset = pass.layer * stateBytes;
      long state = key[1] + offset;
      long cell = key[2] == 0 ? 0 : key[2] + offset;
      pass.input = below;
      boolean top = pass.layer == spec.layers() - 1;
      pass.output = storage.narrow() ? buffers.outputs[pass.layer] : top ? key[3] : 0;
      pass.initialState = state;
      pass.initialCell = cell;
      pass.choosePack(runtime.device().gpu().multiprocessors());
      driver.beginForward(pass);
      driver.forward(pass, 0, 1);
      driver.endForward(pass, state, cell);
      below = storage.narrow() ? pass.output : state; // h after the step is the next layer's input
    }
    if (storage.narrow()) {
      casts.widen(runtime.lane(), below, key[3], (long) batch * spec.hiddenSize());
    }
  }

  @Override
  public void refresh() {
    requireOpen();
    if (!storage.narrow()) {
      runtime.lane().copy(source.address(), weights, spec.weightCount() * Float.BYTES);
      return;
    }
    for (LayerPass pass : buffers.passes) {
      LayerWeights from = LayerWeights.of(spec, pass.layer, 0, source.address());
      driver.takeWeights(pass, from);
      if (spec.bias()) {
        long bytes = biases() * Float.BYTES;
        runtime.lane().copy(from.inputBias(), pass.weights.inputBias(), bytes);
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("step: the stepper is closed");
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
      graph.close();
      memory.close();
    }
  }
}
