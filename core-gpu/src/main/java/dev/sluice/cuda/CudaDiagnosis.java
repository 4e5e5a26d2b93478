package dev.sluice.cuda;

import dev.sluice.backend.Diagnosis;
import dev.sluice.backend.Diagnosis.Finding;
import dev.sluice.cuda.DriverProbe.Driver;
import dev.sluice.cuda.DriverProbe.Gpu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Goes through what {@link CudaSetup#open} does, part by part, and notes what each part found. */
final class CudaDiagnosis {
  private static final Path DRIVER_VERSION = Path.of("/sys/module/nvidia/version");
  private static final Path MAPPED_FILES = Path.of("/proc/self/maps");

  private final CudaFinder finder = new CudaFinder();
  private final List<Finding> findings = new ArrayList<>();

  private CudaDiagnosis() {}

  static Diagnosis run() {
    CudaDiagnosis diagnosis = new CudaDiagnosis();
    Driver driver = diagnosis.attempt("driver", diagnosis::driver);
    // Without a driver the libraries are shown all the same: both may have to be installed.
    int newest = driver == null ? CudaFinder.MAJORS.getFirst() : driver.cudaVersion() / 1000;
    boolean libraries = diagnosis.libraries(newest);
    if (driver != null) {
      driver.gpus().forEach(diagnosis::gpu);
      if (libraries && driver.gpus().getFirst().isNewEnough()) {
        diagnosis.attempt("kernels", () -> diagnosis.load(driver));
      }
    }
    boolean standIn = driver != null && driver.gpus().getFirst().isStandIn();
    return new Diagnosis(standIn, diagnosis.findings);
  }

  private <T> T attempt(String subject, Supplier<T> part) {
    try {
      return part.get();
    } catch (IllegalStateException e) {
      findings.add(Finding.problem(subject, e.getMessage()));
      return null;
    }
  }

  private Driver driver() {
    Driver driver = DriverProbe.look(finder.forcedDriver());
    List<String> parts = new ArrayList<>(List.of("for CUDA " + driver.version()));
    if (driver.gpus().getFirst().isStandIn()) {
      parts.addFirst("STAND-IN DRIVER, not a GPU");
    } else {
      firstLine(DRIVER_VERSION).forEach(version -> parts.addFirst("NVIDIA " + version));
    }
    parts.addAll(loadedDriver());
    findings.add(Finding.fact("driver", String.join(", ", parts)));
    return driver;
  }

  private void gpu(Gpu gpu) {
    String text =
        "%s, %s, compute capability %d.%d, %d multiprocessors"
            .formatted(
                gpu.name(),
                Bytes.text(gpu.memoryBytes()),
                gpu.capability() / 10,
                gpu.capability() % 10,
                gpu.multiprocessors());
    String subject = "GPU " + gpu.index();
    findings.add(Finding.fact(subject, text));
    if (!gpu.isNewEnough()) {
      findings.add(
          gpu.index() == 0
              ? Finding.problem(subject, CudaSetup.tooOld(gpu))
              : Finding.fact(subject, "too old to be used: 8.0 (Ampere) or newer is needed"));
    }
  }

  /** Whether what has to be there is there. */
  private boolean libraries(int newest) {
    boolean compiles = KernelSources.fatbin() == null;
    boolean found = attempt("cuBLAS", () -> library("cuBLAS", "libcublas", newest)) != null;
    if (compiles) {
      found &= attempt("NVRTC", () -> library("NVRTC", "libnvrtc", newest)) != null;
    } else {
      findings.add(Finding.fact("NVRTC", "not needed: the kernels are compiled"));
    }
    return found;
  }

  private CudaFinder.Library library(String subject, String stem, int newest) {
    CudaFinder.Library chosen = finder.find(stem, newest);
    findings.add(
        Finding.fact(
            subject, "%d, %s (%s)".formatted(chosen.major(), real(chosen.file()), chosen.where())));
    String others =
        CudaFinder.MAJORS.stream()
            .flatMap(major -> finder.candidates(stem, major).stream())
            .filter(other -> !other.file().equals(chosen.file()))
            .map(other -> other.file().toString())
            .collect(Collectors.joining(", "));
    if (!others.isEmpty()) {
      findings.add(Finding.fact(subject, "also found, not used: " + others));
    }
    return chosen;
  }

  /** Loads libraries and kernels, as opening a device does. */
  private PrivateFolder load(Driver driver) {
    PrivateFolder cache = CudaSetup.cache();
    Natives natives = new Natives(cache, finder, driver.cudaVersion() / 1000);
    CudaSetup.Kernels kernels;
    try {
      kernels = CudaSetup.kernels(natives, cache, driver.gpus().getFirst());
    } finally {
      String retargeted =
          natives.retargeted().isEmpty()
              ? "no retargeting needed"
              : String.join("; ", natives.retargeted());
      findings.add(Finding.fact("JCuda", Natives.JCUDA + ", " + retargeted));
      findings.add(Finding.fact("cache", state(cache)));
    }
    findings.add(Finding.fact("kernels", kernels.details()));
    return cache;
  }

  private static String state(PrivateFolder cache) {
    try {
      PrivateFolder.Content content = cache.content();
      String where =
          cache.isTemporary()
              ? "%s, for this run only, because %s".formatted(cache.path(), cache.whyTemporary())
              : cache.path().toString();
      return "%s, %d files, %s".formatted(where, content.files(), Bytes.text(content.bytes()));
    } catch (IOException e) {
      return "%s, which cannot be listed (%s)".formatted(cache.path(), e.getMessage());
    }
  }

  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      return file; // as it was found, then
    }
  }

  /** The file of the driver that was loaded; nothing where the system does not tell. */
  private static List<String> loadedDriver() {
    try (var lines = Files.lines(MAPPED_FILES)) {
      return lines
          .filter(line -> line.contains("/libcuda.so"))
          .map(line -> line.substring(line.indexOf('/')))
          .limit(1)
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static List<String> firstLine(Path file) {
    try (var lines = Files.lines(file)) {
      return lines.limit(1).toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
