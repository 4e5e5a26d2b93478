package dev.sluice.nn;

import dev.sluice.backend.Philox;

/**
 * A sequence of random numbers for the initial values of one parameter: the words of {@link Philox}
 * with the seed as key and counter (block, stream, -1). Training steps count from 0 up, so dropout
 * never draws the same words. All arithmetic is exact or {@link StrictMath}: the same bits on every
 * machine.
 */
public final class RandomNumbers {
  private static final int INITIAL_VALUES = -1;

  private final long seed;
  private final int stream;
  private final int[] words = new int[4];
  private long block;
  private int used = words.length;
  private double spareNormal = Double.NaN;

  /**
   * Starts a sequence.
   *
   * @param seed of the run
   * @param stream tells the parameters of a model apart
   */
  public RandomNumbers(long seed, int stream) {
    this.seed = seed;
    this.stream = stream;
  }

  /** Uniform in [0, 1), a multiple of 2^-24. */
  public float uniform() {
    return Philox.uniform(nextWord());
  }

  /**
   * Standard normal, from two uniform numbers of 53 bits (Box and Muller 1958).
   * Magnitudes reach 8.6.
   */
  public double normal() {
    if (!Double.isNaN(spareNormal)) {
      double value = spareNormal;
      spareNormal = Double.NaN;
      return value;
    }
    double positive = 1 - uniform53(); // in (0, 1], so that the logarithm is finite
    double radius = StrictMath.sqrt(-2 * StrictMath.log(positive));
    double angle = 2 * Math.PI * uniform53();
    spareNormal = radius * StrictMath.sin(angle);
    return radius * StrictMath.cos(angle);
  }

  private double uniform53() {
    long high = nextWord() >>> 5;
    long low = nextWord() >>> 6;
    return ((high << 26) | low) * 0x1p-53;
  }

  private int nextWord() {
    if (used == words.length) {
      Philox.block(seed, block++, stream, INITIAL_VALUES, words, 0);
      used = 0;
    }
    return words[used++];
  }
}
