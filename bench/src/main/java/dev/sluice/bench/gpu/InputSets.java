package dev.sluice.bench.gpu;

/** How many sets of inputs take turns, and how they differ. The engines of PyTorch do the same. */
final class InputSets {
  /** Together as large as this: twice the L2 cache of the largest GPU (126 MB of a B200). */
  private static final long BYTES = 256L << 20;

  static final int MOST = 512;

  private InputSets() {}

  /**
   * How many there are.
   *
   * @param bytes of one set
   */
  static int count(long bytes) {
    return Math.clamp((BYTES + bytes - 1) / bytes, 1, MOST);
  }

  /** By what the numbers of set 0 are multiplied, so that all differ and stay random. */
  static float factor(int set) {
    return 1 - set / (2f * MOST);
  }
}
