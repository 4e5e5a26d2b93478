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
  private final Rounding rounding;
  private final Ledger ledger;

  ReferenceRecurrent(Rounding rounding, Ledger ledger) {
    this.rounding = rounding;
    this.ledger = ledger;
  }

  @Override
  public RecurrentPlan plan(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    Checks.recurrentPlan(maxSteps, batch);
    ReferenceCell cell = cell(spec);
    return new ReferenceRecurrentPlan(spec, maxSteps, batch, training, cell, rounding, ledger);
  }

  @Override
  public long planBytes(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    Checks.recurrentPlan(maxSteps, batch);
    ReferenceCell cell = cell(spec);
    return ReferenceRecurrentPlan.workspaceBytes(spec, maxSteps, batch, cell);
  }

  @Override
  public RecurrentStepper stepper(
      RecurrentSpec spec, int batch, Tensor weights, WeightStorage storage) {
    Checks.recurrentStepper(spec, batch, weights, storage);
    ReferenceCell cell = cell(spec);
    return new ReferenceStepper(
        spec, batch, ReferenceTensor.of(weights), storage, cell, rounding, ledger);
  }

  private ReferenceCell cell(RecurrentSpec spec) {
    return ReferenceCell.of(spec, new CellFunctions(rounding));
  }

  @Override
  public boolean stores(WeightStorage storage) {
    return true;
  }
}
