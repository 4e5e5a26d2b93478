package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.OptimizerOps;
import dev.sluice.backend.Tensor;

/** Σ x² in blocks of 4096 elements, whose sums are added in order and in double. */
final class SquareSumJob extends RangeJob {
  /** 16 KB, so that narrow vectors go over a block again in the first-level cache. */
  private static final int BLOCK = 4096;

  private final RowScratch[] scratch;
  private ArrayTensor x;
  private double[] blocks = new double[0];

  SquareSumJob(ThreadTeam team) {
    super(team);
    scratch = RowScratch.forEach(team);
  }

  /** {@link OptimizerOps#sumOfSquares}. */
  void run(Tensor x, Tensor out) {
    Checks.sumOfSquares(x, out);
    this.x = ArrayTensor.of(x);
    ArrayTensor result = ArrayTensor.of(out);
    int count = Math.ceilDiv(this.x.size(), BLOCK);
    if (blocks.length < count) {
      blocks = new double[count];
    }
    share(count, 1, this.x.size(), WorkPerThread.SIMPLE);
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += blocks[i];
    }
    result.floats[result.offset] = (float) sum;
  }

  @Override
  void range(int from, int to, int part) {
    for (int i = from; i < to; i++) {
      int first = i * BLOCK;
      int n = Math.min(BLOCK, x.size() - first);
      blocks[i] = RowKernels.sumOfSquares(x.floats, x.offset + first, n, 0, scratch[part].sums);
    }
  }
}
