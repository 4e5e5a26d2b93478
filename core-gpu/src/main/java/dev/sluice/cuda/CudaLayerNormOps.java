package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.LayerNormOps;
import dev.sluice.backend.Tensor;

/** Layer normalisation. */
final class CudaLayerNormOps implements LayerNormOps {
  private final CudaRuntime runtime;
  private final ColumnSums columnSums;
  private final TypedKernel forward;
  private final TypedKernel backward;
  private final TypedKernel partials;

  CudaLayerNormOps(CudaRuntime runtime, ColumnSums columnSums) {
    this.runtime = runtime;
    this.columnSums = columnSums;
    forward = TypedKernel.of(runtime, "layer_norm_forward");
    backward = TypedKernel.of(runtime, "layer_norm_backward");
    partials = TypedKernel.of(runtime, "layer_norm_partials");
  }

  @Override
  public void forward(
      Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, Tensor mean, Tensor rstd) {
    Checks.layerNorm(x, gain, bias, epsilon, y, mean, rstd);
    CudaTensor from = runtime.own(x);
    CudaTensor to = runtime.own(y);
    int columns = from.shape().columns();
    runtime
        .begin(forward.of("layerNorm", from, to))
        .pointer(from.address())
        .pointer(runtime.own(gain).address())
        .pointer(runtime.own(bias).address())
        .pointer(to.address())
        .pointer(runtime.own(mean).address())
        .pointer(runtime.own(rstd).address())
        .count(from.rows())
        .integer(columns)
        .real(epsilon)
        .launch(runtime.lane(), Grid.rows(from.rows(), columns));
  }

  @Override
  public void backward(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      Tensor dy,
      Tensor dx,
      Tensor dGain,
      Tensor dBias) {
    Checks.layerNormBackward(x, gain, mean, rstd, dy, dx, dGain, dBias);
    CudaTensor from = runtime.own(x);
    CudaTensor gradient = runtime.own(dy);
    long rows = from.rows();
    int columns = from.shape().columns();
    Kernel sums = partials.of("layerNorm backward", from, gradient);
    long meanAddress = runtime.own(mean).address();
    long rstdAddress = runtime.own(rstd).address();
    int chunks = Grid.chunks(rows);
    long chunkBytes = ColumnSums.partialBytes(rows, columns);
    long work = runtime.scratch().take(2 * chunkBytes);
    runtime // before dx, which may take dy's place
        .begin(sums)
        .pointer(from.address())
        .pointer(gradient.address())
        .pointer(meanAddress)
        .pointer(rstdAddress)
        .pointer(work)
        .count(rows)
        .integer(columns)
        .integer(Grid.chunkRows(rows))
        .launch(runtime.lane(), chunks, ColumnSums.columnBlocks(from.type(), columns));
    long gainTotal = runtime.own(dGain).address();
    long biasTotal = runtime.own(dBias).address();
    columnSums.finish(runtime.lane(), work, chunks, columns, gainTotal, 0);
    columnSums.finish(runtime.lane(), work + chunkBytes, chunks, columns, biasTotal, 0);
    if (dx != null) {
      runtime
          .begin(backward.of("layerNorm backward", from, gradient, runtime.own(dx)))
          .pointer(from.address())
          .pointer(runtime.own(gain).address())
          .pointer(meanAddress)
          .pointer(rstdAddress)
          .pointer(gradient.address())
          .pointer(runtime.own(dx).address())
          .count(rows)
          .integer(columns)
          .launch(runtime.lane(), Grid.rows(rows, columns));
    }
  }
}
