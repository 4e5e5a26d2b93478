package dev.sluice.backend;

import java.util.Locale;

/**
 * What a user may ask of a backend.
 *
 * @param threads threads of a CPU backend; 0 lets it choose
 * @param device index of the GPU, from 0
 * @param precision how matrices are multiplied; CPU backends know {@link Precision#FP32} only
 */
public record BackendOptions(int threads, int device, Precision precision) {
  /** All cores, the first GPU. */
  public static final BackendOptions DEFAULT = new BackendOptions(0, 0);

  /** The same in single precision. */
  public BackendOptions(int threads, int device) {
    this(threads, device, Precision.FP32);
  }

  public BackendOptions {
    if (precision == null) {
      throw new IllegalArgumentException("precision must not be null");
    }
    if (threads < 0 || device < 0) {
      throw new IllegalArgumentException(
          "threads and device must not be negative, not %d and %d".formatted(threads, device));
    }
  }

  /** The same on the GPU that a name asks for, if it has an index. */
  BackendOptions on(DeviceName name) {
    return name.index() < 0 ? this : new BackendOptions(threads, name.index(), precision);
  }

  /**
   * For backends that know single precision only.
   *
   * @throws IllegalArgumentException when another precision is asked for
   */
  public void requireFp32(String device) {
    if (precision != Precision.FP32) {
      throw new IllegalArgumentException(
          "precision %s is for GPUs; the device %s computes in fp32"
              .formatted(precision.name().toLowerCase(Locale.ROOT), device));
    }
  }
}
