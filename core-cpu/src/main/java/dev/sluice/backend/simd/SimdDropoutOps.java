package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DropoutOps;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Tensor;

/** Dropout: {@link DropoutKernel}, shared by the team. */
final class SimdDropoutOps extends RangeJob implements DropoutOps {
  /** A multiple of the elements that one vector's blocks make. */
  private static final int GRAIN = 64;

  /** Room for four random numbers each, and for a cache line between members. */
  private final int[][] words;

  // The running operation, read by all members.
  private float probability;
  private RandomDraw draw;
  private int step;
  private ArrayTensor x;
  private ArrayTensor y;

  SimdDropoutOps(ThreadTeam team) {
    super(team);
    words = new int[team.size()][64];
  }

  @Override
  public void apply(float probability, RandomDraw draw, Tensor x, Tensor y) {
    Checks.dropout(probability, draw, x, y);
    this.probability = probability;
    this.draw = draw;
    ArrayTensor steps = ArrayTensor.of(draw.step());
    step = steps.ints[steps.offset];
    this.x = ArrayTensor.of(x);
    this.y = ArrayTensor.of(y);
    share(this.x.size(), GRAIN, this.x.size(), WorkPerThread.RANDOM);
  }

  @Override
  void range(int from, int to, int part) {
    DropoutKernel.apply(
        probability,
        draw.seed(),
        draw.stream(),
        step,
        from,
        x.floats,
        x.offset + from,
        y.floats,
        y.offset + from,
        to - from,
        words[part]);
  }
}
