package dev.sluice.cli;

import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.BackendProvider;
import dev.sluice.backend.Backends;
import dev.sluice.backend.DeviceName;
import dev.sluice.backend.RecurrentPath;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Where and how to compute. */
class DeviceOptions {
  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description =
          "auto, cpu, cuda, cuda:1 (the GPU of that index) or reference (default:"
              + " ${DEFAULT-VALUE}).")
  String device = "auto";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads on the CPU; 0 uses all cores (default: ${DEFAULT-VALUE}).")
  int threads;

  @Option(
      names = "--precision",
      paramLabel = "P",
      description =
          "How a GPU multiplies matrices: fp32, tf32 or bf16 (default: ${DEFAULT-VALUE}).")
  Choices.Arithmetic precision = Choices.Arithmetic.FP32;

  /** How the loop over time of recurrent layers is run. */
  RecurrentPath path() {
    return RecurrentPath.AUTO;
  }

  /** Whether gates are computed again rather than kept. */
  boolean recomputes() {
    return false;
  }

  /** Whether something is asked for that only GPUs can do. */
  final boolean needsGpu() {
    return precision != Choices.Arithmetic.FP32 || recomputes() || path() != RecurrentPath.AUTO;
  }

  /**
   * Opens the backend that was asked for; the caller closes it.
   *
   * @throws UsageException when there is no such device, or it cannot compute in that way
   * @throws IllegalStateException when the device cannot be used here
   */
  Backends.Choice open() {
    return open(device);
  }

  /** As {@link #open()}, on another device than the one asked for. */
  Backends.Choice open(String device) {
    BackendOptions options;
    try {
      options = new BackendOptions(threads, 0, precision.precision(), recomputes(), path());
    } catch (IllegalArgumentException _) {
      throw new UsageException("--threads must be at least 0, not " + threads);
    }
    List<BackendProvider> providers = Backends.providers();
    List<String> known =
        Stream.concat(
                Stream.of("auto"), providers.stream().flatMap(p -> Stream.of(p.device(), p.name())))
            .distinct()
            .toList();
    if (!known.contains(Options.checked(() -> DeviceName.of(device)).kind())) {
      throw new UsageException(
          "there is no device '%s'; choose one of: %s".formatted(device, String.join(", ", known)));
    }
    return Options.checked(() -> Backends.choose(device, options));
  }
}
