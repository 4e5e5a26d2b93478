package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;

/** A tensor in a Java array. Kernels read {@link #floats} or {@link #ints} from {@link #offset}. */
final class ArrayTensor implements Tensor {
  /** The numbers, or null for integers. Shared with every view. */
  final float[] floats;

  /** The integers, or null for numbers. Shared with every view. */
  final int[] ints;

  /** Index of this tensor's first element. */
  final int offset;

  private final Shape shape;

  private ArrayTensor(float[] floats, int[] ints, int offset, Shape shape) {
    this.floats = floats;
    this.ints = ints;
    this.offset = offset;
    this.shape = shape;
  }

  static ArrayTensor allocate(DType type, Shape shape) {
    int size = Math.toIntExact(shape.size());
    return switch (type) {
      case FLOAT32 -> new ArrayTensor(new float[size], null, 0, shape);
      case INT32 -> new ArrayTensor(null, new int[size], 0, shape);
      case BFLOAT16 ->
          throw new IllegalArgumentException("the CPU stores FLOAT32 and INT32, not BFLOAT16");
    };
  }

  /** A tensor over the first elements of an array. */
  static ArrayTensor over(float[] floats, Shape shape) {
    return new ArrayTensor(floats, null, 0, shape);
  }

  /** The tensor as this backend's own; a foreign one is refused. */
  static ArrayTensor of(Tensor tensor) {
    if (tensor instanceof ArrayTensor array) {
      return array;
    }
    throw new IllegalArgumentException(
        "a tensor of another backend cannot be used on the CPU: "
            + tensor.getClass().getSimpleName()
            + " "
            + tensor.shape());
  }

  /** As {@link #of}, letting null through. */
  static ArrayTensor ofNullable(Tensor tensor) {
    return tensor == null ? null : of(tensor);
  }

  /** Number of elements; they fit a Java array. */
  int size() {
    return (int) shape.size();
  }

  @Override
  public DType type() {
    return floats != null ? DType.FLOAT32 : DType.INT32;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public ArrayTensor slice(long from, Shape view) {
    Checks.slice(shape.size(), from, view);
    return new ArrayTensor(floats, ints, offset + (int) from, view);
  }

  @Override
  public void upload(float[] source, int from) {
    requireFloats();
    System.arraycopy(source, from, floats, offset, size());
  }

  @Override
  public void upload(int[] source, int from) {
    requireInts();
    System.arraycopy(source, from, ints, offset, size());
  }

  @Override
  public void download(float[] target, int to) {
    requireFloats();
    System.arraycopy(floats, offset, target, to, size());
  }

  @Override
  public void download(int[] target, int to) {
    requireInts();
    System.arraycopy(ints, offset, target, to, size());
  }

  private void requireFloats() {
    if (floats == null) {
      throw new IllegalArgumentException("the tensor " + shape + " holds integers, not numbers");
    }
  }

  private void requireInts() {
    if (ints == null) {
      throw new IllegalArgumentException("the tensor " + shape + " holds numbers, not integers");
    }
  }

  /** The garbage collector frees it. */
  @Override
  public void close() {}
}
