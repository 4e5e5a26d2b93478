package dev.sluice.parity;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.reference.ReferenceTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * Where a {@link Computation} gets its arguments and leaves its results on one backend.
 *
 * <p>Every tensor is a view into a longer one whose other elements, the guards, are NaN. {@link
 * #finish} checks that guards and inputs are as they were. In every other case the view begins at an
 * address that no vector is aligned to.
 */
final class Workbench implements AutoCloseable {
  private static final int INTEGER_GUARD = Integer.MIN_VALUE;

  private enum Role {
    /** May not change. */
    INPUT,
    /** May change; the computation reads from it what it wants to have compared. */
    CHANGING,
    /** Becomes a result. */
    OUTPUT
  }

  private record Place(String name, Tensor whole, int size, double[] before, Role role) {}

  private final Backend backend;
  private final DoubleUnaryOperator change;
  private final Draws draws;
  private final int guard;
  private final List<Place> places = new ArrayList<>();
  private final Results results = new Results();

  /**
   * A workbench for one run.
   *
   * @param change what happens to each floating-point argument on its way in; other than the identity
   *     on the reference only
   */
  Workbench(Backend backend, ParityCase parityCase, DoubleUnaryOperator change) {
    this.backend = backend;
    this.change = change;
    this.draws = new Draws(parityCase);
    this.guard = (parityCase.hashCode() & 1) == 0 ? 16 : 3;
  }

  Backend backend() {
    return backend;
  }

  Draws draws() {
    return draws;
  }

  /** A factor that is an argument itself; changed as the elements of tensors are. */
  float scalar(float value) {
    return (float) change.applyAsDouble(value);
  }

  /** An argument that the operation may not change, uniform in -bound .. bound. */
  Tensor input(String name, double bound, int... dims) {
    return input(name, uniform(bound, dims), dims);
  }

  /** An argument that the operation may not change. */
  Tensor input(String name, float[] values, int... dims) {
    return place(name, values, Role.INPUT, dims);
  }

  /** Integers that the operation may not change. */
  Tensor integers(String name, int[] values, int... dims) {
    return place(name, values, Role.INPUT, dims);
  }

  /** A result, NaN beforehand. */
  Tensor output(String name, int... dims) {
    float[] poison = new float[Math.toIntExact(Shape.of(dims).size())];
    Arrays.fill(poison, Float.NaN);
    return place(name, poison, Role.OUTPUT, dims);
  }

  /** A result that the operation finds filled: uniform in -bound .. bound. */
  Tensor updated(String name, double bound, int... dims) {
    return updated(name, uniform(bound, dims), dims);
  }

  /** A result that the operation finds filled. */
  Tensor updated(String name, float[] values, int... dims) {
    return place(name, values, Role.OUTPUT, dims);
  }

  /** Integers that the operation changes. */
  Tensor updated(String name, int[] values, int... dims) {
    return place(name, values, Role.OUTPUT, dims);
  }

  /** A tensor that may change; what is to be compared is read with {@link #read}. */
  Tensor changing(String name, float[] values, int... dims) {
    return place(name, values, Role.CHANGING, dims);
  }

  /** A tensor that is not read before it is written: NaN, and not compared. */
  Tensor scratch(String name, int... dims) {
    float[] poison = new float[Math.toIntExact(Shape.of(dims).size())];
    Arrays.fill(poison, Float.NaN);
    return place(name, poison, Role.CHANGING, dims);
  }

  /** Random numbers for dropout: seed, stream and step of the case. */
  RandomDraw draw() {
    int[] numbers = draws.integers(0, Integer.MAX_VALUE, 3);
    Tensor step = integers("draw.step", new int[] {numbers[2]}, 1);
    return new RandomDraw(((long) numbers[0] << 32) - numbers[1], numbers[1] % 1000, step);
  }

  /** Takes the numbers that a tensor holds now as a result. */
  void read(String name, Tensor tensor) {
    results.putOutput(name, numbers(tensor));
  }

  /** Takes a number as a result. */
  void read(String name, double number) {
    results.putOutput(name, new double[] {number});
  }

  /** Says that NaN is among the results that are wanted. */
  void expectNaN() {
    results.expectNaN();
  }

  private float[] uniform(double bound, int... dims) {
    return draws.uniform(-bound, bound, Math.toIntExact(Shape.of(dims).size()));
  }

  private Tensor place(String name, float[] values, Role role, int... dims) {
    Shape shape = Shape.of(dims);
    int size = values.length;
    double[] all = new double[size + 2 * guard];
    Arrays.fill(all, Double.NaN);
    for (int i = 0; i < size; i++) {
      all[guard + i] = change.applyAsDouble(values[i]);
    }
    Tensor whole = backend.allocate(DType.FLOAT32, Shape.of(all.length));
    if (whole instanceof ReferenceTensor exact) {
      exact.upload(all, 0);
    } else {
      float[] rounded = new float[all.length];
      for (int i = 0; i < all.length; i++) {
        rounded[i] = (float) all[i];
      }
      whole.upload(rounded, 0);
    }
    keep(new Place(name, whole, size, all, role));
    return whole.slice(guard, shape);
  }

  private Tensor place(String name, int[] values, Role role, int... dims) {
    int size = values.length;
    int[] all = new int[size + 2 * guard];
    Arrays.fill(all, INTEGER_GUARD);
    System.arraycopy(values, 0, all, guard, size);
    Tensor whole = backend.allocate(DType.INT32, Shape.of(all.length));
    whole.upload(all, 0);
    keep(new Place(name, whole, size, Arrays.stream(all).asDoubleStream().toArray(), role));
    return whole.slice(guard, Shape.of(dims));
  }

  private void keep(Place place) {
    places.add(place);
    results.putInput(place.name, Arrays.copyOfRange(place.before, guard, guard + place.size));
  }

  /**
   * Reads the results.
   *
   * @throws Violation when a guard or an input was written
   */
  Results finish() {
    backend.finish();
    for (Place place : places) {
      double[] after = numbers(place.whole);
      for (int i = 0; i < after.length; i++) {
        boolean inside = i >= guard && i < guard + place.size;
        if ((!inside || place.role == Role.INPUT) && !same(after[i], place.before[i])) {
          throw new Violation(
              "%s[%d] was written: it is %s and was %s"
                  .formatted(place.name, i - guard, after[i], place.before[i]));
        }
      }
      if (place.role == Role.OUTPUT) {
        results.putOutput(place.name, Arrays.copyOfRange(after, guard, guard + place.size));
      }
    }
    return results;
  }

  private static boolean same(double a, double b) {
    return a == b || Double.isNaN(a) && Double.isNaN(b);
  }

  private static double[] numbers(Tensor tensor) {
    if (tensor.type() == DType.INT32) {
      return Arrays.stream(tensor.toInts()).asDoubleStream().toArray();
    }
    if (tensor instanceof ReferenceTensor exact) {
      return exact.values();
    }
    float[] rounded = tensor.toFloats();
    double[] values = new double[rounded.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = rounded[i];
    }
    return values;
  }

  @Override
  public void close() {
    places.forEach(place -> place.whole.close());
  }
}
