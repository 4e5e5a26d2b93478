package dev.sluice.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures rows again in a JVM of their own. The compiler can turn out differently from one start to
 * the next, so a row that looks slower gets several of them before it is called so.
 */
final class Repeater {
  private Repeater() {}

  /**
   * One row, measured again.
   *
   * @param row to measure
   * @param full whether the workload is one of the DeepBench grid
   * @throws IOException when the other JVM failed
   */
  static Row again(Row row, boolean full) throws IOException {
    Path result = Files.createTempFile("sluice-bench-", ".json");
    try {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.addAll(List.of("dev.sluice.cli.Main", "bench", "--quick"));
      command.addAll(List.of("--suite", row.suite(), "--row", row.title()));
      command.addAll(List.of("--device", row.device(), "--precision", row.precision()));
      if (row.threads() > 0) {
        command.addAll(List.of("--threads", Integer.toString(row.threads())));
      }
      if (full) {
        command.add("--full");
      }
      command.addAll(List.of("--json", result.toString()));
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      int code = process.waitFor();
      if (code != 0) {
        throw new IOException(
            "%s could not be measured again: the JVM ended with code %d"
                .formatted(row.title(), code));
      }
      return ReportFiles.readJson(result).rows().stream()
          .filter(found -> found.key().equals(row.key()))
          .findFirst()
          .orElseThrow(() -> new IOException(row.title() + " was not measured again"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while a row was measured again", e);
    } finally {
      Files.deleteIfExists(result);
    }
  }
}
