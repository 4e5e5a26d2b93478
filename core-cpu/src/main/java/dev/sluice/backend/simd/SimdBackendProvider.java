package dev.sluice.backend.simd;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.BackendProvider;

/** Offers the CPU backend, which runs wherever the Vector API module is present. */
public final class SimdBackendProvider implements BackendProvider {
  @Override
  public String name() {
    return "simd";
  }

  @Override
  public String device() {
    return "cpu";
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public Probe probe() {
    if (!vectorModulePresent()) {
      return new Probe(
          false,
          "the module jdk.incubator.vector is not loaded; start java with"
              + " --add-modules jdk.incubator.vector");
    }
    return new Probe(true, SimdBackend.description(threads(0)));
  }

  /**
   * {@inheritDoc}
   *
   * <p>With {@code options.threads()} 0 there is one thread for each processor.
   */
  @Override
  public Backend create(BackendOptions options) {
    options.requireDefaults(device());
    if (!vectorModulePresent()) {
      throw new IllegalStateException(probe().reason());
    }
    return new SimdBackend(threads(options.threads()));
  }

  private static int threads(int wanted) {
    return wanted > 0 ? wanted : Runtime.getRuntime().availableProcessors();
  }

  private static boolean vectorModulePresent() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }
}
