package dev.sluice.format;

import java.util.Arrays;

/** An array with a name and a shape, as it stands in a file; row-major. */
public sealed interface NamedArray {
  /** Unique in its file. */
  String name();

  /** Extents, outermost first, each 0 or more; none for a single number. Not to be modified. */
  int[] shape();

  /** Single-precision numbers in memory; {@code values} is not copied. */
  record Floats(String name, int[] shape, float[] values) implements NamedArray {
    /** Checks that the values fill the shape. */
    public Floats {
      requireSize(name, shape, values.length);
    }
  }

  /** 32-bit integers in memory; {@code values} is not copied. */
  record Ints(String name, int[] shape, int[] values) implements NamedArray {
    /** Checks that the values fill the shape. */
    public Ints {
      requireSize(name, shape, values.length);
    }
  }

  /** 64-bit integers in memory; {@code values} is not copied. */
  record Longs(String name, int[] shape, long[] values) implements NamedArray {
    /** Checks that the values fill the shape. */
    public Longs {
      requireSize(name, shape, values.length);
    }
  }

  /**
   * Single-precision numbers that live elsewhere, such as on a device, and are fetched piece by
   * piece while the file is written.
   */
  record FloatSource(String name, int[] shape, FloatReader reader) implements NamedArray {
    /** Checks the shape. */
    public FloatSource {
      product(name, shape);
    }
  }

  /** Fetches numbers. */
  @FunctionalInterface
  interface FloatReader {
    /**
     * Writes elements {@code from .. from + count - 1}, counted in row-major order, to the first
     * {@code count} places of {@code chunk}.
     */
    void read(long from, float[] chunk, int count);
  }

  /** Number of elements. */
  default long elements() {
    return product(name(), shape());
  }

  private static void requireSize(String name, int[] shape, int length) {
    if (product(name, shape) != length) {
      throw new IllegalArgumentException(
          "array "
              + name
              + " of shape "
              + Arrays.toString(shape)
              + " cannot hold "
              + length
              + " values");
    }
  }

  private static long product(String name, int[] shape) {
    long product = 1;
    for (int extent : shape) {
      if (extent < 0) {
        throw new IllegalArgumentException(
            "array " + name + " has a negative extent in its shape " + Arrays.toString(shape));
      }
      product = Math.multiplyExact(product, extent);
    }
    return product;
  }
}
