package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.ElementOps;
import dev.sluice.backend.Tensor;
import java.util.Arrays;

/** Element-wise operations: the loops of {@link ElementKernels}, shared by the team. */
final class SimdElementOps extends RangeJob implements ElementOps {
  /** Ranges of elements begin at multiples of four cache lines. */
  private static final int GRAIN = 64;

  private enum Loop {
    FILL,
    COPY,
    SCALE,
    ADD,
    MULTIPLY,
    SIGMOID,
    TANH,
    RELU,
    SIGMOID_BACKWARD,
    TANH_BACKWARD,
    RELU_BACKWARD,
    ADD_BIAS,
    BIAS_BACKWARD
  }

  // The running operation, read by all members.
  private Loop loop;
  private float factor;
  private int rows;
  private int columns;
  private ArrayTensor first;
  private ArrayTensor second;
  private ArrayTensor result;

  SimdElementOps(ThreadTeam team) {
    super(team);
  }

  @Override
  public void fill(Tensor x, float value) {
    Checks.sameSize("fill", x);
    factor = value;
    over(Loop.FILL, null, null, ArrayTensor.of(x), WorkPerThread.SIMPLE);
  }

  @Override
  public void copy(Tensor source, Tensor target) {
    Checks.copy(source, target);
    over(Loop.COPY, ArrayTensor.of(source), null, ArrayTensor.of(target), WorkPerThread.SIMPLE);
  }

  @Override
  public void scale(Tensor x, float factor) {
    Checks.sameSize("scale", x);
    this.factor = factor;
    over(Loop.SCALE, null, null, ArrayTensor.of(x), WorkPerThread.SIMPLE);
  }

  @Override
  public void add(float alpha, Tensor x, Tensor y) {
    Checks.sameSize("add", x, y);
    factor = alpha;
    over(Loop.ADD, ArrayTensor.of(x), null, ArrayTensor.of(y), WorkPerThread.SIMPLE);
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor out) {
    Checks.sameSize("multiply", a, b, out);
    over(
        Loop.MULTIPLY,
        ArrayTensor.of(a),
        ArrayTensor.of(b),
        ArrayTensor.of(out),
        WorkPerThread.SIMPLE);
  }

  @Override
  public void activate(Activation activation, Tensor x, Tensor y) {
    Checks.sameSize("activate", x, y);
    Loop chosen =
        switch (activation) {
          case SIGMOID -> Loop.SIGMOID;
          case TANH -> Loop.TANH;
          case RELU -> Loop.RELU;
        };
    over(
        chosen,
        ArrayTensor.of(x),
        null,
        ArrayTensor.of(y),
        activation == Activation.RELU ? WorkPerThread.SIMPLE : WorkPerThread.FUNCTION);
  }

  @Override
  public void activateBackward(Activation activation, Tensor y, Tensor dy, Tensor dx) {
    Checks.sameSize("activateBackward", y, dy, dx);
    Loop chosen =
        switch (activation) {
          case SIGMOID -> Loop.SIGMOID_BACKWARD;
          case TANH -> Loop.TANH_BACKWARD;
          case RELU -> Loop.RELU_BACKWARD;
        };
    over(chosen, ArrayTensor.of(y), ArrayTensor.of(dy), ArrayTensor.of(dx), WorkPerThread.SIMPLE);
  }

  @Override
  public void addBias(Tensor x, Tensor bias) {
    Checks.bias(x, bias);
    set(Loop.ADD_BIAS, ArrayTensor.of(bias), null, ArrayTensor.of(x));
    columns = x.shape().columns();
    rows = x.shape().rows();
    share(rows, 1, result.size(), WorkPerThread.SIMPLE);
  }

  /** Columns are shared, so that each is summed by one member in one order. */
  @Override
  public void biasBackward(Tensor dy, Tensor dBias) {
    Checks.bias(dy, dBias);
    set(Loop.BIAS_BACKWARD, ArrayTensor.of(dy), null, ArrayTensor.of(dBias));
    columns = dy.shape().columns();
    rows = dy.shape().rows();
    share(columns, GRAIN, first.size(), WorkPerThread.SIMPLE);
  }

  @Override
  public void increment(Tensor counter) {
    Checks.counter(counter);
    ArrayTensor number = ArrayTensor.of(counter);
    number.ints[number.offset]++;
  }

  private void set(Loop loop, ArrayTensor first, ArrayTensor second, ArrayTensor result) {
    this.loop = loop;
    this.first = first;
    this.second = second;
    this.result = result;
  }

  /** Runs a loop over all elements. */
  private void over(
      Loop loop, ArrayTensor first, ArrayTensor second, ArrayTensor result, int workPerThread) {
    set(loop, first, second, result);
    share(result.size(), GRAIN, result.size(), workPerThread);
  }

  @Override
  void range(int from, int to, int part) {
    switch (loop) {
      case FILL -> Arrays.fill(result.floats, result.offset + from, result.offset + to, factor);
      case COPY -> copy(from, to - from);
      case SCALE -> ElementKernels.scale(factor, result.floats, result.offset + from, to - from);
      case ADD_BIAS -> addBias(from, to);
      case BIAS_BACKWARD ->
          ColumnKernels.addSums(
              first.floats, first.offset, rows, columns, from, to, result.floats, result.offset);
      case ADD, SIGMOID, TANH, RELU -> unary(from, to - from);
      case MULTIPLY, SIGMOID_BACKWARD, TANH_BACKWARD, RELU_BACKWARD -> binary(from, to - from);
    }
  }

  private void copy(int from, int n) {
    if (first.floats != null) {
      System.arraycopy(first.floats, first.offset + from, result.floats, result.offset + from, n);
    } else {
      System.arraycopy(first.ints, first.offset + from, result.ints, result.offset + from, n);
    }
  }

  private void addBias(int rowFrom, int rowTo) {
    for (int row = rowFrom; row < rowTo; row++) {
      ElementKernels.add(
          1, first.floats, first.offset, result.floats, result.offset + row * columns, columns);
    }
  }

  private void unary(int from, int n) {
    float[] x = first.floats;
    int fromX = first.offset + from;
    float[] y = result.floats;
    int fromY = result.offset + from;
    switch (loop) {
      case SIGMOID -> VectorMath.sigmoid(x, fromX, y, fromY, n);
      case TANH -> VectorMath.tanh(x, fromX, y, fromY, n);
      case RELU -> ElementKernels.relu(x, fromX, y, fromY, n);
      default -> ElementKernels.add(factor, x, fromX, y, fromY, n);
    }
  }

  private void binary(int from, int n) {
    float[] a = first.floats;
    int fromA = first.offset + from;
    float[] b = second.floats;
    int fromB = second.offset + from;
    float[] out = result.floats;
    int at = result.offset + from;
    switch (loop) {
      case SIGMOID_BACKWARD -> ElementKernels.sigmoidBackward(a, fromA, b, fromB, out, at, n);
      case TANH_BACKWARD -> ElementKernels.tanhBackward(a, fromA, b, fromB, out, at, n);
      case RELU_BACKWARD -> ElementKernels.reluBackward(a, fromA, b, fromB, out, at, n);
      default -> ElementKernels.multiply(a, fromA, b, fromB, out, at, n);
    }
  }
}
