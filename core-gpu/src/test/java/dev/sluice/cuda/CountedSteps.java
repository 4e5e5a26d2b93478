package dev.sluice.cuda;

import com.sun.management.ThreadMXBean;
import dev.sluice.backend.Backend;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Tensor;
import dev.sluice.nn.ParameterStore;
import dev.sluice.train.Evaluation;
import dev.sluice.train.TrainingProblem;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Map;

/** A problem that counts, over some steps, what they ask of the driver and of the heap. */
final class CountedSteps implements TrainingProblem {
  /** Steps of a run; the last of them are compiled. */
  static final int STEPS = 2000;

  /** Steps whose driver calls are counted: fewer than the host may be ahead of the device. */
  static final int COUNTED = 6;

  private static final int FIRST = 10;
  private static final int HEAP_WINDOW = 50;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final TrainingProblem problem;
  private final Backend backend;
  private DriverCalls counter;
  private Map<String, Long> calls;
  private long before;
  private long least = Long.MAX_VALUE;
  private int step;

  CountedSteps(TrainingProblem problem, Backend backend) {
    this.problem = problem;
    this.backend = backend;
  }

  /** Calls of the driver in {@link #COUNTED} steps. */
  Map<String, Long> calls() {
    return calls;
  }

  /** Bytes that {@link #HEAP_WINDOW} steps allocated on the heap, the least of all such windows. */
  long heapBytes() {
    return least;
  }

  @Override
  public void load(long batch) {
    if (step == FIRST) {
      backend.finish();
      counter =
          new DriverCalls(
              "cuGraphLaunch",
              "cuLaunchKernel",
              "sluiceStandInEnqueue",
              "cuMemcpyHtoDAsync_v2",
              "cuMemcpyDtoHAsync_v2",
              "cuMemcpyDtoDAsync_v2",
              "cuMemsetD8Async",
              "cuStreamSynchronize",
              "cuEventSynchronize",
              "cuCtxSynchronize",
              "cuMemAlloc_v2",
              "cuMemAllocHost_v2",
              "cuGraphInstantiateWithFlags",
              "cuStreamBeginCapture_v2");
    } else if (step == FIRST + COUNTED) {
      calls = counter.since();
    } else if (step % HEAP_WINDOW == 0) {
      long now = threads.getCurrentThreadAllocatedBytes();
      least = step < 2 * HEAP_WINDOW ? least : Math.min(least, now - before);
      before = now;
    }
    step++;
    problem.load(batch);
  }

  @Override
  public void accumulate(float gradientScale, RandomDraw draw) {
    problem.accumulate(gradientScale, draw);
  }

  /** The carried state goes on: a reset is work of its own. */
  @Override
  public void startEpoch(long epoch) {}

  @Override
  public ParameterStore parameters() {
    return problem.parameters();
  }

  @Override
  public long batchesPerEpoch() {
    return problem.batchesPerEpoch();
  }

  @Override
  public String unit() {
    return problem.unit();
  }

  @Override
  public double unitsPerBatch() {
    return problem.unitsPerBatch();
  }

  @Override
  public Tensor trainTotal() {
    return problem.trainTotal();
  }

  @Override
  public Evaluation evaluate() {
    return Evaluation.NONE;
  }

  @Override
  public Map<String, Tensor> carried() {
    return problem.carried();
  }

  @Override
  public void saveModel(Path file) throws IOException {
    problem.saveModel(file);
  }
}
