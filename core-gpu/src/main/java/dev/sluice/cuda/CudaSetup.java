package dev.sluice.cuda;

import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Parts;
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
    PrivateFolder cache = cache();
    Kernels kernels = kernels(new Natives(cache, finder, newestMajor()), cache, gpu);
    Parts parts = new Parts();
    try {
      CudaRuntime runtime =
          parts.add(() -> new CudaRuntime(gpu, kernels.image(), kernels.layouts(), options));
      return parts.add(() -> new CudaBackend(runtime, kernels.source()));
    } catch (CudaCallException e) {
      throw new UnavailableException(
          "GPU %d (%s) cannot be opened (%s); check 'nvidia-smi', or run with --device cpu."
              .formatted(gpu.index(), gpu.name(), e.getMessage()),
          e);
    }
  }

  /** Where unpacked libraries and compiled kernels are kept. */
  static PrivateFolder cache() {
    return PrivateFolder.open(System.getenv(), Path.of(System.getProperty("user.home")), "cuda");
  }

  /**
   * Device code.
   *
   * @param source where it came from, in a word, for people
   * @param details the same at length
   */
  record Kernels(byte[] image, KernelLayouts layouts, String source, String details) {}

  /**
   * Loads the libraries, and gets the kernels for a GPU.
   *
   * @throws UnavailableException when one of them cannot be used
   */
  static Kernels kernels(Natives natives, PrivateFolder cache, DriverProbe.Gpu gpu) {
    natives.loadDriver();
    natives.loadBlas();
    KernelSources sources = new KernelSources();
    byte[] fatbin = KernelSources.fatbin();
    if (fatbin != null) {
      String details = "the fatbin of this build: " + new Fatbin(fatbin).summary();
      return new Kernels(fatbin, sources.layouts(), "the fatbin", details);
    }
    natives.loadCompiler();
    KernelCompiler.Compiled compiled = new KernelCompiler(cache).compile(sources, gpu.capability());
    return new Kernels(
        compiled.image(), sources.layouts(), "NVRTC", "NVRTC, " + compiled.details());
  }

  private DriverProbe.Gpu gpu(int index) {
    List<DriverProbe.Gpu> gpus = driver.gpus();
    if (index >= gpus.size()) {
      throw new UnavailableException(
          "there is no GPU %d; choose one that the driver sees: %s."
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

  /** The sentence for a GPU that the kernels cannot run on. */
  static String tooOld(DriverProbe.Gpu gpu) {
    return ("GPU %d (%s) has compute capability %d.%d, and 8.0 (Ampere) or newer is needed;"
            + " run with --device cpu.")
        .formatted(gpu.index(), gpu.name(), gpu.capability() / 10, gpu.capability() % 10);
  }
}
