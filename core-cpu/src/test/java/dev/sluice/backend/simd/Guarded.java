package dev.sluice.backend.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.Random;

/** A tensor amid a larger one, so that a kernel that reads or writes past it is seen. */
record Guarded(Tensor whole, Tensor tensor) {
  private static final int MARGIN = 5;

  /** Large, so that a sum that strays is far off. */
  private static final float GUARD = 1e20f;

  static Guarded floats(Backend backend, float[] values, int... dims) {
    Tensor whole = backend.allocate(DType.FLOAT32, Shape.of(values.length + 2 * MARGIN));
    backend.elements().fill(whole, GUARD);
    Tensor tensor =
        whole.slice(MARGIN, dims.length == 0 ? Shape.of(values.length) : Shape.of(dims));
    tensor.upload(values, 0);
    return new Guarded(whole, tensor);
  }

  static Tensor ints(Backend backend, int... values) {
    Tensor whole = backend.allocate(DType.INT32, Shape.of(values.length + 1));
    Tensor tensor = whole.slice(1, Shape.of(values.length));
    tensor.upload(values, 0);
    return tensor;
  }

  /** The tensor's numbers; fails when something was written beside them. */
  float[] values() {
    float[] all = whole.toFloats();
    for (int i = 0; i < MARGIN; i++) {
      assertEquals(GUARD, all[i], "element before the tensor");
      assertEquals(GUARD, all[all.length - 1 - i], "element behind the tensor");
    }
    return tensor.toFloats();
  }

  /** Repeatable numbers, evenly spread from -size to size. */
  static float[] random(int n, float size, long seed) {
    Random random = new Random(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (2 * random.nextFloat() - 1) * size;
    }
    return values;
  }

  /** Whether a result is right to a number of roundings of numbers as large as {@code size}. */
  static void assertClose(double expected, float actual, double size, String what) {
    double bound = 0x1p-23 * Math.max(Math.abs(expected), size) + Float.MIN_NORMAL;
    if (!(Math.abs(expected - actual) <= bound)) {
      assertEquals(expected, actual, bound, what);
    }
  }
}
