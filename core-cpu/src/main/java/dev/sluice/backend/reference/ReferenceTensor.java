package dev.sluice.backend.reference;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;

/**
 * A tensor whose floating-point numbers are doubles. Uploads of floats are exact and downloads of
 * floats round to nearest; {@link #values} and {@link #upload(double[], int)} lose nothing.
 */
public final class ReferenceTensor implements Tensor {
  private final DType type;
  private final Shape shape;
  private final double[] doubles;
  private final int[] ints;
  private final int offset;
  private final Ledger ledger;
  private boolean closed;

  private ReferenceTensor(
      DType type, Shape shape, double[] doubles, int[] ints, int offset, Ledger ledger) {
    this.type = type;
    this.shape = shape;
    this.doubles = doubles;
    this.ints = ints;
    this.offset = offset;
    this.ledger = ledger;
  }

  static ReferenceTensor allocate(DType type, Shape shape, Ledger ledger) {
    int size = Math.toIntExact(shape.size());
    boolean integers = type == DType.INT32;
    ReferenceTensor tensor =
        new ReferenceTensor(
            type,
            shape,
            integers ? null : new double[size],
            integers ? new int[size] : null,
            0,
            ledger);
    ledger.add(tensor.bytes());
    return tensor;
  }

  /** The tensor as this backend's own; null stays null, a foreign one is refused. */
  static ReferenceTensor of(Tensor tensor) {
    if (tensor == null || tensor instanceof ReferenceTensor) {
      return (ReferenceTensor) tensor;
    }
    throw new IllegalArgumentException(
        "a tensor of another backend cannot be used on the reference: "
            + tensor.getClass().getSimpleName()
            + " "
            + tensor.shape());
  }

  /** Element i in row-major order. */
  double get(int i) {
    return doubles[offset + i];
  }

  void set(int i, double value) {
    doubles[offset + i] = value;
  }

  void add(int i, double value) {
    doubles[offset + i] += value;
  }

  /** Integer i in row-major order. */
  int getInt(int i) {
    return ints[offset + i];
  }

  void setInt(int i, int value) {
    ints[offset + i] = value;
  }

  int size() {
    return (int) shape.size();
  }

  @Override
  public DType type() {
    return type;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public ReferenceTensor slice(long from, Shape view) {
    Checks.slice(shape.size(), from, view);
    return new ReferenceTensor(type, view, doubles, ints, offset + (int) from, null);
  }

  /** All numbers, unrounded, in a new array. */
  public double[] values() {
    requireNumbers();
    double[] copy = new double[size()];
    System.arraycopy(doubles, offset, copy, 0, copy.length);
    return copy;
  }

  /**
   * Copies {@code shape().size()} doubles into this tensor without rounding.
   *
   * @param source holds the numbers from {@code from} on
   * @throws IllegalArgumentException when this tensor holds integers or the array is too short
   */
  public void upload(double[] source, int from) {
    requireNumbers();
    requireRoom(source.length, from);
    System.arraycopy(source, from, doubles, offset, size());
  }

  @Override
  public void upload(float[] source, int from) {
    requireNumbers();
    requireRoom(source.length, from);
    for (int i = 0; i < size(); i++) {
      set(i, source[from + i]);
    }
  }

  @Override
  public void upload(int[] source, int from) {
    requireIntegers();
    requireRoom(source.length, from);
    System.arraycopy(source, from, ints, offset, size());
  }

  @Override
  public void download(float[] target, int to) {
    requireNumbers();
    requireRoom(target.length, to);
    for (int i = 0; i < size(); i++) {
      target[to + i] = (float) get(i);
    }
  }

  @Override
  public void download(int[] target, int to) {
    requireIntegers();
    requireRoom(target.length, to);
    System.arraycopy(ints, offset, target, to, size());
  }

  private void requireNumbers() {
    if (doubles == null) {
      throw new IllegalArgumentException("the tensor " + shape + " holds integers, not numbers");
    }
  }

  private void requireIntegers() {
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
    return shape.size() * (ints != null ? Integer.BYTES : Double.BYTES);
  }

  @Override
  public void close() {
    if (ledger != null && !closed) {
      closed = true;
      ledger.remove(bytes());
    }
  }

  @Override
  public String toString() {
    return type + " " + shape;
  }
}
