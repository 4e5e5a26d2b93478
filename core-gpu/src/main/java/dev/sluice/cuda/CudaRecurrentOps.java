package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.RecurrentOps;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.WeightStorage;
import java.util.List;

/** Recurrent layers: cuBLAS for the products, one fused kernel a step for the gates. */
final class CudaRecurrentOps implements RecurrentOps {
  private final CudaRuntime runtime;
  private final CudaDropoutOps dropout;
  private final Casts casts;

  CudaRecurrentOps(CudaRuntime runtime, CudaDropoutOps dropout, Casts casts) {
    this.runtime = runtime;
    this.dropout = dropout;
    this.casts = casts;
  }

  @Override
  public RecurrentPlan plan(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    Checks.recurrentPlan(maxSteps, batch);
    return CudaRecurrentPlan.of(runtime, spec, maxSteps, batch, training, dropout, casts);
  }

  @Override
  public long planBytes(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    Checks.recurrentPlan(maxSteps, batch);
    return CudaRecurrentPlan.bytes(runtime, spec, maxSteps, batch, training);
  }

  @Override
  public List<String> explain(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    Checks.recurrentPlan(maxSteps, batch);
    return CudaRecurrentPlan.explain(runtime, spec, maxSteps, batch, training);
  }

  @Override
  public RecurrentStepper stepper(
      RecurrentSpec spec, int batch, Tensor weights, WeightStorage storage) {
    Checks.recurrentStepper(spec, batch, weights, storage);
    if (!stores(storage)) {
      throw new IllegalArgumentException(
          "stepper: the cuda backend keeps weights as FLOAT32 only, not as %s; use the CPU backend"
              .formatted(storage));
    }
    return new CudaRecurrentStepper(runtime, spec, batch, runtime.own(weights), casts);
  }

  @Override
  public boolean stores(WeightStorage storage) {
    return storage == WeightStorage.FLOAT32;
  }
}
