package dev.sluice.parity;

import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.WeightStorage;

/**
 * Weights to be stored in fewer bytes that lie at most a quarter of a step from a number that can be
 * stored: a tie would be rounded elsewhere when a bound is found by moving the arguments a little.
 */
final class StoredDraws {
  /** Largest q of 8 bits but one: the row's first weight alone decides the scale. */
  private static final int MOST = 126;

  private StoredDraws() {}

  /** Uniform within ±range, then moved. */
  static float[] weights(Draws draws, RecurrentSpec spec, WeightStorage storage, double range) {
    int count = Math.toIntExact(spec.weightCount());
    float[] weights = draws.uniform(-range, range, count);
    float[] offsets = draws.uniform(-0.25, 0.25, count);
    for (RecurrentSpec.Slice slice : spec.slices()) {
      if (slice.shape().rank() == 2 && storage != WeightStorage.FLOAT32) {
        int columns = slice.shape().columns();
        for (int i = 0; i < slice.shape().size(); i++) {
          int at = Math.toIntExact(slice.offset() + i);
          weights[at] =
              storage == WeightStorage.BFLOAT16
                  ? besideHalf(weights[at], offsets[at])
                  : besideByte(weights[at], offsets[at], i % columns == 0, range);
        }
      }
    }
    return weights;
  }

  private static float besideHalf(float weight, float offset) {
    int bits = WeightStorage.bfloat16(weight) << Short.SIZE;
    return Float.intBitsToFloat(bits + (int) (offset * (1 << Short.SIZE)));
  }

  private static float besideByte(float weight, float offset, boolean first, double range) {
    double step = range / (MOST + 1);
    double q = Math.clamp(Math.rint(weight / step), -MOST, MOST);
    return (float) (first ? Math.copySign(range, weight) : step * (q + offset));
  }
}
