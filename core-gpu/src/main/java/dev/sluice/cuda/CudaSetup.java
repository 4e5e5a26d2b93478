package dev.sluice.cuda;

import dev.sluice.backend.BackendOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** From nothing to an opened device: what is looked for and loaded, in order. */
final class CudaSetup {
  private final CudaFinder finder;
  private final DriverProbe.Driver driver;

  private CudaSetup(CudaFinder finder, DriverProbe.Driver driver) {
    this.finder = finder;
    this.driver = driver;
  }

  /**
   * Looks at the machine without changing anything.
   *
   * @throws UnavailableException when CUDA cannot be used here
   */
  static CudaSetup look() {
    CudaFinder finder = new CudaFinder();
    CudaSetup setup = new CudaSetup(finder, DriverProbe.look(finder.forcedDriver()));
    if (setup.driver.gpus().stream().noneMatch(DriverProbe.Gpu::isNewEnough)) {
      throw new UnavailableException(tooOld(setup.driver.gpus().getFirst()));
    }
    finder.find("libcublas", setup.newestMajor());
    if (KernelSources.fatbin() == null) {
      finder.find("libnvrtc", setup.newestMajor());
    }
    return setup;
  }

  private int newestMajor() {
    return driver.cudaVersion() / 1000;
  }

  /** One line about the device that index 0 names, for people. */
  String summary() {
    DriverProbe.Gpu gpu = driver.gpus().getFirst();
    return "%s, %s, driver for CUDA %s%s"
        .formatted(
            gpu.name(),
            Bytes.text(gpu.memoryBytes()),
            driver.version(),
            driver.gpus().size() > 1 ? ", " + driver.gpus().size() + " GPUs" : "");
  }

  /**
   * Loads everything and opens a device.
   *
   * @throws UnavailableException when the device asked for cannot be used, or a library fails to
   *     load
   */
  CudaBackend open(BackendOptions options) {
    DriverProbe.Gpu gpu = gpu(options.device());
    PrivateFolder cache =
        PrivateFolder.open(System.getenv(), Path.of(System.getProperty("user.home")), "cuda");
    Natives natives = new Natives(cache, finder, newestMajor());
    natives.loadDriver();
    natives.loadBlas();
    KernelSources sources = new KernelSources();
    byte[] image = KernelSources.fatbin();
    String source = "the fatbin";
    if (image == null) {
      natives.loadCompiler();
      image = new KernelCompiler(cache).compile(sources, gpu.capability());
      source = "NVRTC";
    }
    try {
      return new CudaBackend(new CudaRuntime(gpu, image, sources.layouts(), options), source);
    } catch (CudaCallException e) {
      throw new UnavailableException(
          "GPU %d (%s) cannot be opened (%s); check 'nvidia-smi', or run with --device cpu."
              .formatted(gpu.index(), gpu.name(), e.getMessage()),
          e);
    }
  }

  private DriverProbe.Gpu gpu(int index) {
    List<DriverProbe.Gpu> gpus = driver.gpus();
    if (index >= gpus.size()) {
      throw new UnavailableException(
          "there is no GPU %d; the driver sees %s."
              .formatted(
                  index,
                  gpus.stream()
                      .map(gpu -> "cuda:%d (%s)".formatted(gpu.index(), gpu.name()))
                      .collect(Collectors.joining(", "))));
    }
    if (!gpus.get(index).isNewEnough()) {
      throw new UnavailableException(tooOld(gpus.get(index)));
    }
    return gpus.get(index);
  }

  private static String tooOld(DriverProbe.Gpu gpu) {
    return ("GPU %d (%s) has compute capability %d.%d, and 8.0 (Ampere) or newer is needed;"
            + " run with --device cpu.")
        .formatted(gpu.index(), gpu.name(), gpu.capability() / 10, gpu.capability() % 10);
  }
}
