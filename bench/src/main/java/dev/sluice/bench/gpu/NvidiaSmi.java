package dev.sluice.bench.gpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** What NVIDIA's own tool says, where it is installed. */
final class NvidiaSmi {
  private NvidiaSmi() {}

  /** The driver's version, for example {@code 580.159}; empty when it cannot be had. */
  static String driver() {
    try {
      Process process =
          new ProcessBuilder(
                  "nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String answer =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0 ? answer : "";
    } catch (IOException _) {
      return ""; // not installed
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
