package dev.sluice.cli;

import picocli.CommandLine.Option;

/** Where and how to compute forward and backward. */
final class TrainingDeviceOptions extends DeviceOptions {
  @Option(
      names = "--recompute",
      description =
          "Keep the gates of one recurrent layer only and compute the others' again in backward:"
              + " less memory, more time, the same result (GPUs only).")
  private boolean recompute;

  @Override
  boolean recomputes() {
    return recompute;
  }
}
