package dev.sluice.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Finds the CUDA libraries of this machine without running anything: in {@code SLUICE_CUDA_HOME},
 * {@code CUDA_HOME}, {@code LD_LIBRARY_PATH}, the usual folders, the loader's cache, and the
 * folders of Python's nvidia wheels, in this order.
 */
final class CudaFinder {
  /** The versions that JCuda can be made to work with, the preferred one first. */
  static final List<Integer> MAJORS = List.of(13, 12);

  /** Versions that are named when nothing else was found. */
  private static final List<Integer> OTHER_MAJORS = List.of(11, 10, 14);

  private static final List<String> SUBFOLDERS =
      List.of("lib64", "lib", "targets/x86_64-linux/lib");

  /**
   * A library file.
   *
   * @param major of its version
   * @param where for people: through which of the places it was found
   */
  record Library(Path file, int major, String where) {}

  private record Place(String where, Path folder) {}

  private final Map<String, String> environment;
  private final Path root;
  private final List<Place> places = new ArrayList<>();
  private final Map<String, String> loaderCache;

  /** Looks at this machine. */
  CudaFinder() {
    this(System.getenv(), Path.of("/"), Path.of(System.getProperty("user.home")));
  }

  /**
   * Looks at a machine.
   *
   * @param root stands for {@code /} in the usual folders
   * @param home of the user
   */
  CudaFinder(Map<String, String> environment, Path root, Path home) {
    this.environment = environment;
    this.root = root;
    addHome("SLUICE_CUDA_HOME");
    addHome("CUDA_HOME");
    for (String folder : environment.getOrDefault("LD_LIBRARY_PATH", "").split(":")) {
      if (!folder.isEmpty()) {
        places.add(new Place("LD_LIBRARY_PATH", Path.of(folder)));
      }
    }
    addInstalled();
    loaderCache = readLoaderCache();
    addWheels(home);
  }

  /**
   * The best file of one library.
   *
   * @param stem for example {@code libcublas}
   * @param newest highest major version that the driver can run
   * @throws UnavailableException when there is none that can be used
   */
  Library find(String stem, int newest) {
    String home = environment.get("SLUICE_CUDA_HOME");
    if (home != null && !home.isBlank()) {
      return findInForcedHome(stem, newest, home);
    }
    Library unreadable = null;
    for (int major : MAJORS) {
      if (major <= newest) {
        for (Library library : candidates(stem, major)) {
          if (Files.isReadable(library.file())) {
            return library;
          }
          unreadable = library;
        }
      }
    }
    if (unreadable != null) {
      throw new UnavailableException(unreadableSentence(stem, unreadable));
    }
    for (int major : MAJORS) {
      if (!candidates(stem, major).isEmpty()) {
        throw new UnavailableException(
            ("%s %d was found, but this driver runs CUDA %d at most; update the NVIDIA "
                    + "driver, or install CUDA %d.")
                .formatted(name(stem), major, newest, newest));
      }
    }
    String found =
        OTHER_MAJORS.stream()
            .flatMap(major -> candidates(stem, major).stream())
            .findFirst()
            .map(other ->
                "only %s %d was found, %s".formatted(name(stem), other.major(), other.file()))
            .orElse(name(stem) + " was not found");
    throw new UnavailableException(
        ("%s, and %s.so.12 or .13 is needed; install the CUDA toolkit 12 or 13, or 'pip install "
                + "nvidia-%s-cu12', or set SLUICE_CUDA_HOME to its folder.")
            .formatted(found, stem, stem.equals("libcublas") ? "cublas" : "cuda-nvrtc"));
  }

  private Library findInForcedHome(String stem, int newest, String home) {
    for (int major : MAJORS) {
      for (Library library : candidates(stem, major)) {
        if (library.where().equals("SLUICE_CUDA_HOME")) {
          if (!Files.isReadable(library.file())) {
            throw new UnavailableException(unreadableSentence(stem, library));
          }
          if (major <= newest) {
            return library;
          }
        }
      }
    }
    throw new UnavailableException(
        ("SLUICE_CUDA_HOME is %s, but there is no %s.so.12%s in it or in its lib64; "
                + "correct the variable or unset it.")
            .formatted(home, stem, newest >= 13 ? " or .13" : ""));
  }

  /** The driver's library where an environment variable names its folder, else null. */
  Path forcedDriver() {
    for (Place place : places) {
      Path file = place.folder().resolve("libcuda.so.1");
      if (place.where().equals("SLUICE_CUDA_HOME") && Files.isReadable(file)) {
        return file;
      }
    }
    return null;
  }

  /** Every file of one library and major version, in the order of preference. */
  List<Library> candidates(String stem, int major) {
    String file = stem + ".so." + major;
    Map<Path, Library> found = new LinkedHashMap<>();
    for (Place place : places) {
      if (place.where().equals("Python's nvidia wheels")) {
        addCached(found, file, major);
      }
      Path path = place.folder().resolve(file);
      if (Files.exists(path)) {
        found.putIfAbsent(path, new Library(path, major, place.where()));
      }
    }
    addCached(found, file, major);
    return List.copyOf(found.values());
  }

  private void addCached(Map<Path, Library> found, String file, int major) {
    String cached = loaderCache.get(file);
    if (cached != null && Files.exists(under(cached))) {
      found.putIfAbsent(under(cached), new Library(under(cached), major, "the loader's cache"));
    }
  }

  private void addHome(String variable) {
    String value = environment.get(variable);
    if (value != null && !value.isBlank()) {
      addToolkit(variable, Path.of(value));
    }
  }

  private void addToolkit(String where, Path home) {
    for (String folder : SUBFOLDERS) {
      places.add(new Place(where, home.resolve(folder)));
    }
    places.add(new Place(where, home));
  }

  private void addInstalled() {
    addToolkit("/usr/local/cuda", under("/usr/local/cuda"));
    for (Path versioned : matching(under("/usr/local"), "cuda-")) {
      addToolkit("/usr/local", versioned);
    }
    addToolkit("/opt/cuda", under("/opt/cuda"));
    for (String folder : List.of("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib")) {
      places.add(new Place("the system's libraries", under(folder)));
    }
  }

  private void addWheels(Path home) {
    List<Path> pythons = new ArrayList<>();
    for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
      String value = environment.get(variable);
      if (value != null && !value.isBlank()) {
        pythons.addAll(matching(Path.of(value).resolve("lib"), "python3"));
      }
    }
    pythons.addAll(matching(home.resolve(".local/lib"), "python3"));
    for (String prefix : List.of("/usr/local/lib", "/usr/lib", "/opt/conda/lib")) {
      pythons.addAll(matching(under(prefix), "python3"));
    }
    for (Path python : pythons) {
      for (String packages : List.of("site-packages", "dist-packages")) {
        Path nvidia = python.resolve(packages).resolve("nvidia");
        for (String wheel : List.of("cu13", "cublas", "cuda_nvrtc")) {
          places.add(new Place("Python's nvidia wheels", nvidia.resolve(wheel).resolve("lib")));
        }
      }
    }
  }

  private Map<String, String> readLoaderCache() {
    try {
      return LoaderCache.read(Files.readAllBytes(under("/etc/ld.so.cache")));
    } catch (IOException e) {
      return Map.of(); // no such cache on this system
    }
  }

  private Path under(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  /** Entries of a folder whose names begin so, the highest name first. */
  private static List<Path> matching(Path folder, String prefix) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> entry.getFileName().toString().startsWith(prefix))
          .sorted(Comparator.reverseOrder())
          .toList();
    } catch (IOException | SecurityException e) {
      return List.of(); // a folder that is not there holds nothing
    }
  }

  private static String unreadableSentence(String stem, Library library) {
    return ("%s %d was found in %s, but its file %s cannot be read (permission denied). "
            + "Make it readable, or run with --device cpu.")
        .formatted(name(stem), library.major(), library.where(), library.file());
  }

  private static String name(String stem) {
    return stem.equals("libcublas") ? "cuBLAS" : "NVRTC";
  }
}
