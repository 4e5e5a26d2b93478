package dev.sluice.parity;

import java.util.Random;

/** The numbers of one case: the same each time for the same case. */
final class Draws {
  private final Random random;

  Draws(ParityCase parityCase) {
    this.random = new Random(parityCase.toString().hashCode());
  }

  /** Uniform from low to high. */
  float[] uniform(double low, double high, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (low + (high - low) * random.nextDouble());
    }
    return values;
  }

  /** Uniform from low up to but not including high. */
  int[] integers(int low, int high, int count) {
    return random.ints(count, low, high).toArray();
  }
}
