package dev.sluice.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentPath;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The stand-in driver of module {@code kernels}: the kernels run on the host, through JCuda's real
 * native code. The build makes it where there is a g++; tests that need it skip elsewhere, or fail
 * with {@code -Dsluice.requireStandIn=true}.
 */
public final class StandIn {
  private StandIn() {}

  /** Opens the backend on it. */
  static Backend open() {
    return open(BackendOptions.DEFAULT);
  }

  /** Opens it with recurrent layers on the standard path, whatever the table would choose. */
  static Backend standard() {
    return open(standard(Precision.FP32, false));
  }

  /** Options for that. */
  static BackendOptions standard(Precision precision, boolean recompute) {
    return new BackendOptions(0, 0, precision, recompute, RecurrentPath.STANDARD);
  }

  /** Opens the backend on it with options. */
  static Backend open(BackendOptions options) {
    require();
    return new CudaBackendProvider().create(options);
  }

  /**
   * Changes a setting of the stand-in in this process, which it looks up in its environment.
   *
   * @param value null to leave it unset
   */
  @SuppressWarnings("restricted") // Java cannot change its own environment
  static void set(String name, String value) {
    Linker linker = Linker.nativeLinker();
    try (Arena arena = Arena.ofConfined()) {
      if (value == null) {
        MemorySegment function = linker.defaultLookup().findOrThrow("unsetenv");
        int _ =
            (int)
                linker
                    .downcallHandle(function, FunctionDescriptor.of(JAVA_INT, ADDRESS))
                    .invoke(arena.allocateFrom(name));
      } else {
        MemorySegment function = linker.defaultLookup().findOrThrow("setenv");
        int _ =
            (int)
                linker
                    .downcallHandle(
                        function, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT))
                    .invoke(arena.allocateFrom(name), arena.allocateFrom(value), 1);
      }
    } catch (Throwable e) {
      throw new IllegalStateException(name + " could not be set", e);
    }
  }

  /** Ends the calling test where there is no stand-in. */
  public static void require() {
    String home = System.getenv("SLUICE_CUDA_HOME");
    if (home == null || !Files.isReadable(Path.of(home, "libcuda.so.1"))) {
      String reason = "skipped: no stand-in driver at " + home + "; g++ on Linux x86-64 builds it";
      if (Boolean.getBoolean("sluice.requireStandIn")) {
        fail(reason);
      }
      abort(reason);
    }
  }
}
