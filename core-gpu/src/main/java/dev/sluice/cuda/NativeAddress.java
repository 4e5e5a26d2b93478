package dev.sluice.cuda;

import jcuda.Pointer;

/** An address as JCuda wants it, without the array copies that its own {@code Pointer.to} makes. */
final class NativeAddress extends Pointer {
  /** An address of the host or the device. */
  NativeAddress(long address) {
    super(address);
  }
}
