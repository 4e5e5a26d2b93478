package dev.sluice.cuda;

import static dev.sluice.cuda.CudaCallException.check;

import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.JCudaDriver;

/** What one GPU has room for, as its driver says. */
final class KernelLimits implements PathTable.Limits {
  private final Device device;
  private final KernelModule kernels;
  private final int sharedBytes;
  private final Map<String, Integer> allowed = new HashMap<>();

  KernelLimits(Device device, KernelModule kernels) {
    this.device = device;
    this.kernels = kernels;
    sharedBytes =
        device.attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  }

  @Override
  public int multiprocessors() {
    return device.gpu().multiprocessors();
  }

  @Override
  public int sharedBytes() {
    return sharedBytes;
  }

  /** Also allows the kernel that much dynamic shared memory, which above 48 KiB must be said. */
  @Override
  public int residentBlocks(String name, int dynamicBytes) {
    device.enter();
    Kernel kernel = kernels.get(name);
    int[] fixed = {0};
    check(
        JCudaDriver.cuFuncGetAttribute(
            fixed, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, kernel.function()),
        "cuFuncGetAttribute",
        name);
    if (fixed[0] + dynamicBytes > sharedBytes) {
      return 0;
    }
    if (dynamicBytes > allowed.getOrDefault(name, 0)) {
      check(
          JCudaDriver.cuFuncSetAttribute(
              kernel.function(),
              CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
              dynamicBytes),
          "cuFuncSetAttribute",
          name);
      allowed.put(name, dynamicBytes);
    }
    int[] blocks = {0};
    check(
        JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor(
            blocks, kernel.function(), Launcher.BLOCK, dynamicBytes),
        "cuOccupancyMaxActiveBlocksPerMultiprocessor",
        name);
    return blocks[0] * multiprocessors();
  }
}
