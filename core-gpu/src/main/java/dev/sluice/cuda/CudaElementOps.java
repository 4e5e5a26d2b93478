package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.ElementOps;
import dev.sluice.backend.Tensor;

/** Element-wise operations: a kernel each. */
final class CudaElementOps implements ElementOps {
  private final CudaRuntime runtime;
  private final ColumnSums columnSums;
  private final TypedKernel fill;
  private final TypedKernel scale;
  private final TypedKernel add;
  private final TypedKernel multiply;
  private final TypedKernel activate;
  private final TypedKernel activateBackward;
  private final TypedKernel addBias;
  private final Kernel increment;

  CudaElementOps(CudaRuntime runtime, ColumnSums columnSums) {
    this.runtime = runtime;
    this.columnSums = columnSums;
    fill = TypedKernel.of(runtime, "fill");
    scale = TypedKernel.of(runtime, "scale");
    add = TypedKernel.of(runtime, "add");
    multiply = TypedKernel.of(runtime, "multiply");
    activate = TypedKernel.of(runtime, "activate");
    activateBackward = TypedKernel.of(runtime, "activate_backward");
    addBias = TypedKernel.of(runtime, "add_bias");
    increment = runtime.kernel("sluice_increment");
  }

  @Override
  public void fill(Tensor x, float value) {
    Checks.sameSize("fill", x);
    CudaTensor own = runtime.own(x);
    runtime
        .begin(fill.of(own.type()))
        .pointer(own.address())
        .count(own.size())
        .real(value)
        .launch(runtime.lane(), runtime.grid().any(own.size()));
  }

  @Override
  public void copy(Tensor source, Tensor target) {
    Checks.copy(source, target);
    CudaTensor from = runtime.own(source);
    runtime
        .lane()
        .copy(from.address(), runtime.own(target).address(), from.size() * from.type().bytes());
  }

  @Override
  public void scale(Tensor x, float factor) {
    Checks.sameSize("scale", x);
    CudaTensor own = runtime.own(x);
    runtime
        .begin(scale.of(own.type()))
        .pointer(own.address())
        .count(own.size())
        .real(factor)
        .launch(runtime.lane(), runtime.grid().any(own.size()));
  }

  @Override
  public void add(float alpha, Tensor x, Tensor y) {
    Checks.sameSize("add", x, y);
    CudaTensor from = runtime.own(x);
    CudaTensor to = runtime.own(y);
    runtime
        .begin(add.of("add", from, to))
        .pointer(from.address())
        .pointer(to.address())
        .count(from.size())
        .real(alpha)
        .launch(runtime.lane(), runtime.grid().any(from.size()));
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor out) {
    Checks.sameSize("multiply", a, b, out);
    CudaTensor first = runtime.own(a);
    CudaTensor second = runtime.own(b);
    CudaTensor result = runtime.own(out);
    runtime
        .begin(multiply.of("multiply", first, second, result))
        .pointer(first.address())
        .pointer(second.address())
        .pointer(result.address())
        .count(first.size())
        .launch(runtime.lane(), runtime.grid().any(first.size()));
  }

  @Override
  public void activate(Activation activation, Tensor x, Tensor y) {
    Checks.sameSize("activate", x, y);
    CudaTensor from = runtime.own(x);
    CudaTensor to = runtime.own(y);
    runtime
        .begin(activate.of("activate", from, to))
        .pointer(from.address())
        .pointer(to.address())
        .count(from.size())
        .integer(kind(activation))
        .launch(runtime.lane(), runtime.grid().any(from.size()));
  }

  @Override
  public void activateBackward(Activation activation, Tensor y, Tensor dy, Tensor dx) {
    Checks.sameSize("activate backward", y, dy, dx);
    CudaTensor result = runtime.own(y);
    CudaTensor gradient = runtime.own(dy);
    CudaTensor out = runtime.own(dx);
    runtime
        .begin(activateBackward.of("activate backward", result, gradient, out))
        .pointer(result.address())
        .pointer(gradient.address())
        .pointer(out.address())
        .count(result.size())
        .integer(kind(activation))
        .launch(runtime.lane(), runtime.grid().any(result.size()));
  }

  @Override
  public void addBias(Tensor x, Tensor bias) {
    Checks.bias(x, bias);
    CudaTensor own = runtime.own(x);
    runtime
        .begin(addBias.of(own.type()))
        .pointer(own.address())
        .pointer(runtime.own(bias).address())
        .count(own.rows())
        .integer(own.shape().columns())
        .launch(runtime.lane(), Grid.warps(own.rows()));
  }

  @Override
  public void biasBackward(Tensor dy, Tensor dBias) {
    Checks.bias(dy, dBias);
    CudaTensor gradient = runtime.own(dy);
    int columns = gradient.shape().columns();
    columnSums.add(
        runtime.lane(),
        gradient.type(),
        gradient.address(),
        gradient.rows(),
        columns,
        runtime.scratch().take(ColumnSums.partialBytes(gradient.rows(), columns)),
        runtime.own(dBias).address(),
        0);
  }

  @Override
  public void increment(Tensor counter) {
    Checks.counter(counter);
    runtime.begin(increment).pointer(runtime.own(counter).address()).launch(runtime.lane(), 1);
  }

  /** As {@code arguments.cuh} numbers them. */
  private static int kind(Activation activation) {
    return switch (activation) {
      case SIGMOID -> 0;
      case TANH -> 1;
      case RELU -> 2;
    };
  }
}
