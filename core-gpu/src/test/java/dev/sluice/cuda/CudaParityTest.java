package dev.sluice.cuda;

import dev.sluice.backend.Backend;
import dev.sluice.parity.BackendParityTest;

/** The CUDA backend agrees with the reference, on the stand-in driver. */
class CudaParityTest extends BackendParityTest {
  @Override
  protected Backend open() {
    return StandIn.open();
  }
}
