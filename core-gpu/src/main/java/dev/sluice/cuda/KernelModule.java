package dev.sluice.cuda;

import static dev.sluice.cuda.CudaCallException.check;

import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** The kernels, loaded into a device's context. */
final class KernelModule implements AutoCloseable {
  private final Device device;
  private final KernelLayouts layouts;
  private final CUmodule module = new CUmodule();
  private final Map<String, Kernel> kernels = new HashMap<>();

  /**
   * Loads device code.
   *
   * @param image a fatbin or what {@link KernelCompiler} made
   */
  KernelModule(Device device, byte[] image, KernelLayouts layouts) {
    this.device = device;
    this.layouts = layouts;
    device.enter();
    check(
        JCudaDriver.cuModuleLoadData(module, image),
        "cuModuleLoadData",
        "the kernels (%s) on %s".formatted(Bytes.text(image.length), device));
  }

  /** The kernel of that name. */
  Kernel get(String name) {
    Kernel kernel = kernels.get(name);
    if (kernel == null) {
      device.enter();
      CUfunction function = new CUfunction();
      check(JCudaDriver.cuModuleGetFunction(function, module, name), "cuModuleGetFunction", name);
      kernel = new Kernel(name, function, layouts.of(name));
      kernels.put(name, kernel);
    }
    return kernel;
  }

  @Override
  public void close() {
    device.enter();
    check(JCudaDriver.cuModuleUnload(module), "cuModuleUnload", "the kernels");
  }
}
