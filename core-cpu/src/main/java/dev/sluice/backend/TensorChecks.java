package dev.sluice.backend;

/**
 * What {@link Checks} asks of one tensor. They make no garbage unless they fail: a training step
 * comes through them dozens of times.
 */
final class TensorChecks {
  private TensorChecks() {}

  /** A tensor of numbers of exactly this shape of three axes. */
  static void exact(
      String operation, String name, Tensor tensor, int first, int second, int third) {
    floats(operation, name, tensor);
    if (!is(tensor.shape(), first, second, third)) {
      throw wrong(operation, name, tensor.shape(), Shape.of(first, second, third).toString());
    }
  }

  /** A tensor of numbers of exactly this shape of two axes. */
  static void exact(String operation, String name, Tensor tensor, int first, int second) {
    floats(operation, name, tensor);
    Shape shape = tensor.shape();
    if (shape.rank() != 2 || shape.dim(0) != first || shape.dim(1) != second) {
      throw wrong(operation, name, shape, Shape.of(first, second).toString());
    }
  }

  /** Whether a shape has exactly these three axes. */
  static boolean is(Shape shape, int first, int second, int third) {
    return shape.rank() == 3
        && shape.dim(0) == first
        && shape.dim(1) == second
        && shape.dim(2) == third;
  }

  /** A tensor of numbers of this size, however shaped. */
  static void vector(String operation, String name, Tensor tensor, long size) {
    floats(operation, name, tensor);
    if (tensor.shape().size() != size) {
      throw wrong(operation, name, tensor.shape(), "[" + size + "]");
    }
  }

  /** A tensor of integers of this size, however shaped. */
  static void integers(String operation, String name, Tensor tensor, long size) {
    integers(operation, name, tensor);
    if (tensor.shape().size() != size) {
      throw wrong(operation, name, tensor.shape(), "[" + size + "]");
    }
  }

  /** A tensor of numbers. */
  static void floats(String operation, String name, Tensor tensor) {
    present(operation, name, tensor);
    if (tensor.type() == DType.INT32) {
      throw new IllegalArgumentException(
          operation + ": " + name + " holds integers; floating-point numbers are wanted");
    }
  }

  /** A tensor of integers. */
  static void integers(String operation, String name, Tensor tensor) {
    present(operation, name, tensor);
    if (tensor.type() != DType.INT32) {
      throw new IllegalArgumentException(
          operation + ": " + name + " holds " + tensor.type() + "; INT32 is wanted");
    }
  }

  /** A tensor at all. */
  static void present(String operation, String name, Tensor tensor) {
    if (tensor == null) {
      throw new IllegalArgumentException(operation + ": " + name + " must not be null");
    }
  }

  /** The refusal of a shape. */
  static IllegalArgumentException wrong(String operation, String name, Shape shape, String wanted) {
    return new IllegalArgumentException(
        operation + ": " + name + " is " + shape + " but must be " + wanted);
  }
}
