package dev.sluice.backend;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The extents of a tensor, outermost first; the last axis is contiguous in memory.
 *
 * <p>Letters used in all documentation: T steps, B batch, I input, H hidden, L layers, D directions,
 * V vocabulary, G gates, N rows, F features.
 */
public final class Shape {
  private final int[] dims;
  private final long size;

  private Shape(int[] dims) {
    this.dims = dims;
    long product = 1;
    for (int dim : dims) {
      if (dim < 1) {
        throw new IllegalArgumentException(
            "a shape's extents must be at least 1, not " + Arrays.toString(dims));
      }
      if (product > Long.MAX_VALUE / dim) {
        throw new IllegalArgumentException(
            "a shape must have fewer than 2^63 elements, but has extents " + Arrays.toString(dims));
      }
      product *= dim;
    }
    this.size = product;
  }

  /**
   * A shape with the given extents.
   *
   * @param dims each at least 1; none at all makes the shape of a scalar
   * @throws IllegalArgumentException when an extent is below 1
   */
  public static Shape of(int... dims) {
    return new Shape(dims.clone());
  }

  /** Number of axes. */
  public int rank() {
    return dims.length;
  }

  /**
   * Extent of one axis.
   *
   * @param axis 0 is the outermost; negative counts from the end, -1 is the contiguous one
   */
  public int dim(int axis) {
    return dims[axis < 0 ? dims.length + axis : axis];
  }

  /** Number of elements: the product of the extents. */
  public long size() {
    return size;
  }

  /** Elements of the last axis; 1 for a scalar. */
  public int columns() {
    return dims.length == 0 ? 1 : dims[dims.length - 1];
  }

  /** All axes but the last folded into one: the N of a tensor read as [N, F]. */
  public int rows() {
    return Math.toIntExact(size / columns());
  }

  /** The same extents with the last one replaced. */
  public Shape withColumns(int columns) {
    int[] copy = dims.clone();
    copy[copy.length - 1] = columns;
    return new Shape(copy);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** For example {@code [64, 32, 128]}. */
  @Override
  public String toString() {
    return IntStream.of(dims)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
