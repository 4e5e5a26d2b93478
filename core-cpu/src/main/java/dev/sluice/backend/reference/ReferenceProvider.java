package dev.sluice.backend.reference;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.BackendProvider;

/** Offers the reference backend; it runs anywhere, but only when it is asked for by name. */
public final class ReferenceProvider implements BackendProvider {
  @Override
  public String name() {
    return "reference";
  }

  @Override
  public String device() {
    return "reference";
  }

  /** Negative: never chosen by itself. */
  @Override
  public int priority() {
    return -1;
  }

  @Override
  public Probe probe() {
    return new Probe(
        true, "plain loops in double precision, for checking; slow, so only on request");
  }

  @Override
  public Backend create(BackendOptions options) {
    options.requireDefaults(device());
    return new ReferenceBackend();
  }
}
