package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.Arrays;

/**
 * A stack of recurrent layers with I = H over whole sequences from a zero state: forward, or forward
 * and backward to x and to all weights.
 *
 * <p>A forward counts 2·T·B·L·G·H·2H floating-point operations, a training step three times that.
 *
 * @param cell which cell
 * @param hidden H, and I
 * @param layers L
 * @param batch B
 * @param steps T
 * @param training whether backward follows forward
 * @param precision what the backend to check was made with
 */
public record RecurrentWorkload(
    CellType cell,
    int hidden,
    int layers,
    int batch,
    int steps,
    boolean training,
    Precision precision)
    implements Workload {
  /** So that a check takes the reference, some 10^9 operations a second, well under a second. */
  private static final double CHECKED_FLOPS = 2e8;

  private static final int CHECKED_SEQUENCES = 2;

  /** Sizes and options of the layers. */
  public RecurrentSpec spec() {
    return RecurrentSpec.of(cell, hidden, hidden).withLayers(layers);
  }

  /** Weights in PyTorch's layout and order, uniform in ±1/√H. */
  public float[] weights() {
    return Values.uniform(1, spec().weightCount(), 1 / Math.sqrt(hidden));
  }

  /** Input, [T, B, H]. */
  public float[] input() {
    return Values.uniform(2, shape().size(), 1);
  }

  /** Gradient of the output, [T, B, H]. */
  public float[] outputGradient() {
    return Values.uniform(3, shape().size(), 1);
  }

  private Shape shape() {
    return Shape.of(steps, batch, hidden);
  }

  @Override
  public Name name() {
    String label =
        switch (cell) {
          case LSTM -> "LSTM";
          case GRU -> "GRU";
          case RNN_TANH -> "RNN";
          case RNN_RELU -> "RNN-ReLU";
        };
    String sizes = "%d,%d,%d,%d".formatted(hidden, layers, batch, steps);
    return new Name("cells", label, sizes, training ? "train" : "forward");
  }

  @Override
  public double flops() {
    double forward = 4.0 * steps * batch * layers * cell.gates() * hidden * hidden;
    return training ? 3 * forward : forward;
  }

  @Override
  public double bytes() {
    return 0;
  }

  @Override
  public Units units() {
    return new Units((double) steps * batch, "sequence steps");
  }

  /** The same for another batch and number of steps. */
  private RecurrentWorkload withSize(int sequences, int length) {
    return new RecurrentWorkload(cell, hidden, layers, sequences, length, training, precision);
  }

  @Override
  public Prepared prepare(Backend backend) {
    return new Run(this, backend, input(), outputGradient());
  }

  /**
   * {@inheritDoc}
   *
   * <p>Sequences do not touch one another, nor do later steps earlier ones; so with a gradient that
   * is zero elsewhere, the first steps of the first sequences and all weight gradients must be what
   * the reference finds for them alone.
   */
  @Override
  public void check(Backend backend) {
    int sequences = Math.min(CHECKED_SEQUENCES, batch);
    double perStep = withSize(sequences, 1).flops();
    int length = (int) Math.clamp(CHECKED_FLOPS / perStep, 2, Math.max(2, steps));
    RecurrentWorkload few = withSize(sequences, Math.min(length, steps));
    float[] x = input();
    float[] dy = outputGradient();
    float[] fewX = Values.corner(x, batch, hidden, few.steps, sequences);
    float[] fewDy = Values.corner(dy, batch, hidden, few.steps, sequences);
    float[] actual;
    try (Prepared run =
        new Run(this, backend, x, Values.onlyCorner(dy, batch, hidden, few.steps, sequences))) {
      run.run();
      actual = run.outputs();
    }
    float[] expected;
    try (Backend reference = Agreement.reference();
        Prepared run = new Run(few, reference, fewX, fewDy)) {
      run.run();
      expected = run.outputs();
    }
    int whole = Math.toIntExact(shape().size());
    double tolerance = Agreement.tolerance(precision);
    for (int part = 0; part < (training ? 2 : 1); part++) {
      Agreement.require(
          name().title() + (part == 0 ? ", output" : ", gradient of the input"),
          tolerance,
          Arrays.copyOfRange(expected, part * fewX.length, (part + 1) * fewX.length),
          Values.corner(
              Arrays.copyOfRange(actual, part * whole, (part + 1) * whole),
              batch,
              hidden,
              few.steps,
              sequences));
    }
    if (training) {
      Agreement.require(
          name().title() + ", gradient of the weights",
          tolerance,
          Arrays.copyOfRange(expected, 2 * fewX.length, expected.length),
          Arrays.copyOfRange(actual, 2 * whole, actual.length));
    }
  }

  private static final class Run implements Prepared {
    private final boolean training;
    private final RecurrentPlan plan;
    private final Tensor weights;
    private final Tensor x;
    private final Tensor dy;
    private final Tensor y;
    private final Tensor dx;
    private final Tensor dWeights;

    Run(RecurrentWorkload work, Backend backend, float[] input, float[] outputGradient) {
      training = work.training;
      Shape shape = work.shape();
      plan = backend.recurrent().plan(work.spec(), work.steps, work.batch, training);
      float[] values = work.weights();
      weights = Values.tensor(backend, Shape.of(values.length), values);
      x = Values.tensor(backend, shape, input);
      y = Values.zeros(backend, shape);
      dy = training ? Values.tensor(backend, shape, outputGradient) : null;
      dx = training ? Values.zeros(backend, shape) : null;
      dWeights = training ? Values.zeros(backend, weights.shape()) : null;
    }

    @Override
    public void run() {
      plan.forward(weights, x, null, null, y, null, null);
      if (training) {
        plan.backward(dy, null, dx, null, dWeights);
      }
    }

    @Override
    public float[] outputs() {
      return training
          ? Values.join(y.toFloats(), dx.toFloats(), dWeights.toFloats())
          : y.toFloats();
    }

    @Override
    public void close() {
      plan.close();
      weights.close();
      x.close();
      y.close();
      if (training) {
        dy.close();
        dx.close();
        dWeights.close();
      }
    }
  }
}
