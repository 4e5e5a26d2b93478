package dev.sluice.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes sure, before JCuda binds to it, that a CUDA library is what its name says. A file that is
 * cut off would end the JVM with a bus error when it is loaded, a foreign one at the first call.
 */
final class LibraryCheck {
  private static final List<String> BLAS_FUNCTIONS =
      List.of(
          "cublasCreate_v2",
          "cublasDestroy_v2",
          "cublasSetStream_v2",
          "cublasSetWorkspace_v2",
          "cublasSetMathMode",
          "cublasGemmEx",
          "cublasGetProperty");
  private static final List<String> COMPILER_FUNCTIONS =
      List.of(
          "nvrtcCreateProgram",
          "nvrtcCompileProgram",
          "nvrtcGetCUBIN",
          "nvrtcGetNumSupportedArchs",
          "nvrtcVersion");
  private static final int MAJOR_PROPERTY = 0;

  private LibraryCheck() {}

  /**
   * Refuses a file that is no whole library; nothing is loaded.
   *
   * @throws UnavailableException with the remedy
   */
  static void whole(Path file) {
    try {
      ElfLibrary.requireWhole(file);
    } catch (IllegalArgumentException e) {
      throw broken(file, e.getMessage(), e);
    } catch (IOException e) {
      throw broken(file, "it cannot be read: " + e.getMessage(), e);
    }
  }

  /** Refuses a loaded library that is not the cuBLAS that its name says. */
  static void blas(CudaFinder.Library library) {
    SymbolLookup symbols = functions(library.file(), BLAS_FUNCTIONS);
    MemoryLayout[] arguments = {JAVA_INT, ADDRESS};
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment major = arena.allocate(JAVA_INT);
      int code = call(symbols, "cublasGetProperty", arguments, MAJOR_PROPERTY, major);
      requireMajor(library, "cuBLAS", code == 0 ? major.get(JAVA_INT, 0) : 0);
    }
  }

  /** Refuses a loaded library that is not the NVRTC that its name says. */
  static void compiler(CudaFinder.Library library) {
    SymbolLookup symbols = functions(library.file(), COMPILER_FUNCTIONS);
    MemoryLayout[] arguments = {ADDRESS, ADDRESS};
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment major = arena.allocate(JAVA_INT);
      MemorySegment minor = arena.allocate(JAVA_INT);
      int code = call(symbols, "nvrtcVersion", arguments, major, minor);
      requireMajor(library, "NVRTC", code == 0 ? major.get(JAVA_INT, 0) : 0);
    }
  }

  @SuppressWarnings("restricted") // looking into libraries is what this class is for
  private static SymbolLookup functions(Path file, List<String> names) {
    SymbolLookup symbols;
    try { // loaded already, so that this only asks for it
      symbols = SymbolLookup.libraryLookup(file.toAbsolutePath(), Arena.global());
    } catch (IllegalArgumentException e) {
      throw broken(file, "it cannot be loaded", e);
    }
    for (String name : names) {
      if (symbols.find(name).isEmpty()) {
        throw broken(file, "it has no function " + name, null);
      }
    }
    return symbols;
  }

  @SuppressWarnings("restricted")
  private static int call(
      SymbolLookup symbols, String name, MemoryLayout[] layouts, Object... arguments) {
    MethodHandle handle =
        Linker.nativeLinker()
            .downcallHandle(symbols.findOrThrow(name), FunctionDescriptor.of(JAVA_INT, layouts));
    try {
      return (int) handle.invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new IllegalStateException("calling " + name + " failed", e);
    }
  }

  private static void requireMajor(CudaFinder.Library library, String name, int major) {
    if (major != library.major()) {
      throw broken(
          library.file(),
          "it is %s %d, not the %d that its name says".formatted(name, major, library.major()),
          null);
    }
  }

  private static UnavailableException broken(Path file, String why, Throwable cause) {
    return new UnavailableException(
        "%s cannot be used: %s; reinstall CUDA, or set SLUICE_CUDA_HOME to another one."
            .formatted(file, why),
        cause);
  }
}
