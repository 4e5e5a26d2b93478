package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;

/**
 * Inference as a stream arrives: one sequence, one step at a time, I = H. Each step reads all weights,
 * so memory sets the limit.
 *
 * @param cell which cell
 * @param hidden H, and I
 * @param layers L
 * @param precision what the backend to check was made with
 */
public record StreamWorkload(CellType cell, int hidden, int layers, Precision precision)
    implements Workload {
  private static final int CHECKED_STEPS = 3;

  /** Sizes and options of the layers. */
  public RecurrentSpec spec() {
    return RecurrentSpec.of(cell, hidden, hidden).withLayers(layers);
  }

  /** Weights in PyTorch's layout and order, uniform in ±1/√H. */
  public float[] weights() {
    return Values.uniform(1, spec().weightCount(), 1 / Math.sqrt(hidden));
  }

  /** Input of every step, [1, H]. */
  public float[] input() {
    return Values.uniform(2, hidden, 1);
  }

  @Override
  public Name name() {
    return new Name("stream", cell.name(), "%d,%d".formatted(hidden, layers), "step");
  }

  @Override
  public double flops() {
    return 4.0 * layers * cell.gates() * hidden * hidden;
  }

  /** The weights, in fp32. */
  @Override
  public double bytes() {
    return (double) Float.BYTES * spec().weightCount();
  }

  @Override
  public Units units() {
    return new Units(1, "steps");
  }

  @Override
  public Prepared prepare(Backend backend) {
    return new Run(this, backend);
  }

  @Override
  public void check(Backend backend) {
    float[] expected;
    try (Backend reference = Agreement.reference()) {
      expected = afterSteps(reference);
    }
    Agreement.require(
        name().title(), Agreement.tolerance(precision), expected, afterSteps(backend));
  }

  private float[] afterSteps(Backend backend) {
    try (Prepared run = prepare(backend)) {
      for (int step = 0; step < CHECKED_STEPS; step++) {
        run.run();
      }
      return run.outputs();
    }
  }

  private static final class Run implements Prepared {
    private final RecurrentStepper stepper;
    private final Tensor weights;
    private final Tensor x;
    private final Tensor y;
    private final RecurrentState state;

    Run(StreamWorkload work, Backend backend) {
      float[] values = work.weights();
      weights = Values.tensor(backend, Shape.of(values.length), values);
      stepper = backend.recurrent().stepper(work.spec(), 1, weights);
      x = Values.tensor(backend, Shape.of(1, work.hidden), work.input());
      y = Values.zeros(backend, x.shape());
      state = RecurrentState.allocate(backend, work.spec(), 1);
    }

    @Override
    public void run() {
      stepper.step(x, state, y);
    }

    @Override
    public float[] outputs() {
      return Values.join(y.toFloats(), state.h().toFloats());
    }

    @Override
    public void close() {
      stepper.close();
      weights.close();
      x.close();
      y.close();
      state.h().close();
      if (state.c() != null) {
        state.c().close();
      }
    }
  }
}
