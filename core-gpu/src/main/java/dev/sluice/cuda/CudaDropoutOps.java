package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.DropoutOps;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Tensor;

/** Dropout; the mask is drawn in the kernel. */
final class CudaDropoutOps implements DropoutOps {
  private final CudaRuntime runtime;
  private final TypedKernel dropout;

  CudaDropoutOps(CudaRuntime runtime) {
    this.runtime = runtime;
    dropout = TypedKernel.of(runtime, "dropout");
  }

  @Override
  public void apply(float probability, RandomDraw draw, Tensor x, Tensor y) {
    Checks.dropout(probability, draw, x, y);
    CudaTensor from = runtime.own(x);
    CudaTensor to = runtime.own(y);
    dropout.of("dropout", from, to);
    apply(probability, draw, draw.stream(), from.type(), from.address(), to.address(), from.size());
  }

  /** The same on plain device memory, with another stream of the draw. */
  void apply(
      float probability, RandomDraw draw, int stream, DType type, long x, long y, long count) {
    runtime
        .begin(dropout.of(type))
        .pointer(x)
        .pointer(y)
        .pointer(runtime.own(draw.step()).address())
        .count(count)
        .count(draw.seed())
        .real(probability)
        .integer(stream)
        .launch(runtime.lane(), runtime.grid().any(count));
  }
}
