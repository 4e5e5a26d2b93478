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
    long count = from.size();
    DType type = from.type();
    apply(
        runtime.lane(),
        probability,
        draw,
        draw.stream(),
        type,
        from.address(),
        to.address(),
        0,
        count);
  }

  /**
   * The same on plain device memory, in another lane and with another stream of the draw.
   *
   * @param first elements before {@code x} and {@code y} of the array whose mask is drawn
   */
  void apply(
      Lane lane,
      float probability,
      RandomDraw draw,
      int stream,
      DType type,
      long x,
      long y,
      long first,
      long count) {
    runtime
        .begin(dropout.of(type))
        .pointer(x)
        .pointer(y)
        .pointer(runtime.own(draw.step()).address())
        .count(first)
        .count(count)
        .count(draw.seed())
        .real(probability)
        .integer(stream)
        .launch(lane, runtime.grid().any(count));
  }
}
