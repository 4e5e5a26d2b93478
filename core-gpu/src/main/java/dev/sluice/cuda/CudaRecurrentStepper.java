package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Tensor;

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
  private final long weights;
  private final LayerPass[] passes;
  private final LayerDriver driver;
  private final PassGraph graph;
  private final long[] key = new long[4];
  private boolean closed;

  CudaRecurrentStepper(CudaRuntime runtime, RecurrentSpec spec, int batch, CudaTensor source) {
    this.runtime = runtime;
    this.spec = spec;
    this.batch = batch;
    this.source = source;
    driver = new LayerDriver(runtime, Cell.of(runtime, spec));
    memory = PlanMemory.of(runtime.memory(), "a stepper for %s, B=%d".formatted(spec, batch));
    try {
      weights = memory.floats(spec.weightCount());
      passes = new StackBuffers(spec, 1, batch, false, memory).passes;
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
    for (LayerPass pass : passes) {
      pass.lane = runtime.lane();
      pass.steps = 1;
      pass.weights = LayerWeights.of(spec, pass.layer, 0, weights);
    }
    graph = new PassGraph(runtime, this::enqueue);
    refresh();
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
    for (LayerPass pass : passes) {
      long offset = pass.layer * stateBytes;
      long state = key[1] + offset;
      long cell = key[2] == 0 ? 0 : key[2] + offset;
      pass.input = below;
      pass.output = pass.layer == spec.layers() - 1 ? key[3] : 0;
      pass.initialState = state;
      pass.initialCell = cell;
      pass.choosePack(runtime.device().gpu().multiprocessors());
      driver.forward(pass, state, cell);
      below = state; // h after the step is what the next layer reads
    }
  }

  @Override
  public void refresh() {
    requireOpen();
    runtime.lane().copy(source.address(), weights, spec.weightCount() * Float.BYTES);
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
