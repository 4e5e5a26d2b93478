package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.SplittableRandom;

/** Inputs that are the same on every backend and in every library. */
public final class Values {
  private Values() {}

  /** Evenly distributed in ±{@code bound}. */
  public static float[] uniform(long seed, long count, double bound) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (bound * (2 * random.nextDouble() - 1));
    }
    return values;
  }

  /** Evenly distributed below {@code limit}. */
  public static int[] ids(long seed, int count, int limit) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] values = new int[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(limit);
    }
    return values;
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
