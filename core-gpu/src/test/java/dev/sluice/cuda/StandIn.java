package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
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

  /** Opens the backend on it with options. */
  static Backend open(BackendOptions options) {
    require();
    return new CudaBackendProvider().create(options);
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
