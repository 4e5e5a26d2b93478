package dev.sluice.cuda;

import dev.sluice.backend.Backend;
import dev.sluice.parity.BackendParityTest;

/** The CUDA backend agrees with the reference, on the stand-in driver and the standard path. */
class CudaParityTest extends BackendParityTest {
  @Override
  protected Backend open() {
    return StandIn.standard();
  }
}
