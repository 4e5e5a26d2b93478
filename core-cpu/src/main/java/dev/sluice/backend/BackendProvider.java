package dev.sluice.backend;

/** Makes one kind of backend; found through {@link java.util.ServiceLoader}. */
public interface BackendProvider {
  /**
   * Whether a backend can run here.
   *
   * @param available whether {@link #create} will work
   * @param reason one sentence: what was found, or what is missing and the remedy
   */
  record Probe(boolean available, String reason) {}

  /** The backend's name: {@code reference}, {@code simd} or {@code cuda}. */
  String name();

  /** The kind of device as users name it: {@code reference}, {@code cpu} or {@code cuda}. */
  String device();

  /** Which provider {@code auto} prefers: the highest available; negative for never. */
  int priority();

  /** Looks at the machine without changing anything. */
  Probe probe();

  /**
   * Opens a backend.
   *
   * @throws IllegalStateException when {@link #probe} says that it cannot
   */
  Backend create(BackendOptions options);
}
