package dev.sluice.backend.reference;

import dev.sluice.backend.Checks;
import dev.sluice.backend.RecurrentOps;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.WeightStorage;

/** Recurrent layers; the driver is {@link ReferenceRecurrentPlan}, each cell has a file. */
final class ReferenceRecurrent implements RecurrentOps {
  private final CellFunctions functions;
  private final Ledger ledger;

  ReferenceRecurrent(CellFunctions functions, Ledger ledger) {
    this.functions = functions;
    this.ledger = ledger;
  }

  @Override
  public RecurrentPlan plan(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    Checks.recurrentPlan(maxSteps, batch);
    ReferenceCell cell = ReferenceCell.of(spec, functions);
    return new ReferenceRecurrentPlan(spec, maxSteps, batch, training, cell, ledger);
  }

  @Override
  public long planBytes(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    Checks.recurrentPlan(maxSteps, batch);
    ReferenceCell cell = ReferenceCell.of(spec, functions);
    return ReferenceRecurrentPlan.workspaceBytes(spec, maxSteps, batch, cell);
  }

  @Override
  public RecurrentStepper stepper(
      RecurrentSpec spec, int batch, Tensor weights, WeightStorage storage) {
    Checks.recurrentStepper(spec, batch, weights, storage);
    ReferenceCell cell = ReferenceCell.of(spec, functions);
    return new ReferenceStepper(spec, batch, ReferenceTensor.of(weights), storage, cell, ledger);
  }

  @Override
  public boolean stores(WeightStorage storage) {
    return true;
  }
}
