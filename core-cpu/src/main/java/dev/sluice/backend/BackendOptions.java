package dev.sluice.backend;

/**
 * What a user may ask of a backend.
 *
 * @param threads threads of a CPU backend; 0 lets it choose
 * @param device index of the GPU, from 0
 */
public record BackendOptions(int threads, int device) {
  /** All cores, the first GPU. */
  public static final BackendOptions DEFAULT = new BackendOptions(0, 0);

  public BackendOptions {
    if (threads < 0 || device < 0) {
      throw new IllegalArgumentException(
          "threads and device must not be negative, not %d and %d".formatted(threads, device));
    }
  }
}
