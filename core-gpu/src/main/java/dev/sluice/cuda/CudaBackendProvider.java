package dev.sluice.cuda;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.BackendProvider;
import dev.sluice.backend.Diagnosis;

/** Offers the CUDA backend where there is an NVIDIA GPU. */
public final class CudaBackendProvider implements BackendProvider {
  /** For {@link java.util.ServiceLoader}. */
  public CudaBackendProvider() {}

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public String device() {
    return "cuda";
  }

  @Override
  public int priority() {
    return 10;
  }

  @Override
  public Probe probe() {
    try {
      return new Probe(true, CudaSetup.look().summary());
    } catch (UnavailableException e) {
      return new Probe(false, e.getMessage());
    }
  }

  @Override
  public Diagnosis diagnose() {
    return CudaDiagnosis.run();
  }

  @Override
  public Backend create(BackendOptions options) {
    return CudaSetup.look().open(options);
  }
}
