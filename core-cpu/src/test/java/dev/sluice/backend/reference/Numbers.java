package dev.sluice.backend.reference;

import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import java.util.Random;

/** Makes tensors in double precision for tests; every draw of one instance follows its seed. */
final class Numbers {
  private final ReferenceBackend backend = new ReferenceBackend();
  private final Random random;

  Numbers(long seed) {
    this.random = new Random(seed);
  }

  ReferenceBackend backend() {
    return backend;
  }

  ReferenceTensor zeros(int... dims) {
    return backend.allocate(DType.FLOAT32, Shape.of(dims));
  }

  ReferenceTensor of(double[] values, int... dims) {
    ReferenceTensor tensor = zeros(dims);
    tensor.upload(values, 0);
    return tensor;
  }

  /** One axis. */
  ReferenceTensor vector(double... values) {
    return of(values, values.length);
  }

  ReferenceTensor integers(int... values) {
    ReferenceTensor tensor = backend.allocate(DType.INT32, Shape.of(values.length));
    tensor.upload(values, 0);
    return tensor;
  }

  /** Uniform in -bound .. bound. */
  ReferenceTensor uniform(double bound, int... dims) {
    ReferenceTensor tensor = zeros(dims);
    tensor.upload(random.doubles(tensor.size(), -bound, bound).toArray(), 0);
    return tensor;
  }

  /** NaN everywhere, so that what an operation fails to write shows. */
  ReferenceTensor poisoned(int... dims) {
    ReferenceTensor tensor = zeros(dims);
    backend.elements().fill(tensor, Float.NaN);
    return tensor;
  }
}
