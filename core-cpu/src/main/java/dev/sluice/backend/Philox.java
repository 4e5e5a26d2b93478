package dev.sluice.backend;

/**
 * Philox 4x32-10, a counter-based random number generator (Salmon et al., "Parallel random numbers:
 * as easy as 1, 2, 3", SC 2011): the numbers are a function of key and counter, so any of them can be
 * computed anywhere, in any order.
 */
public final class Philox {
  private static final int M0 = 0xD2511F53;
  private static final int M1 = 0xCD9E8D57;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;

  private Philox() {}

  /**
   * One block of four 32-bit numbers.
   *
   * @param seed key: low word first
   * @param block counter words 0 (low) and 1 (high)
   * @param stream counter word 2
   * @param step counter word 3
   * @param out receives four numbers from {@code at} on
   */
  public static void block(long seed, long block, int stream, int step, int[] out, int at) {
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    int c0 = (int) block;
    int c1 = (int) (block >>> 32);
    int c2 = stream;
    int c3 = step;
    for (int round = 0; round < 10; round++) {
      long p0 = (M0 & 0xFFFFFFFFL) * (c0 & 0xFFFFFFFFL);
      long p1 = (M1 & 0xFFFFFFFFL) * (c2 & 0xFFFFFFFFL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c1 = (int) p1;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c3 = (int) p0;
      k0 += W0;
      k1 += W1;
    }
    out[at] = c0;
    out[at + 1] = c1;
    out[at + 2] = c2;
    out[at + 3] = c3;
  }

  /** A number in [0, 1), a multiple of 2^-24, from 32 random bits. */
  public static float uniform(int bits) {
    return (bits >>> 8) * 0x1p-24f;
  }
}
