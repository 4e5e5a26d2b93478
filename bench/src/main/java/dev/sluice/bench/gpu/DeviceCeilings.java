package dev.sluice.bench.gpu;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.DType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Stopwatch;
import dev.sluice.backend.Tensor;
import dev.sluice.bench.peers.WorkData;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What the device can do, measured.
 *
 * @param fp32 floating-point operations a second of a large matrix product in single precision
 * @param tf32 the same in TF32; 0 where the device has none
 * @param bf16 the same of bf16 factors, added in fp32; 0 where the device has none
 * @param copyBytes a second of a large copy, bytes read and bytes written
 * @param exchangeNanos of one exchange between all multiprocessors; 0 where it was not measured
 */
public record DeviceCeilings(
    double fp32, double tf32, double bf16, double copyBytes, double exchangeNanos) {
  private static final int WARM_UP = 3;
  private static final int REPEATS = 11;

  /**
   * Measures.
   *
   * @param device as {@link Backends#choose} takes it
   * @param size rows and columns of the matrices; 8,192 keeps all of an H200 busy
   * @param copied numbers that are copied; more than any cache holds
   */
  static DeviceCeilings measure(String device, int size, int copied) {
    double copyBytes;
    double fp32;
    OptionalDouble exchange;
    try (Backend backend = open(device, Precision.FP32)) {
      fp32 = product(backend, DType.FLOAT32, size);
      copyBytes = copy(backend, copied);
      exchange = backend.exchangeNanos();
    }
    return new DeviceCeilings(
        fp32,
        product(device, Precision.TF32, DType.FLOAT32, size),
        product(device, Precision.BF16, DType.BFLOAT16, size),
        copyBytes,
        exchange.orElse(0));
  }

  /** Floating-point operations a second in a type. */
  double flops(NumberType type) {
    return switch (type) {
      case FP32 -> fp32;
      case TF32 -> tf32;
      case BF16, FP16 -> bf16;
    };
  }

  private static Backend open(String device, Precision precision) {
    return Backends.choose(device, new BackendOptions(0, 0, precision)).backend();
  }

  private static double product(String device, Precision precision, DType type, int size) {
    try (Backend backend = open(device, precision)) {
      return product(backend, type, size);
    } catch (IllegalArgumentException _) { // a CPU knows fp32 only
      return 0;
    }
  }

  private static double product(Backend backend, DType type, int size) {
    Shape shape = Shape.of(size, size);
    try (Tensor a = random(backend, type, shape, "a");
        Tensor b = random(backend, type, shape, "b");
        Tensor c = backend.allocate(type, shape)) {
      double nanos = median(backend, () -> backend.matrix().gemm(false, true, 1, a, b, 0, c));
      return 2.0 * size * size * size / nanos * 1e9;
    }
  }

  private static double copy(Backend backend, int count) {
    Shape shape = Shape.of(count);
    try (Tensor from = random(backend, DType.FLOAT32, shape, "copied");
        Tensor to = backend.allocate(DType.FLOAT32, shape)) {
      double nanos = median(backend, () -> backend.elements().copy(from, to));
      return 2.0 * count * Float.BYTES / nanos * 1e9;
    }
  }

  private static Tensor random(Backend backend, DType type, Shape shape, String name) {
    Tensor tensor = backend.allocate(type, shape);
    tensor.upload(WorkData.uniform(name, Math.toIntExact(shape.size()), 1), 0);
    return tensor;
  }

  private static double median(Backend backend, Runnable work) {
    for (int i = 0; i < WARM_UP; i++) {
      work.run();
    }
    try (Stopwatch stopwatch = backend.stopwatch()) {
      stopwatch.mark();
      for (int i = 0; i < REPEATS; i++) {
        work.run();
        stopwatch.mark();
      }
      long[] laps = stopwatch.laps();
      Arrays.sort(laps);
      return Math.max(laps[REPEATS / 2], 1);
    }
  }

  /** The words of {@link #parse}. */
  String toWords() {
    return String.format(
        Locale.ROOT, "%.6e %.6e %.6e %.6e %.6e", fp32, tf32, bf16, copyBytes, exchangeNanos);
  }

  /**
   * Reads what {@link #toWords} wrote.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static DeviceCeilings parse(String words) {
    double[] number = Arrays.stream(words.split(" ")).mapToDouble(Double::parseDouble).toArray();
    if (number.length != 5) {
      throw new IllegalArgumentException("not the ceilings of a device: " + words);
    }
    return new DeviceCeilings(number[0], number[1], number[2], number[3], number[4]);
  }
}
