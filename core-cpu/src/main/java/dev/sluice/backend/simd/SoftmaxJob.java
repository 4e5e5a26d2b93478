package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.LossOps;
import dev.sluice.backend.Tensor;

/** Softmax row by row. */
final class SoftmaxJob extends RangeJob {
  private final RowScratch[] scratch;

  // The running operation, read by all members.
  private float[] x;
  private int fromX;
  private float[] y;
  private int fromY;
  private int columns;

  SoftmaxJob(ThreadTeam team, RowScratch[] scratch) {
    super(team);
    this.scratch = scratch;
  }

  /** {@link LossOps#softmax}. */
  void run(Tensor x, Tensor y) {
    Checks.sameSize("softmax", x, y);
    ArrayTensor source = ArrayTensor.of(x);
    ArrayTensor result = ArrayTensor.of(y);
    this.x = source.floats;
    fromX = source.offset;
    this.y = result.floats;
    fromY = result.offset;
    columns = x.shape().columns();
    share(x.shape().rows(), 1, source.size(), WorkPerThread.FUNCTION);
  }

  @Override
  void range(int from, int to, int part) {
    float[] sums = scratch[part].sums;
    for (int row = from; row < to; row++) {
      int at = fromX + row * columns;
      int target = fromY + row * columns;
      float max = RowKernels.max(x, at, columns);
      double sum = 0;
      for (int v = 0; v < columns; v += RowScratch.PIECE) {
        int n = Math.min(RowScratch.PIECE, columns - v);
        sum += RowKernels.exponentials(x, at + v, n, max, y, target + v, sums);
      }
      ElementKernels.scale((float) (1 / sum), y, target, columns);
    }
  }
}
