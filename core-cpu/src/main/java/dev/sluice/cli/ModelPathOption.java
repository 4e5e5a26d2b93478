package dev.sluice.cli;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which trained model to use. */
final class ModelPathOption {
  @Option(
      names = "--model",
      paramLabel = "PATH",
      description = "Model file or run folder (default: the newest run in the folder runs).")
  private Path path;

  /**
   * The model file.
   *
   * @throws UsageException when there is none
   */
  Path resolve() throws IOException {
    return RunFolders.model(path);
  }
}
