package dev.sluice.cuda;

import dev.sluice.backend.DeviceException;
import dev.sluice.backend.OutOfDeviceMemoryException;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasStatus;

/** A call of the driver or of cuBLAS failed: which, with what, and what its code means. */
final class CudaCallException extends DeviceException {
  private static final long serialVersionUID = 1L;
  private static final int OUT_OF_MEMORY = 2;

  private CudaCallException(String message) {
    super(message);
  }

  /**
   * Throws when a driver call did not succeed.
   *
   * @param code what it answered
   * @param call its name
   * @param with what it worked on, for people
   * @throws OutOfDeviceMemoryException when the driver had no room for what it needs itself, such as
   *     a kernel's code at its first launch
   */
  static void check(int code, String call, Object with) {
    if (isOutOfMemory(code)) {
      throw outOfMemory(call, with);
    }
    if (code != 0) {
      throw new CudaCallException("%s failed for %s: %s".formatted(call, with, meaning(code)));
    }
  }

  /** Throws when a cuBLAS call did not succeed. */
  static void checkBlas(int code, String call, Object with) {
    if (code == cublasStatus.CUBLAS_STATUS_ALLOC_FAILED) {
      throw outOfMemory(call, with);
    }
    if (code != 0) {
      throw new CudaCallException(
          "%s failed for %s: %s (%d)"
              .formatted(call, with, JCublas2.cublasGetStatusName(code), code));
    }
  }

  private static OutOfDeviceMemoryException outOfMemory(String call, Object with) {
    return new OutOfDeviceMemoryException(
        ("the GPU is out of memory: %s failed for %s; reduce batch, steps or hidden size, end "
                + "other programs on this GPU, or run with --device cpu.")
            .formatted(call, with));
  }

  static boolean isOutOfMemory(int code) {
    return code == OUT_OF_MEMORY;
  }

  /** Name, number and words of a driver's code. */
  static String meaning(int code) {
    String[] name = {null};
    String[] words = {null};
    JCudaDriver.cuGetErrorName(code, name);
    JCudaDriver.cuGetErrorString(code, words);
    return "%s (%d), %s".formatted(name[0], code, words[0]);
  }
}
