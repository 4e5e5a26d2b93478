package dev.sluice.backend.simd;

import dev.sluice.backend.Backend;
import dev.sluice.parity.BackendParityTest;

/** The CPU backend agrees with the reference in every operation and option. */
class SimdParityTest extends BackendParityTest {
  @Override
  protected Backend open() {
    return new SimdBackend(2);
  }
}
