package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.FIRST;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.OutOfDeviceMemoryException;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.function.LongConsumer;

/** A tensor in a Java array. Kernels read {@link #floats} or {@link #ints} from {@link #offset}. */
final class ArrayTensor implements Tensor {
  /** Elements of the largest tensor: the longest array that the virtual machine makes has more. */
  static final int MOST = Integer.MAX_VALUE - 8 - FIRST;

  /** The numbers, or null for integers. Shared with every view. */
  final float[] floats;

  /** The integers, or null for numbers. Shared with every view. */
  final int[] ints;

  /** Index of this tensor's first element. */
  final int offset;

  private final Shape shape;

  /** Told the bytes when the tensor is closed; null for views and once it is closed. */
  private LongConsumer allocated;

  private ArrayTensor(float[] floats, int[] ints, int offset, Shape shape, LongConsumer allocated) {
    this.floats = floats;
    this.ints = ints;
    this.offset = offset;
    this.shape = shape;
    this.allocated = allocated;
  }

  /**
   * A new tensor, zeroed.
   *
   * @param allocated told its bytes: positive now, negative when it is closed
   * @throws OutOfDeviceMemoryException when the heap has no room for it
   */
  static ArrayTensor allocate(DType type, Shape shape, LongConsumer allocated) {
    if (type == DType.BFLOAT16) {
      throw new IllegalArgumentException("the CPU stores FLOAT32 and INT32, not BFLOAT16");
    }
    if (shape.size() > MOST) {
      throw new IllegalArgumentException(
          "a tensor on the CPU has at most %d elements, but %s has %d"
              .formatted(MOST, shape, shape.size()));
    }
    int size = (int) shape.size();
    ArrayTensor tensor;
    try {
      tensor =
          type == DType.INT32
              ? new ArrayTensor(null, new int[size], 0, shape, allocated)
              : new ArrayTensor(new float[FIRST + size], null, FIRST, shape, allocated);
    } catch (OutOfMemoryError e) {
      throw outOfMemory(shape);
    }
    allocated.accept(tensor.bytes());
    return tensor;
  }

  private static OutOfDeviceMemoryException outOfMemory(Shape shape) {
    Runtime runtime = Runtime.getRuntime();
    long used = runtime.totalMemory() - runtime.freeMemory();
    String message =
        "a tensor %s needs %d MB, but the Java heap has %d of its %d MB free; start java with a"
            + " larger -Xmx, or make the batch or the model smaller";
    return new OutOfDeviceMemoryException(
        message.formatted(
            shape,
            (4 * shape.size()) >> 20,
            (runtime.maxMemory() - used) >> 20,
            runtime.maxMemory() >> 20));
  }

  /** A tensor over the elements of an array from {@link Lanes#FIRST} on. */
  static ArrayTensor over(float[] floats, Shape shape) {
    return new ArrayTensor(floats, null, FIRST, shape, null);
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
    return new ArrayTensor(floats, ints, offset + (int) from, view, null);
  }

  @Override
  public void upload(float[] source, int from) {
    requireFloats();
    requireRoom(source.length, from);
    System.arraycopy(source, from, floats, offset, size());
  }

  @Override
  public void upload(int[] source, int from) {
    requireInts();
    requireRoom(source.length, from);
    System.arraycopy(source, from, ints, offset, size());
  }

  @Override
  public void download(float[] target, int to) {
    requireFloats();
    requireRoom(target.length, to);
    System.arraycopy(floats, offset, target, to, size());
  }

  @Override
  public void download(int[] target, int to) {
    requireInts();
    requireRoom(target.length, to);
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

  private void requireRoom(int length, int from) {
    if (from < 0 || from > length - size()) {
      throw new IllegalArgumentException(
          "the tensor %s needs %d numbers from index %d on, but the array has %d"
              .formatted(shape, size(), from, length));
    }
  }

  private long bytes() {
    return shape.size() * Float.BYTES;
  }

  /** Leaves the array to the garbage collector. */
  @Override
  public void close() {
    if (allocated != null) {
      allocated.accept(-bytes());
      allocated = null;
    }
  }
}
