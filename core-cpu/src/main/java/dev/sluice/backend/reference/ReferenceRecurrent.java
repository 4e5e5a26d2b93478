package dev.sluice.backend.reference;

import dev.sluice.backend.Checks;
import dev.sluice.backend.RecurrentOps;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Tensor;

/** Recurrent layers; the driver is {@link ReferenceRecurrentPlan}, each cell has a file. */
final class ReferenceRecurrent implements RecurrentOps {
  private final Ledger ledger;

  ReferenceRecurrent(Ledger ledger) {
    this.ledger = ledger;
  }

  @Override
  public RecurrentPlan plan(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    Checks.recurrentPlan(maxSteps, batch);
    return new ReferenceRecurrentPlan(spec, maxSteps, batch, training, ledger);
  }

  @Override
  public long planBytes(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    Checks.recurrentPlan(maxSteps, batch);
    return ReferenceRecurrentPlan.workspaceBytes(spec, maxSteps, batch);
  }

  @Override
  public RecurrentStepper stepper(RecurrentSpec spec, int batch, Tensor weights) {
    Checks.recurrentStepper(spec, batch, weights);
    return new ReferenceStepper(spec, batch, ReferenceTensor.of(weights), ledger);
  }
}
