package dev.sluice.backend;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Chooses a backend, says why, and refuses loudly when a forced one cannot run. */
public final class Backends {
  /**
   * One provider and what became of it.
   *
   * @param name of the provider
   * @param device kind of device
   * @param chosen whether it is the one that runs
   * @param reason why it was chosen or refused
   */
  public record Candidate(String name, String device, boolean chosen, String reason) {}

  /**
   * The outcome of a choice.
   *
   * @param backend opened; the caller closes it
   * @param candidates every provider, in the order of preference
   */
  public record Choice(Backend backend, List<Candidate> candidates) {}

  private Backends() {}

  /** All providers on the class or module path, preferred ones first. */
  public static List<BackendProvider> providers() {
    return ServiceLoader.load(BackendProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparingInt(BackendProvider::priority).reversed())
        .toList();
  }

  /** Opens the best available backend: a GPU if there is one, else the CPU. */
  public static Backend open() {
    return choose("auto", BackendOptions.DEFAULT).backend();
  }

  /**
   * Opens a backend.
   *
   * @param device {@code auto}, or the device or name of a provider: {@code cpu}, {@code cuda},
   *     {@code reference}; {@code cuda:1} is the GPU of index 1, whatever the options say
   * @throws IllegalArgumentException when no provider has that name
   * @throws IllegalStateException when the provider asked for cannot run here, or none can
   */
  public static Choice choose(String device, BackendOptions options) {
    return choose(device, options, providers());
  }

  static Choice choose(String name, BackendOptions asked, List<BackendProvider> providers) {
    DeviceName deviceName = DeviceName.of(name);
    return choose(deviceName.kind(), asked.on(deviceName), name, providers);
  }

  private static Choice choose(
      String device, BackendOptions options, String name, List<BackendProvider> providers) {
    Backend opened = null;
    List<Candidate> candidates = new ArrayList<>();
    for (BackendProvider provider : providers) {
      boolean asked = device.equals(provider.device()) || device.equals(provider.name());
      boolean eligible = device.equals("auto") ? provider.priority() >= 0 : asked;
      BackendProvider.Probe probe = provider.probe();
      if (asked && !probe.available()) {
        throw new IllegalStateException(
            "the device '" + name + "' cannot be used: " + probe.reason());
      }
      boolean takes = opened == null && eligible && probe.available();
      String reason = probe.reason();
      if (takes) {
        try {
          opened = provider.create(options);
        } catch (IllegalStateException | OutOfDeviceMemoryException e) {
          if (asked) {
            throw e;
          }
          takes = false; // what looked usable is not after all: the next one
          reason = e.getMessage();
        }
      }
      candidates.add(new Candidate(provider.name(), provider.device(), takes, reason));
    }
    if (opened == null && device.equals("auto")) {
      throw new IllegalStateException(
          "no device can be used here: "
              + candidates.stream()
                  .map(candidate -> candidate.device() + ": " + candidate.reason())
                  .collect(Collectors.joining("; ")));
    }
    if (opened == null) {
      String known =
          providers.stream()
              .map(BackendProvider::device)
              .distinct()
              .collect(Collectors.joining(", "));
      throw new IllegalArgumentException(
          "there is no device '" + device + "'; choose auto or one of: " + known);
    }
    return new Choice(opened, List.copyOf(candidates));
  }
}
