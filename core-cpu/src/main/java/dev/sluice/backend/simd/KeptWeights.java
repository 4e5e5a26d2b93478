package dev.sluice.backend.simd;

import java.util.Arrays;

/**
 * A copy of the weights that a plan for inference last packed. While they are what they were, bit for
 * bit but for the payloads of NaNs, the plan need not pack them again. On two Zen 5 cores packing took 2
 * to 6 % of a forward pass of an LSTM (H = 128 to 1024), comparing half as long at most. Weights that
 * have changed are found out at the first number that differs.
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

  /**
   * Keeps these weights.
   *
   * @return whether they are those that were kept and packed before
   */
  boolean keep(ArrayTensor weights) {
    this.weights = weights.floats;
    from = weights.offset;
    boolean same = packed;
    packed = false; // should a part fail
    int parts = Math.clamp(copy.length / SHARE, 1, team.size());
    team.run(parts, this);
    for (int part = 0; part < parts; part++) {
      same &= !differs[part];
    }
    packed = same;
    return same;
  }

  /** All that is kept has been packed. */
  void markPacked() {
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
