package dev.sluice.backend;

import java.util.Locale;

/**
 * What a user may ask of a backend.
 *
 * @param threads threads of a CPU backend; 0 lets it choose
 * @param device index of the GPU, from 0
 * @param precision how matrices are multiplied; CPU backends know {@link Precision#FP32} only
 * @param recompute whether a recurrent stack keeps the gates of one layer only and computes the
 *     others' again in backward: the same bits with less memory, for a second forward of all layers
 *     but the last; GPUs only
 * @param path how the loop over time of recurrent layers is run; where a layer cannot be run so, its
 *     plan is refused; GPUs only
 */
public record BackendOptions(
    int threads, int device, Precision precision, boolean recompute, RecurrentPath path) {
  /** All cores, the first GPU. */
  public static final BackendOptions DEFAULT = new BackendOptions(0, 0);

  /** The same in single precision. */
  public BackendOptions(int threads, int device) {
    this(threads, device, Precision.FP32);
  }

  /** The same in some precision, keeping all gates. */
  public BackendOptions(int threads, int device, Precision precision) {
    this(threads, device, precision, false);
  }

  /** The same with the path of recurrent layers left to the backend. */
  public BackendOptions(int threads, int device, Precision precision, boolean recompute) {
    this(threads, device, precision, recompute, RecurrentPath.AUTO);
  }

  public BackendOptions {
    if (precision == null || path == null) {
      throw new IllegalArgumentException("precision and path must not be null");
    }
    if (threads < 0 || device < 0) {
      throw new IllegalArgumentException(
          "threads and device must not be negative, not %d and %d".formatted(threads, device));
    }
  }

  /** The same on the GPU that a name asks for, if it has an index. */
  BackendOptions on(DeviceName name) {
    return name.index() < 0
        ? this
        : new BackendOptions(threads, name.index(), precision, recompute, path);
  }

  /**
   * For backends that know single precision, keep all gates and have one path.
   *
   * @throws IllegalArgumentException when another precision is asked for, to recompute, or a path
   */
  public void requireDefaults(String device) {
    if (precision != Precision.FP32) {
      throw new IllegalArgumentException(
          "--precision %s is for GPUs and the device %s computes in fp32; use --precision fp32"
              .formatted(precision.name().toLowerCase(Locale.ROOT), device));
    }
    if (recompute) {
      throw new IllegalArgumentException(
          "--recompute is for GPUs and the device %s keeps all gates; leave it out"
              .formatted(device));
    }
    if (path != RecurrentPath.AUTO) {
      throw new IllegalArgumentException(
          "--recurrent-path %s is for GPUs and the device %s has one path; leave it out"
              .formatted(path.name().toLowerCase(Locale.ROOT), device));
    }
  }
}
