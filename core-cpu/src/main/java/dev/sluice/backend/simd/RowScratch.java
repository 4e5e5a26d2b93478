package dev.sluice.backend.simd;

/** What one member of the team needs to sum rows. Made once. */
final class RowScratch {
  /** Elements that are summed in single precision at the most. */
  static final int PIECE = 1024;

  /** Running sums: two sets, and room that keeps another member's off this cache line. */
  final float[] sums = new float[4 * RowKernels.SUMS];

  /** Results that nobody keeps. */
  final float[] piece = new float[PIECE];

  static RowScratch[] forEach(ThreadTeam team) {
    RowScratch[] scratch = new RowScratch[team.size()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = new RowScratch();
    }
    return scratch;
  }
}
