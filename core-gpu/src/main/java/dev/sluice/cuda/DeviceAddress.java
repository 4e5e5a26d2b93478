package dev.sluice.cuda;

import jcuda.driver.CUdeviceptr;

/** An address of device memory whose number can be read, since kernels' arguments hold numbers. */
final class DeviceAddress extends CUdeviceptr {
  private static final CUdeviceptr ORIGIN = new CUdeviceptr();

  /** To be filled in by the driver. */
  DeviceAddress() {}

  /** The given address. */
  DeviceAddress(long address) {
    super(ORIGIN, address);
  }

  /** The number. */
  long value() {
    return getNativePointer() + getByteOffset();
  }
}
