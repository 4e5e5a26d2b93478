package dev.sluice.backend;

import java.util.List;

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
   * Looks closely: all parts that {@link #create} needs, which it may load and prepare as that would.
   * Problems are findings; nothing is thrown.
   */
  default Diagnosis diagnose() {
    Probe probe = probe();
    Diagnosis.Level level = probe.available() ? Diagnosis.Level.FACT : Diagnosis.Level.PROBLEM;
    return new Diagnosis(false, List.of(new Diagnosis.Finding(name(), level, probe.reason())));
  }

  /**
   * Opens a backend.
   *
   * @throws IllegalStateException when {@link #probe} says that it cannot
   */
  Backend create(BackendOptions options);
}
