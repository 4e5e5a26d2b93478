package dev.sluice.cli;

import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.BackendProvider;
import dev.sluice.backend.Backends;
import dev.sluice.backend.DeviceName;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Where to compute. */
final class DeviceOptions {
  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description =
          "auto, cpu, cuda, cuda:1 (the GPU of that index) or reference (default: ${DEFAULT-VALUE}).")
  String device = "auto";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads on the CPU; 0 uses all cores (default: ${DEFAULT-VALUE}).")
  int threads;

  /**
   * Opens the backend that was asked for; the caller closes it.
   *
   * @throws UsageException when there is no such device
   * @throws IllegalStateException when the device cannot be used here
   */
  Backends.Choice open() {
    return open(device);
  }

  /** As {@link #open()}, on another device than the one asked for. */
  Backends.Choice open(String device) {
    BackendOptions options;
    try {
      options = new BackendOptions(threads, 0);
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
    return Backends.choose(device, options);
  }
}
