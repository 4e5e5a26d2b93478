package dev.sluice.backend;

/**
 * A dense row-major array that lives on a {@link Backend}.
 *
 * <p>A tensor is a place, not a value: operations write into tensors that the caller allocated.
 * Tensors of different backends do not mix. Uploads and operations take effect in the order in
 * which they were called; {@code download} is the only call that waits for them.
 */
public interface Tensor extends AutoCloseable {
  /** Type of the elements. */
  DType type();

  /** Extents, outermost first. */
  Shape shape();

  /**
   * A view of consecutive elements: it shares this tensor's memory and ends with it.
   *
   * @param from first element, counted in row-major order
   * @param shape extents of the view; {@code from + shape.size()} may not pass this tensor's size
   * @throws IllegalArgumentException when the view would leave this tensor
   */
  Tensor slice(long from, Shape shape);

  /** The same elements under another shape of equal size. */
  default Tensor reshape(Shape shape) {
    if (shape.size() != shape().size()) {
      throw new IllegalArgumentException(
          "reshape: " + shape() + " does not hold the elements of " + shape);
    }
    return slice(0, shape);
  }

  /**
   * Copies {@code shape().size()} numbers into this tensor; the array may be changed afterwards.
   *
   * @param source holds the numbers from {@code from} on
   * @throws IllegalArgumentException when this tensor holds integers or the array is too short
   */
  void upload(float[] source, int from);

  /** As {@link #upload(float[], int)}, for {@link DType#INT32} tensors. */
  void upload(int[] source, int from);

  /**
   * Waits for what was enqueued and copies this tensor's numbers out.
   *
   * @param target receives {@code shape().size()} numbers from {@code to} on
   * @throws IllegalArgumentException when this tensor holds integers or the array is too short
   */
  void download(float[] target, int to);

  /** As {@link #download(float[], int)}, for {@link DType#INT32} tensors. */
  void download(int[] target, int to);

  /** All numbers of a floating-point tensor in a new array; waits. */
  default float[] toFloats() {
    float[] values = new float[Math.toIntExact(shape().size())];
    download(values, 0);
    return values;
  }

  /** All numbers of an integer tensor in a new array; waits. */
  default int[] toInts() {
    int[] values = new int[Math.toIntExact(shape().size())];
    download(values, 0);
    return values;
  }

  /** Gives the memory back. Closing twice, or closing a view, does nothing. */
  @Override
  void close();
}
