package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.OptimizerOps;
import dev.sluice.backend.Precision;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a training step does beside matrix products, on [rows, columns]: the gates' functions, the
 * softmax with its gradient, layer normalisation, Adam's update. Memory sets the limit.
 *
 * @param operation which
 * @param rows of the operand
 * @param columns of the operand
 * @param precision what the backend to check was made with
 */
public record PointwiseWorkload(Operation operation, int rows, int columns, Precision precision)
    implements Workload {
  /** The operations, with the arrays of the operand's size that each reads and writes. */
  public enum Operation {
    /** y = σ(x). */
    SIGMOID(2),
    /** y = tanh(x). */
    TANH(2),
    /** Cross-entropy of each row, and its gradient in another array. */
    SOFTMAX(2),
    /** Normalisation of each row. */
    LAYER_NORM(2),
    /** Adam: parameter, gradient and two averages are read, three of them written. */
    ADAM(7);

    private final int passes;

    Operation(int passes) {
      this.passes = passes;
    }
  }

  @Override
  public Name name() {
    String operationName = operation.name().toLowerCase(Locale.ROOT).replace('_', '-');
    return new Name("gates", operationName, rows + "x" + columns, "");
  }

  @Override
  public double flops() {
    return 0;
  }

  @Override
  public double bytes() {
    return (double) operation.passes * Float.BYTES * rows * columns;
  }

  @Override
  public Units units() {
    return new Units((double) rows * columns, "elements");
  }

  @Override
  public Prepared prepare(Backend backend) {
    return new Run(this, backend);
  }

  @Override
  public void check(Backend backend) {
    float[] expected;
    try (Backend reference = Agreement.reference()) {
      expected = once(reference);
    }
    Agreement.require(name().title(), Agreement.tolerance(precision), expected, once(backend));
  }

  private float[] once(Backend backend) {
    try (Prepared run = prepare(backend)) {
      run.run();
      return run.outputs();
    }
  }

  private static final class Run implements Prepared {
    private static final UpdateRule RULE = new UpdateRule.Adam(0.9f, 0.999f, 1e-3f, 0, false);

    private final Backend backend;
    private final Operation operation;
    private final List<Tensor> tensors = new ArrayList<>();
    private final Tensor x;
    private final Tensor y;
    private Tensor targets;
    private Tensor total;
    private Tensor gain;
    private Tensor bias;
    private Tensor mean;
    private Tensor deviation;
    private Tensor state;
    private OptimizerOps.Controls controls;

    Run(PointwiseWorkload work, Backend backend) {
      this.backend = backend;
      operation = work.operation;
      Shape shape = Shape.of(work.rows, work.columns);
      x = keep(Values.tensor(backend, shape, Values.uniform(1, shape.size(), 4)));
      y = keep(Values.tensor(backend, shape, Values.uniform(2, shape.size(), 1)));
      switch (operation) {
        case SIGMOID, TANH -> {}
        case SOFTMAX -> {
          targets = keep(backend.allocate(DType.INT32, Shape.of(work.rows)));
          targets.upload(Values.ids(3, work.rows, work.columns), 0);
          total = keep(Values.zeros(backend, Shape.of(2)));
        }
        case LAYER_NORM -> {
          Shape row = Shape.of(work.columns);
          gain = keep(Values.tensor(backend, row, Values.uniform(4, work.columns, 1)));
          bias = keep(Values.tensor(backend, row, Values.uniform(5, work.columns, 1)));
          mean = keep(Values.zeros(backend, Shape.of(work.rows)));
          deviation = keep(Values.zeros(backend, Shape.of(work.rows)));
        }
        case ADAM -> {
          int size = work.rows * work.columns;
          state = keep(Values.zeros(backend, Shape.of(RULE.stateSlots(), size)));
          Tensor rate = keep(Values.tensor(backend, Shape.of(1), new float[] {1e-3f}));
          Tensor applied = keep(backend.allocate(DType.INT32, Shape.of(1)));
          Tensor squares = keep(Values.tensor(backend, Shape.of(1), new float[] {1}));
          float noClipping = Float.POSITIVE_INFINITY;
          controls = new OptimizerOps.Controls(rate, applied, squares, noClipping, noClipping);
        }
      }
    }

    private Tensor keep(Tensor tensor) {
      tensors.add(tensor);
      return tensor;
    }

    @Override
    public void run() {
      switch (operation) {
        case SIGMOID -> backend.elements().activate(Activation.SIGMOID, x, y);
        case TANH -> backend.elements().activate(Activation.TANH, x, y);
        case SOFTMAX -> backend.losses().softmaxCrossEntropy(x, targets, 0, 1, y, null, total);
        case LAYER_NORM -> backend.layerNorm().forward(x, gain, bias, 1e-5f, y, mean, deviation);
        case ADAM -> backend.optimizers().update(RULE, x, y, state, controls);
      }
    }

    /** The result; of Adam the parameters. */
    @Override
    public float[] outputs() {
      return (operation == Operation.ADAM ? x : y).toFloats();
    }

    @Override
    public void close() {
      tensors.forEach(Tensor::close);
    }
  }
}
