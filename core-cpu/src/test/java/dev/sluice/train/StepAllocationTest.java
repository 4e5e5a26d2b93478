package dev.sluice.train;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.DType;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import dev.sluice.nn.Initializer;
import dev.sluice.nn.ParameterStore;
import dev.sluice.optim.Optimizer;
import dev.sluice.optim.Schedule;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A step without a report allocates less than 1 KB on the heap. */
class StepAllocationTest {
  private static final int WINDOW = 1_000;
  private static final int WINDOWS = 15;

  /** Does next to nothing, so that what is measured is the trainer's. */
  private static final class IdleProblem implements TrainingProblem {
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final ParameterStore store = new ParameterStore();
    private final Tensor total;
    private long before;
    private long least = Long.MAX_VALUE; // of any window: the compiler takes its time
    private int calls;

    IdleProblem(Backend backend) {
      store.add("weight", Shape.of(1_000), Initializer.constant(1));
      store.allocate(backend, 0);
      total = backend.allocate(DType.FLOAT32, Shape.of(2));
    }

    @Override
    public ParameterStore parameters() {
      return store;
    }

    @Override
    public long batchesPerEpoch() {
      return 7;
    }

    @Override
    public String unit() {
      return "samples";
    }

    @Override
    public double unitsPerBatch() {
      return 1;
    }

    @Override
    public void startEpoch(long epoch) {}

    @Override
    public void load(long batch) {}

    @Override
    public void accumulate(float gradientScale, RandomDraw draw) {
      if (calls++ % WINDOW == 0) {
        long now = threads.getCurrentThreadAllocatedBytes();
        if (calls > 1) {
          least = Math.min(least, now - before);
        }
        before = now;
      }
    }

    @Override
    public Tensor trainTotal() {
      return total;
    }

    @Override
    public Evaluation evaluate() {
      return Evaluation.NONE;
    }

    @Override
    public Map<String, Tensor> carried() {
      return Map.of();
    }

    @Override
    public void saveModel(Path file) {}
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "simd"})
  void aSteadyStepAllocatesLessThanAKilobyte(String device) throws Exception {
    try (Backend backend = Backends.choose(device, BackendOptions.DEFAULT).backend()) {
      IdleProblem problem = new IdleProblem(backend);
      try (Optimizer optimizer =
          new Optimizer(
              backend,
              problem.parameters(),
              new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 0, true),
              1,
              Optimizer.NO_CLIPPING)) {
        Trainer.builder(backend, problem, optimizer, new Schedule.Cosine(1, 0, 10, 9_999))
            .maxSteps(WINDOW * WINDOWS + 1)
            .reportEvery(1_000_000)
            .validateEachEpoch(false)
            .build()
            .run();
      }
      long perStep = problem.least / WINDOW;
      assertTrue(perStep < 1024, perStep + " bytes a step on " + device);
    }
  }
}
