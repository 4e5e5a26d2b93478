package dev.sluice.cli;

import dev.sluice.backend.RecurrentPath;
import picocli.CommandLine.Option;

/** Where and how to compute forward and backward. */
final class TrainingDeviceOptions extends DeviceOptions {
  @Option(
      names = "--recompute",
      description =
          "Keep the gates of one recurrent layer only and compute the others' again in backward:"
              + " less memory, more time, the same result (GPUs only).")
  private boolean recompute;

  @Option(
      names = "--recurrent-path",
      paramLabel = "PATH",
      description =
          "How a GPU runs the steps of recurrent layers: auto, standard (a product and a kernel a"
              + " step), small (all steps in one launch on one multiprocessor) or grid (in one"
              + " launch on all) (default: ${DEFAULT-VALUE}).")
  private Choices.Path path = Choices.Path.AUTO;

  @Override
  RecurrentPath path() {
    return path.path();
  }

  @Override
  boolean recomputes() {
    return recompute;
  }
}
