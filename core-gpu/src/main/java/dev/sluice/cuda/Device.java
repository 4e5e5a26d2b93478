package dev.sluice.cuda;

import static dev.sluice.cuda.CudaCallException.check;

import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;

/**
 * One GPU and its primary context, which cuBLAS shares. A context belongs to the threads that made
 * it current: {@link #enter} does that for whichever thread calls.
 */
final class Device implements AutoCloseable {
  private final DriverProbe.Gpu gpu;
  private final CUdevice handle = new CUdevice();
  private final CUcontext context = new CUcontext();
  private boolean closed;

  Device(DriverProbe.Gpu gpu) {
    this.gpu = gpu;
    check(JCudaDriver.cuInit(0), "cuInit", "the driver");
    check(JCudaDriver.cuDeviceGet(handle, gpu.index()), "cuDeviceGet", this);
    check(JCudaDriver.cuDevicePrimaryCtxRetain(context, handle), "cuDevicePrimaryCtxRetain", this);
    try {
      enter();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  DriverProbe.Gpu gpu() {
    return gpu;
  }

  /** What the driver says of one of its attributes, by JCuda's constants. */
  int attribute(int attribute) {
    int[] value = {0};
    check(JCudaDriver.cuDeviceGetAttribute(value, attribute, handle), "cuDeviceGetAttribute", this);
    return value[0];
  }

  /** Makes the context the calling thread's; nearly free when it already is. */
  void enter() {
    if (closed) {
      throw new IllegalStateException("the CUDA backend is closed");
    }
    check(JCudaDriver.cuCtxSetCurrent(context), "cuCtxSetCurrent", this);
  }

  /** For example {@code GPU 0 (NVIDIA H200)}. */
  @Override
  public String toString() {
    return "GPU %d (%s)".formatted(gpu.index(), gpu.name());
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      check(JCudaDriver.cuDevicePrimaryCtxRelease(handle), "cuDevicePrimaryCtxRelease", this);
    }
  }
}
