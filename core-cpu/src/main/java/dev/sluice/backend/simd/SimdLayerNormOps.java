package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.LayerNormOps;
import dev.sluice.backend.Tensor;

/**
 * Layer normalisation. Rows are shared in the forward pass and for dx; columns are shared for dGain
 * and dBias, which come first since dx may be dy.
 */
final class SimdLayerNormOps implements LayerNormOps {
  private final RowScratch[] scratch;
  private final Forward forward;
  private final ParameterBackward parameterBackward;
  private final InputBackward inputBackward;

  // The running operation, read by all members.
  private ArrayTensor x;
  private ArrayTensor gain;
  private ArrayTensor bias;
  private ArrayTensor y;
  private ArrayTensor mean;
  private ArrayTensor rstd;
  private ArrayTensor dy;
  private ArrayTensor dx;
  private ArrayTensor dGain;
  private ArrayTensor dBias;
  private float epsilon;
  private int rows;
  private int columns;

  SimdLayerNormOps(ThreadTeam team) {
    scratch = RowScratch.forEach(team);
    forward = new Forward(team);
    parameterBackward = new ParameterBackward(team);
    inputBackward = new InputBackward(team);
  }

  @Override
  public void forward(
      Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, Tensor mean, Tensor rstd) {
    Checks.layerNorm(x, gain, bias, epsilon, y, mean, rstd);
    set(x, gain, mean, rstd);
    this.bias = ArrayTensor.of(bias);
    this.y = ArrayTensor.of(y);
    this.epsilon = epsilon;
    forward.share(rows, 1, this.x.size(), WorkPerThread.FUNCTION);
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
    set(x, gain, mean, rstd);
    this.dy = ArrayTensor.of(dy);
    this.dx = ArrayTensor.ofNullable(dx);
    this.dGain = ArrayTensor.of(dGain);
    this.dBias = ArrayTensor.of(dBias);
    parameterBackward.share(columns, 64, this.x.size(), WorkPerThread.SIMPLE);
    if (dx != null) {
      inputBackward.share(rows, 1, this.x.size(), WorkPerThread.FUNCTION);
    }
  }

  private void set(Tensor x, Tensor gain, Tensor mean, Tensor rstd) {
    this.x = ArrayTensor.of(x);
    this.gain = ArrayTensor.of(gain);
    this.mean = ArrayTensor.of(mean);
    this.rstd = ArrayTensor.of(rstd);
    rows = x.shape().rows();
    columns = x.shape().columns();
  }

  private final class Forward extends RangeJob {
    Forward(ThreadTeam team) {
      super(team);
    }

    @Override
    void range(int from, int to, int part) {
      float[] sums = scratch[part].sums;
      for (int row = from; row < to; row++) {
        int at = x.offset + row * columns;
        float average = RowKernels.sum(x.floats, at, columns, 0, sums) / columns;
        float variance = RowKernels.sumOfSquares(x.floats, at, columns, average, sums) / columns;
        float scale = (float) (1 / Math.sqrt((double) variance + epsilon));
        LayerNormKernels.normalize(
            x.floats,
            at,
            average,
            scale,
            gain.floats,
            gain.offset,
            bias.floats,
            bias.offset,
            y.floats,
            y.offset + row * columns,
            columns);
        mean.floats[mean.offset + row] = average;
        rstd.floats[rstd.offset + row] = scale;
      }
    }
  }

  private final class ParameterBackward extends RangeJob {
    ParameterBackward(ThreadTeam team) {
      super(team);
    }

    @Override
    void range(int from, int to, int part) {
      ColumnKernels.addNormSums(
          x.floats,
          x.offset,
          dy.floats,
          dy.offset,
          mean.floats,
          mean.offset,
          rstd.floats,
          rstd.offset,
          rows,
          columns,
          from,
          to,
          dGain.floats,
          dGain.offset,
          dBias.floats,
          dBias.offset);
    }
  }

  private final class InputBackward extends RangeJob {
    InputBackward(ThreadTeam team) {
      super(team);
    }

    @Override
    void range(int from, int to, int part) {
      for (int row = from; row < to; row++) {
        LayerNormKernels.inputBackward(
            x.floats,
            x.offset + row * columns,
            mean.floats[mean.offset + row],
            rstd.floats[rstd.offset + row],
            gain.floats,
            gain.offset,
            dy.floats,
            dy.offset + row * columns,
            dx.floats,
            dx.offset + row * columns,
            columns,
            scratch[part].sums);
      }
    }
  }
}
