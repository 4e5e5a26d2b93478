package dev.sluice.backend;

import static dev.sluice.backend.TensorChecks.exact;
import static dev.sluice.backend.TensorChecks.floats;
import static dev.sluice.backend.TensorChecks.integers;
import static dev.sluice.backend.TensorChecks.is;
import static dev.sluice.backend.TensorChecks.vector;
import static dev.sluice.backend.TensorChecks.wrong;

import java.util.Arrays;

/**
 * The argument checks that every backend makes before an operation writes anything, so that all of
 * them refuse the same calls with the same words.
 */
public final class Checks {
  private Checks() {}

  /** {@link MatrixOps#gemm}. */
  public static void gemm(boolean transposeA, boolean transposeB, Tensor a, Tensor b, Tensor c) {
    floats("gemm", "a", a);
    floats("gemm", "b", b);
    floats("gemm", "c", c);
    int m = transposeA ? a.shape().columns() : a.shape().rows();
    int k = transposeA ? a.shape().rows() : a.shape().columns();
    int kB = transposeB ? b.shape().columns() : b.shape().rows();
    int n = transposeB ? b.shape().rows() : b.shape().columns();
    if (k != kB) {
      throw new IllegalArgumentException(
          "gemm: op(a) is [%d, %d] but op(b) is [%d, %d]; the inner extents must be equal"
              .formatted(m, k, kB, n));
    }
    if (c.shape().rows() != m || c.shape().columns() != n) {
      throw wrong("gemm", "c", c.shape(), "[" + m + ", " + n + "]");
    }
  }

  /** {@link EmbeddingOps}: table or its gradient, ids, output or its gradient. */
  public static void embedding(Tensor table, Tensor ids, Tensor output) {
    floats("embedding", "table", table);
    integers("embedding", "ids", ids);
    floats("embedding", "output", output);
    if (table.shape().rank() != 2) {
      throw wrong("embedding", "table", table.shape(), "[V, E]");
    }
    int columns = table.shape().columns();
    if (output.shape().columns() != columns || output.shape().rows() != ids.shape().size()) {
      throw wrong(
          "embedding", "output", output.shape(), "[" + ids.shape().size() + ", " + columns + "]");
    }
  }

  /** Element-wise operations: every tensor holds floats and as many as the first. */
  public static void sameSize(String operation, Tensor first, Tensor... others) {
    floats(operation, "tensor 1", first);
    for (int i = 0; i < others.length; i++) {
      Tensor other = others[i];
      if (other == null || other.type() == DType.INT32) { // names are made for errors only
        floats(operation, "tensor " + (i + 2), other);
      }
      if (other.shape().size() != first.shape().size()) {
        throw wrong(operation, "tensor " + (i + 2), other.shape(), "as large as " + first.shape());
      }
    }
  }

  /** {@link ElementOps#copy}. */
  public static void copy(Tensor source, Tensor target) {
    if (source.type() != target.type() || source.shape().size() != target.shape().size()) {
      throw new IllegalArgumentException(
          "copy: source is %s %s but target is %s %s; type and size must be equal"
              .formatted(source.type(), source.shape(), target.type(), target.shape()));
    }
  }

  /** {@link ElementOps#addBias} and {@link ElementOps#biasBackward}. */
  public static void bias(Tensor x, Tensor bias) {
    floats("bias", "x", x);
    vector("bias", "bias", bias, x.shape().columns());
  }

  /** {@link ElementOps#increment}. */
  public static void counter(Tensor counter) {
    integers("increment", "counter", counter, 1);
  }

  /** {@link LayerNormOps#forward}. */
  public static void layerNorm(
      Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, Tensor mean, Tensor rstd) {
    if (!(epsilon > 0)) {
      throw new IllegalArgumentException("layerNorm: epsilon must be above 0, not " + epsilon);
    }
    sameSize("layerNorm", x, y);
    if (x == y) {
      throw new IllegalArgumentException("layerNorm: y may not be x, which backward reads");
    }
    vector("layerNorm", "gain", gain, x.shape().columns());
    vector("layerNorm", "bias", bias, x.shape().columns());
    vector("layerNorm", "mean", mean, x.shape().rows());
    vector("layerNorm", "rstd", rstd, x.shape().rows());
  }

  /** {@link LayerNormOps#backward}; dx may be null. */
  public static void layerNormBackward(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      Tensor dy,
      Tensor dx,
      Tensor dGain,
      Tensor dBias) {
    sameSize("layerNorm backward", x, dy);
    if (dx != null) {
      sameSize("layerNorm backward", x, dx);
    }
    vector("layerNorm backward", "gain", gain, x.shape().columns());
    vector("layerNorm backward", "dGain", dGain, x.shape().columns());
    vector("layerNorm backward", "dBias", dBias, x.shape().columns());
    vector("layerNorm backward", "mean", mean, x.shape().rows());
    vector("layerNorm backward", "rstd", rstd, x.shape().rows());
  }

  /** {@link DropoutOps#apply}. */
  public static void dropout(float probability, RandomDraw draw, Tensor x, Tensor y) {
    if (!(probability >= 0 && probability < 1)) {
      throw new IllegalArgumentException(
          "dropout: probability must be at least 0 and below 1, not " + probability);
    }
    if (draw == null) {
      throw new IllegalArgumentException("dropout: draw must not be null");
    }
    integers("dropout", "draw.step", draw.step(), 1);
    sameSize("dropout", x, y);
  }

  /** {@link LossOps#softmaxCrossEntropy}; gradient and perTarget may be null. */
  public static void crossEntropy(
      Tensor logits,
      Tensor targets,
      float smoothing,
      Tensor gradient,
      Tensor perTarget,
      Tensor total) {
    floats("crossEntropy", "logits", logits);
    integers("crossEntropy", "targets", targets, logits.shape().rows());
    if (!(smoothing >= 0 && smoothing < 1)) {
      throw new IllegalArgumentException(
          "crossEntropy: smoothing must be at least 0 and below 1, not " + smoothing);
    }
    if (gradient != null) {
      sameSize("crossEntropy", logits, gradient);
    }
    if (perTarget != null) {
      vector("crossEntropy", "perTarget", perTarget, logits.shape().rows());
    }
    vector("crossEntropy", "total", total, 2);
  }

  /** {@link LossOps#regression}; rowWeights and gradient may be null. */
  public static void regression(
      LossOps.Regression loss,
      float delta,
      Tensor prediction,
      Tensor target,
      Tensor rowWeights,
      Tensor gradient,
      Tensor total) {
    sameSize("regression", prediction, target);
    if (loss == LossOps.Regression.HUBER && !(delta > 0)) {
      throw new IllegalArgumentException("regression: delta must be above 0, not " + delta);
    }
    if (rowWeights != null) {
      vector("regression", "rowWeights", rowWeights, prediction.shape().rows());
    }
    if (gradient != null) {
      sameSize("regression", prediction, gradient);
    }
    vector("regression", "total", total, 2);
  }

  /** {@link OptimizerOps#sumOfSquares}. */
  public static void sumOfSquares(Tensor x, Tensor out) {
    floats("sumOfSquares", "x", x);
    vector("sumOfSquares", "out", out, 1);
  }

  /** {@link OptimizerOps#update}; state is null when the rule keeps nothing. */
  public static void update(
      UpdateRule rule,
      Tensor parameters,
      Tensor gradients,
      Tensor state,
      OptimizerOps.Controls controls) {
    sameSize("update", parameters, gradients);
    long wanted = rule.stateSlots() * parameters.shape().size();
    if (wanted == 0 ? state != null : state == null || state.shape().size() != wanted) {
      throw new IllegalArgumentException(
          "update: state is %s but the rule keeps %d numbers for each of %d parameters"
              .formatted(
                  state == null ? "null" : state.shape(),
                  rule.stateSlots(),
                  parameters.shape().size()));
    }
    vector("update", "learningRate", controls.learningRate(), 1);
    vector("update", "gradientSquares", controls.gradientSquares(), 1);
    integers("update", "applied", controls.applied(), 1);
  }

  /** {@link RecurrentOps#plan}. */
  public static void recurrentPlan(int maxSteps, int batch) {
    if (maxSteps < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "recurrent: maxSteps and batch must be at least 1, not %d and %d"
              .formatted(maxSteps, batch));
    }
  }

  /** {@link RecurrentPlan#forward}; lengths, initial, last and draw may be null. */
  public static void recurrentForward(
      RecurrentSpec spec,
      int maxSteps,
      int batch,
      boolean training,
      Tensor weights,
      Tensor x,
      Tensor lengths,
      RecurrentState initial,
      Tensor y,
      RecurrentState last,
      RandomDraw draw) {
    String operation = "recurrent forward";
    vector(operation, "weights", weights, spec.weightCount());
    floats(operation, "x", x);
    Shape shape = x.shape();
    if (shape.rank() != 3
        || shape.dim(0) > maxSteps
        || shape.dim(1) != batch
        || shape.dim(2) != spec.inputSize()) {
      throw wrong(
          operation,
          "x",
          shape,
          "[T, %d, %d] with T at most %d".formatted(batch, spec.inputSize(), maxSteps));
    }
    exact(operation, "y", y, shape.dim(0), batch, spec.outputSize());
    lengths(operation, lengths, batch);
    state(operation, "initial", spec, batch, initial);
    state(operation, "last", spec, batch, last);
    if (training && spec.dropout() > 0 && spec.layers() > 1) {
      if (draw == null) {
        throw new IllegalArgumentException(
            operation + ": dropout between layers needs a draw, which is null");
      }
      integers(operation, "draw.step", draw.step(), 1);
    }
    if (training && initial != null && last != null && initial.h() == last.h()) {
      throw new IllegalArgumentException(
          operation + ": last may not be initial in training, since backward reads initial");
    }
  }

  /** {@link RecurrentPlan#backward}; dLast, dx and dInitial may be null. */
  public static void recurrentBackward(
      RecurrentSpec spec,
      int steps,
      int batch,
      Tensor dy,
      RecurrentState dLast,
      Tensor dx,
      RecurrentState dInitial,
      Tensor dWeights) {
    String operation = "recurrent backward";
    exact(operation, "dy", dy, steps, batch, spec.outputSize());
    state(operation, "dLast", spec, batch, dLast);
    if (dx != null) {
      exact(operation, "dx", dx, steps, batch, spec.inputSize());
    }
    state(operation, "dInitial", spec, batch, dInitial);
    vector(operation, "dWeights", dWeights, spec.weightCount());
  }

  /** {@link RecurrentOps#stepper}. */
  public static void recurrentStepper(
      RecurrentSpec spec, int batch, Tensor weights, WeightStorage storage) {
    if (storage == null) {
      throw new IllegalArgumentException("stepper: storage must not be null");
    }
    if (spec.bidirectional()) {
      throw new IllegalArgumentException(
          "stepper: a bidirectional layer needs the whole sequence; use a plan");
    }
    if (batch < 1) {
      throw new IllegalArgumentException("stepper: batch must be at least 1, not " + batch);
    }
    vector("stepper", "weights", weights, spec.weightCount());
  }

  /** {@link RecurrentStepper#step}. */
  public static void recurrentStep(
      RecurrentSpec spec, int batch, Tensor x, RecurrentState state, Tensor y) {
    exact("step", "x", x, batch, spec.inputSize());
    exact("step", "y", y, batch, spec.hiddenSize());
    if (state == null) {
      throw new IllegalArgumentException("step: state must not be null");
    }
    state("step", "state", spec, batch, state);
  }

  /** Whether a view of {@code shape} from {@code from} on lies within {@code size} elements. */
  public static void slice(long size, long from, Shape shape) {
    if (from < 0 || from + shape.size() > size) {
      throw new IllegalArgumentException(
          "slice: %s from element %d on leaves the tensor of %d elements"
              .formatted(shape, from, size));
    }
  }

  /** Lengths as a host sees them: each in 1..steps. */
  public static void lengthValues(int[] lengths, int steps) {
    for (int length : lengths) {
      if (length < 1 || length > steps) {
        throw new IllegalArgumentException(
            "recurrent forward: lengths must lie in 1..%d, but are %s"
                .formatted(steps, Arrays.toString(lengths)));
      }
    }
  }

  private static void lengths(String operation, Tensor lengths, int batch) {
    if (lengths != null) {
      integers(operation, "lengths", lengths, batch);
    }
  }

  private static void state(
      String operation, String name, RecurrentSpec spec, int batch, RecurrentState state) {
    if (state == null) {
      return;
    }
    stateTensor(operation, name, ".h", spec, batch, state.h());
    if (spec.cell().hasCellState()) {
      stateTensor(operation, name, ".c", spec, batch, state.c());
    } else if (state.c() != null) {
      throw new IllegalArgumentException(
          operation + ": " + name + ".c must be null, since " + spec.cell() + " has no cell state");
    }
  }

  private static void stateTensor(
      String operation, String name, String part, RecurrentSpec spec, int batch, Tensor tensor) {
    int stacked = spec.layers() * spec.directions();
    boolean fits =
        tensor != null
            && tensor.type() != DType.INT32
            && is(tensor.shape(), stacked, batch, spec.hiddenSize());
    if (!fits) { // only now join the name: every step of a training comes through here
      exact(operation, name + part, tensor, stacked, batch, spec.hiddenSize());
    }
  }
}
