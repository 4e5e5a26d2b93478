package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.List;

/** A stack of recurrent layers on the device. Each pass is recorded as a graph and replayed. */
final class CudaRecurrentPlan implements RecurrentPlan {
  private final CudaRuntime runtime;
  private final RecurrentSpec spec;
  private final int maxSteps;
  private final int batch;
  private final boolean training;
  private final Storage storage;
  private final PlanMemory memory;
  private final StackBuffers buffers;
  private final PassGraph forwardGraph;
  private final PassGraph backwardGraph;
  private final PassArguments arguments = new PassArguments();
  private boolean closed;

  /** A plan whose layers take the path of the runtime's table. */
  static CudaRecurrentPlan of(
      CudaRuntime runtime,
      RecurrentSpec spec,
      int maxSteps,
      int batch,
      boolean training,
      CudaDropoutOps dropout,
      Casts casts) {
    PathChoice choice = runtime.paths().choose(spec, batch, training);
    Cell cell = Cell.of(runtime, spec);
    LayerDriver driver = new LayerDriver(runtime, cell, choice.loop(runtime, spec, cell), casts);
    return new CudaRecurrentPlan(
        runtime, spec, maxSteps, batch, training, dropout, casts, choice, driver);
  }

  /**
   * A plan on a path.
   *
   * @param driver that takes it
   */
  CudaRecurrentPlan(
      CudaRuntime runtime,
      RecurrentSpec spec,
      int maxSteps,
      int batch,
      boolean training,
      CudaDropoutOps dropout,
      Casts casts,
      PathChoice choice,
      LayerDriver driver) {
    this.runtime = runtime;
    this.spec = spec;
    this.maxSteps = maxSteps;
    this.batch = batch;
    this.training = training;
    storage = runtime.storage();
    StackSchedule schedule = schedule(runtime, spec, training, choice);
    runtime.openLanes(schedule.lanes());
    memory =
        PlanMemory.of(
            runtime.memory(), "a plan for %s, T=%d, B=%d".formatted(spec, maxSteps, batch));
    try {
      buffers =
          new StackBuffers(spec, maxSteps, batch, training, storage, choice, schedule, memory);
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
    for (LayerPass pass : buffers.passes) {
      pass.lane = runtime.lane(schedule.lane(pass.layer, pass.direction));
      if (training) {
        pass.weightLane = runtime.lane(schedule.weightLane(pass.layer, pass.direction));
      }
    }
    StackPasses passes =
        new StackPasses(runtime, spec, batch, schedule, buffers, driver, dropout, casts, arguments);
    forwardGraph = new PassGraph(runtime, passes::forward);
    backwardGraph = new PassGraph(runtime, passes::backward);
  }

  /**
   * Bytes that a plan will hold. The lanes that it will use are opened: they are the backend's own,
   * and a forecast of the whole is to count them.
   */
  static long bytes(
      CudaRuntime runtime, RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    PathChoice choice = runtime.paths().choose(spec, batch, training);
    StackSchedule schedule = schedule(runtime, spec, training, choice);
    runtime.openLanes(schedule.lanes());
    PlanMemory counting = PlanMemory.counting();
    new StackBuffers(
        spec, maxSteps, batch, training, runtime.storage(), choice, schedule, counting);
    return counting.bytes();
  }

  /** How a plan's layers are run and why, for people, a line each. */
  static List<String> explain(
      CudaRuntime runtime, RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    PathChoice choice = runtime.paths().choose(spec, batch, training);
    return choice.lines(spec, schedule(runtime, spec, training, choice), maxSteps);
  }

  private static StackSchedule schedule(
      CudaRuntime runtime, RecurrentSpec spec, boolean training, PathChoice choice) {
    return StackSchedule.of(spec, training, runtime.storage().recompute(), choice.path());
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

  @Override
  public void backward(
      Tensor dy, RecurrentState dLast, Tensor dx, RecurrentState dInitial, Tensor dWeights) {
    requireTrainingForward("backward");
    Checks.recurrentBackward(spec, arguments.steps, batch, dy, dLast, dx, dInitial, dWeights);
    arguments.setBackward(runtime, dy, dLast, dx, dInitial, dWeights);
    backwardGraph.run(arguments.backwardKey());
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
    return layer == spec.layers() - 1
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
