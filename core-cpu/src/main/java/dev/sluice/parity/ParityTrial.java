package dev.sluice.parity;

import dev.sluice.backend.Backend;

/** One case that can be run. */
public interface ParityTrial {
  /** What it tries. */
  ParityCase parityCase();

  /**
   * Runs it. A backend that throws fails the case; nothing is thrown.
   *
   * @param tested the backend to hold to the reference
   */
  ParityResult run(Backend tested);
}
