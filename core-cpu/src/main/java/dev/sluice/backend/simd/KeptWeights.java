package dev.sluice.backend.simd;

import java.util.Arrays;

/**
 * A copy of the weights that a plan for inference last packed. While they are what they were, to the
 * bit, the plan need not pack them again: packing takes 3 to 6 % of a forward pass, comparing a third to
 * half of that. Weights that have changed are seen to have at the first number that differs.
 */
final class KeptWeights implements ThreadTeam.Job {
  /** Floats that each member compares at least. */
  private static final int SHARE = 1 << 14;

  private final ThreadTeam team;
  private final float[] copy;
  private final boolean[] differs;
  private float[] weights;
  private int from;
  private boolean packed;

  /**
   * Nothing kept so far.
   *
   * @param count of weights
   */
  KeptWeights(ThreadTeam team, int count) {
    this.team = team;
    copy = new float[count];
    differs = new boolean[team.size()];
  }

  /** Whether these weights are not those last packed; they are kept from now on. */
  boolean changed(ArrayTensor weights) {
    this.weights = weights.floats;
    from = weights.offset;
    int parts = Math.clamp(copy.length / SHARE, 1, team.size());
    team.run(parts, this);
    for (int part = 0; part < parts; part++) {
      packed &= !differs[part];
    }
    return !packed;
  }

  /** All weights have been packed: only from now on are they what a next call compares with. */
  void packed() {
    packed = true;
  }

  @Override
  public void run(int part, int parts) {
    int first = (int) ((long) copy.length * part / parts);
    int end = (int) ((long) copy.length * (part + 1) / parts);
    differs[part] = Arrays.mismatch(copy, first, end, weights, from + first, from + end) >= 0;
    if (differs[part]) {
      System.arraycopy(weights, from + first, copy, first, end - first);
    }
  }
}
