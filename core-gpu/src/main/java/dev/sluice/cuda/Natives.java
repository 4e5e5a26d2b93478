package dev.sluice.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.nvrtc.JNvrtc;

/**
 * Loads JCuda's native libraries and the CUDA libraries that they need, so that no variable has to
 * be set: JCuda's are taken from its jars into a {@link PrivateFolder}, those that ask for another
 * CUDA version than is installed are retargeted ({@link ElfLibrary}), and what they need is loaded
 * by its full path before them.
 */
final class Natives {
  /** JCuda's release, which is part of its libraries' names. */
  static final String JCUDA = "12.6.0";

  private static final int BUILT_FOR = 12;

  private final PrivateFolder cache;
  private final CudaFinder finder;
  private final int newest;
  private final List<String> retargeted = new ArrayList<>();

  /**
   * Prepares loading.
   *
   * @param newest highest CUDA major version that the driver can run
   */
  Natives(PrivateFolder cache, CudaFinder finder, int newest) {
    this.cache = cache;
    this.finder = finder;
    this.newest = newest;
  }

  /** Which of JCuda's libraries were retargeted, a clause each, for people. */
  List<String> retargeted() {
    return List.copyOf(retargeted);
  }

  /** Loads the driver's bindings; after this {@link JCudaDriver} may be used. */
  void loadDriver() {
    Path driver = finder.forcedDriver();
    if (driver != null) {
      load(driver);
    }
    byte[] library = resource("libJCudaDriver");
    bind("libJCudaDriver", library, "jcuda", () -> JCudaDriver.setExceptionsEnabled(false));
  }

  /** Loads cuBLAS; after this {@link JCublas2} may be used. */
  void loadBlas() {
    CudaFinder.Library cublas = finder.find("libcublas", newest);
    Path light = cublas.file().resolveSibling("libcublasLt.so." + cublas.major());
    if (Files.isReadable(light)) {
      load(light);
    }
    load(cublas.file());
    LibraryCheck.blas(cublas);
    byte[] library = retargeted("libJCublas2", "libcublas", cublas);
    bind(
        "libJCublas2",
        library,
        "cublas" + cublas.major(),
        () -> JCublas2.setExceptionsEnabled(false));
  }

  /** Loads NVRTC; after this {@link JNvrtc} may be used. */
  void loadCompiler() {
    CudaFinder.Library nvrtc = finder.find("libnvrtc", newest);
    for (Path part : siblings(nvrtc.file(), "libnvrtc-builtins.so." + nvrtc.major())) {
      load(part);
    }
    load(nvrtc.file());
    LibraryCheck.compiler(nvrtc);
    byte[] library = retargeted("libJNvrtc", "libnvrtc", nvrtc);
    bind("libJNvrtc", library, "nvrtc" + nvrtc.major(), () -> JNvrtc.setExceptionsEnabled(false));
  }

  private byte[] retargeted(String jni, String stem, CudaFinder.Library library) {
    byte[] content = resource(jni);
    if (library.major() == BUILT_FOR) {
      return content;
    }
    ElfLibrary elf = new ElfLibrary(content);
    elf.retarget(stem + ".so." + BUILT_FOR, stem + ".so." + library.major());
    retargeted.add("%s retargeted from CUDA %d to %d".formatted(jni, BUILT_FOR, library.major()));
    return elf.content();
  }

  /**
   * Places JCuda's library and initialises JCuda's class with it. That class looks for the file in
   * the folder for temporary files before it would write it there, so it is told that our folder is
   * that one while it starts.
   */
  private void bind(String jni, byte[] content, String variant, Runnable initialise) {
    PrivateFolder folder =
        cache.subfolder(
            "%s-%s-%s"
                .formatted(
                    JCUDA,
                    variant,
                    PrivateFolder.fingerprint(content, jni.getBytes(StandardCharsets.US_ASCII))));
    load(folder.place(fileName(jni), content));
    synchronized (Natives.class) {
      String before = System.getProperty("java.io.tmpdir");
      System.setProperty("java.io.tmpdir", folder.path().toString());
      try {
        initialise.run();
      } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
        throw new UnavailableException(
            "%s cannot be loaded (%s); check the CUDA installation, or run with --device cpu."
                .formatted(fileName(jni), firstLine(e)),
            e);
      } finally {
        System.setProperty("java.io.tmpdir", before);
      }
    }
  }

  @SuppressWarnings("restricted") // loading libraries is what this class is for
  private static void load(Path library) {
    LibraryCheck.whole(library);
    try {
      System.load(library.toAbsolutePath().toString());
    } catch (UnsatisfiedLinkError e) {
      throw new UnavailableException(
          "%s cannot be loaded (%s); reinstall it, or set SLUICE_CUDA_HOME to another CUDA."
              .formatted(library, firstLine(e)),
          e);
    }
  }

  private static String firstLine(Throwable e) {
    String message = e.getMessage();
    return message == null ? e.toString() : message.lines().findFirst().orElse(e.toString());
  }

  private static String fileName(String jni) {
    return jni + "-" + JCUDA + "-linux-x86_64.so";
  }

  /** One of JCuda's native libraries, from its jar. */
  static byte[] resource(String jni) {
    String name = "/lib/" + fileName(jni);
    try (InputStream in = JCudaDriver.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new UnavailableException(
            ("JCuda's native library %s is not on the class path; add the jars jcuda-natives"
                    + " and jcublas-natives %s, classifier linux-x86_64.")
                .formatted(name, JCUDA));
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + name + " from JCuda's jar", e);
    }
  }

  private static List<Path> siblings(Path file, String prefix) {
    try (Stream<Path> entries = Files.list(file.getParent())) {
      return entries
          .filter(entry -> entry.getFileName().toString().startsWith(prefix))
          .sorted()
          .toList();
    } catch (IOException e) {
      return List.of(); // the loader will look for them itself
    }
  }
}
