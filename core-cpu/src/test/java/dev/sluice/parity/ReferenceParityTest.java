package dev.sluice.parity;

import dev.sluice.backend.Backend;
import dev.sluice.backend.reference.ReferenceBackend;

/** The reference agrees with itself: the suite's own sanity. */
class ReferenceParityTest extends BackendParityTest {
  @Override
  protected Backend open() {
    return new ReferenceBackend();
  }
}
