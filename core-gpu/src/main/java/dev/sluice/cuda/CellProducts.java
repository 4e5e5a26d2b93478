package dev.sluice.cuda;

/** The matrix products and sums that cells share. */
final class CellProducts {
  private final CudaRuntime runtime;
  private final ColumnSums columnSums;
  private final TypedKernel gatherLast;
  private final Kernel add;

  CellProducts(CudaRuntime runtime) {
    this.runtime = runtime;
    columnSums = new ColumnSums(runtime);
    gatherLast = TypedKernel.of(runtime, "gather_last");
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
            Blas.Matrix.of(left, pass.type, pass.units),
            hidden(pass, from).transpose(),
            beta,
            Blas.Matrix.of(target, stride));
  }

  /**
   * The product of h with all of R in step t: added to the gates in place where they are fp32, else
   * apart.
   *
   * @return where it lies apart, or 0
   */
  long recurrent(LayerPass pass, int t) {
    if (pass.hasZeroState(t)) {
      return 0;
    }
    int columns = pass.gateColumns;
    boolean apart = pass.hidden != 0;
    long target = apart ? pass.product : pass.gatesAt(t);
    forward(pass, pass.stateOperand(), 0, columns, apart ? 0 : 1, target, columns);
    return apart ? target : 0;
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
            Blas.Matrix.of(gradients, pass.type, stride),
            hidden(pass, from),
            beta,
            Blas.Matrix.of(target, pass.units));
  }

  private static Blas.Matrix hidden(LayerPass pass, int from) {
    long offset = pass.bytes((long) from * pass.units);
    return Blas.Matrix.of(pass.weights.hidden() + offset, pass.type, pass.units);
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
    long step = pass.bytes((long) pass.batch * stride);
    long column = pass.bytes(from);
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
            .begin(gatherLast.of(pass.type))
            .pointer(gradients)
            .pointer(pass.lastRows)
            .pointer(pass.lengths)
            .integer(pass.batch)
            .integer(stride)
            .integer(pass.steps)
            .launch(pass.weightLane, Grid.warps(pass.batch));
        first = pass.lastRows;
      }
      weights(
          pass,
          first + column,
          stride,
          rows,
          pass.initialOperand(),
          pass.units,
          pass.batch,
          target);
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
            pass.weightLane,
            rows,
            pass.units,
            count,
            1,
            Blas.Matrix.of(left, pass.type, leftStride).transpose(),
            Blas.Matrix.of(right, pass.type, rightStride),
            1,
            Blas.Matrix.of(target, pass.units));
  }

  /** out and, unless it is 0, second += the column sums of x [T·B, columns]. */
  void sumColumns(LayerPass pass, long x, int columns, long out, long second) {
    long rows = (long) pass.steps * pass.batch;
    columnSums.add(pass.weightLane, pass.type, x, rows, columns, pass.partials, out, second);
  }

  /** y += x. */
  void add(LayerPass pass, long x, long y, int count) {
    runtime
        .begin(add)
        .pointer(x)
        .pointer(y)
        .count(count)
        .real(1)
        .launch(pass.weightLane, runtime.grid().any(count));
  }
}
