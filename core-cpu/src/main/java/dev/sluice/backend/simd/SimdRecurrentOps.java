package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DropoutOps;
import dev.sluice.backend.RecurrentOps;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.WeightStorage;
import java.util.function.LongConsumer;

/** Makes the plans and steppers of the CPU. */
final class SimdRecurrentOps implements RecurrentOps {
  private final ThreadTeam team;
  private final DropoutOps dropout;
  private final LongConsumer allocated;

  /**
   * @param allocated told the bytes of each plan: positive when made, negative when closed
   */
  SimdRecurrentOps(ThreadTeam team, DropoutOps dropout, LongConsumer allocated) {
    this.team = team;
    this.dropout = dropout;
    this.allocated = allocated;
  }

  @Override
  public RecurrentPlan plan(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    Checks.recurrentPlan(maxSteps, batch);
    RecurrentSizes.require(spec, maxSteps, batch, training);
    return new SimdRecurrentPlan(spec, maxSteps, batch, training, team, dropout, allocated);
  }

  @Override
  public long planBytes(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    Checks.recurrentPlan(maxSteps, batch);
    RecurrentSizes.require(spec, maxSteps, batch, training);
    return SimdRecurrentPlan.bytes(spec, maxSteps, batch, training, team.size());
  }

  @Override
  public RecurrentStepper stepper(
      RecurrentSpec spec, int batch, Tensor weights, WeightStorage storage) {
    Checks.recurrentStepper(spec, batch, weights, storage);
    RecurrentSizes.require(spec, 1, batch, false);
    ArrayTensor source = ArrayTensor.of(weights);
    return new SimdRecurrentStepper(spec, batch, source, storage, team, allocated);
  }

  @Override
  public boolean stores(WeightStorage storage) {
    return true;
  }
}
