package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;

/** Inputs that are the same on every backend and in every library. */
public final class Values {
  private Values() {}

  /** Evenly distributed in ±{@code bound}, 24 bits each (xorshift64, Marsaglia 2003: a big model has 10^8). */
  public static float[] uniform(long seed, long count, double bound) {
    float scale = (float) (bound * 0x1p-23);
    float[] values = new float[Math.toIntExact(count)];
    long state = start(seed);
    for (int i = 0; i < values.length; i++) {
      state = next(state);
      values[i] = scale * ((int) (state >>> 40) - (1 << 23));
    }
    return values;
  }

  /** Evenly distributed below {@code limit}. */
  public static int[] ids(long seed, int count, int limit) {
    int[] values = new int[count];
    long state = start(seed);
    for (int i = 0; i < count; i++) {
      state = next(state);
      values[i] = (int) ((state >>> 33) % limit);
    }
    return values;
  }

  /** Never 0, and far apart for neighbouring seeds. */
  private static long start(long seed) {
    long state = (seed + 1) * 0x9E3779B97F4A7C15L;
    return state == 0 ? 1 : state;
  }

  private static long next(long state) {
    long x = state ^ state << 13;
    x ^= x >>> 7;
    return x ^ x << 17;
  }

  /** A tensor that holds the values. */
  static Tensor tensor(Backend backend, Shape shape, float[] values) {
    Tensor tensor = backend.allocate(DType.FLOAT32, shape);
    tensor.upload(values, 0);
    return tensor;
  }

  /** A tensor of zeros. */
  static Tensor zeros(Backend backend, Shape shape) {
    return backend.allocate(DType.FLOAT32, shape);
  }

  /** One array after another. */
  static float[] join(float[]... parts) {
    int length = 0;
    for (float[] part : parts) {
      length += part.length;
    }
    float[] all = new float[length];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  /** Of values [T, B, F] the first steps of the first sequences, [steps, sequences, F]. */
  static float[] corner(float[] values, int batch, int features, int steps, int sequences) {
    float[] corner = new float[steps * sequences * features];
    for (int step = 0; step < steps; step++) {
      int row = sequences * features;
      System.arraycopy(values, step * batch * features, corner, step * row, row);
    }
    return corner;
  }

  /** The same values with all but the corner set to zero. */
  static float[] onlyCorner(float[] values, int batch, int features, int steps, int sequences) {
    float[] kept = new float[values.length];
    for (int step = 0; step < steps; step++) {
      int from = step * batch * features;
      System.arraycopy(values, from, kept, from, sequences * features);
    }
    return kept;
  }
}
