package dev.sluice.cuda;

import dev.sluice.backend.DType;

/** The matrix products and sums that cells share. */
final class CellProducts {
  private final CudaRuntime runtime;
  private final ColumnSums columnSums;
  private final Kernel gatherLast;
  private final Kernel add;

  CellProducts(CudaRuntime runtime) {
    this.runtime = runtime;
    columnSums = new ColumnSums(runtime);
    gatherLast = runtime.kernel("sluice_gather_last_f32");
    add = runtime.kernel("sluice_add_f32");
  }

  /**
   * target [B, rows] = left [B, H] · R[from .. from+rows-1]ᵀ + beta · target: what a step's gates
   * take from the state.
   */
  void forward(LayerPass pass, long left, int from, int rows, float beta, long target, int stride) {
    runtime
        .blas()
        .multiply(
            pass.lane,
            pass.batch,
            rows,
            pass.units,
            1,
            Blas.Matrix.of(left, pass.units),
            hidden(pass, from).transpose(),
            beta,
            Blas.Matrix.of(target, stride));
  }

  /**
   * target [B, H] = gradients [B, rows] · R[from .. from+rows-1] + beta · target: what the state
   * gets back from a step's gates.
   */
  void backward(
      LayerPass pass, long gradients, int stride, int from, int rows, float beta, long target) {
    runtime
        .blas()
        .multiply(
            pass.lane,
            pass.batch,
            pass.units,
            rows,
            1,
            Blas.Matrix.of(gradients, stride),
            hidden(pass, from),
            beta,
            Blas.Matrix.of(target, pass.units));
  }

  private static Blas.Matrix hidden(LayerPass pass, int from) {
    long offset = (long) from * pass.units * Float.BYTES;
    return Blas.Matrix.of(pass.weights.hidden() + offset, pass.units);
  }

  /**
   * dR[row .. row+rows-1] += Σ over steps of gradientsᵀ · h before the step, one product for all
   * steps but the first, whose h is the initial one.
   *
   * @param gradients [T, B, stride], zero past a sequence's end
   * @param stride columns of {@code gradients}
   * @param from the column where the {@code rows} columns begin
   * @param row of R where they belong
   */
  void hiddenWeights(LayerPass pass, long gradients, int stride, int from, int rows, int row) {
    long target = pass.gradients.hidden() + (long) row * pass.units * Float.BYTES;
    long step = (long) pass.batch * stride * Float.BYTES;
    long column = (long) from * Float.BYTES;
    if (pass.steps > 1) {
      // h before step t is the output of the step before, zero where the sequence has ended.
      long left = pass.reverse ? gradients : gradients + step;
      long right = pass.outputAt(pass.reverse ? 1 : 0);
      int count = (pass.steps - 1) * pass.batch;
      weights(pass, left + column, stride, rows, right, pass.outputStride, count, target);
    }
    if (pass.initialState != 0) {
      long first = gradients + pass.time(0) * step;
      if (pass.reverse && pass.lengths != 0) { // each sequence begins at its own last step
        runtime
            .begin(gatherLast)
            .pointer(gradients)
            .pointer(pass.lastRows)
            .pointer(pass.lengths)
            .integer(pass.batch)
            .integer(stride)
            .integer(pass.steps)
            .launch(pass.lane, Grid.warps(pass.batch));
        first = pass.lastRows;
      }
      weights(
          pass, first + column, stride, rows, pass.initialState, pass.units, pass.batch, target);
    }
  }

  /** target [rows, H] += left [count, rows]ᵀ · right [count, H]. */
  void weights(
      LayerPass pass,
      long left,
      int leftStride,
      int rows,
      long right,
      int rightStride,
      int count,
      long target) {
    runtime
        .blas()
        .multiply(
            pass.lane,
            rows,
            pass.units,
            count,
            1,
            Blas.Matrix.of(left, leftStride).transpose(),
            Blas.Matrix.of(right, rightStride),
            1,
            Blas.Matrix.of(target, pass.units));
  }

  /** out and, unless it is 0, second += the column sums of x [T·B, columns]. */
  void sumColumns(LayerPass pass, long x, int columns, long out, long second) {
    long rows = (long) pass.steps * pass.batch;
    columnSums.add(pass.lane, DType.FLOAT32, x, rows, columns, pass.partials, out, second);
  }

  /** y += x. */
  void add(LayerPass pass, long x, long y, int count) {
    runtime
        .begin(add)
        .pointer(x)
        .pointer(y)
        .count(count)
        .real(1)
        .launch(pass.lane, runtime.grid().any(count));
  }
}
