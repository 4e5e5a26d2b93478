package dev.sluice.backend.reference;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.WeightStorage;

/** One step at a time: a sequence of length 1 over a copy of the weights, rounded to their storage. */
final class ReferenceStepper implements RecurrentStepper {
  private final RecurrentSpec spec;
  private final int batch;
  private final ReferenceTensor weights;
  private final WeightStorage storage;
  private final ReferenceTensor copy;
  private final ReferenceRecurrentPlan plan;

  ReferenceStepper(
      RecurrentSpec spec,
      int batch,
      ReferenceTensor weights,
      WeightStorage storage,
      ReferenceCell cell,
      Rounding rounding,
      Ledger ledger) {
    this.spec = spec;
    this.batch = batch;
    this.weights = weights;
    this.storage = storage;
    this.copy = ReferenceTensor.allocate(DType.FLOAT32, weights.shape(), ledger);
    this.plan = new ReferenceRecurrentPlan(spec, 1, batch, false, cell, rounding, ledger);
    refresh();
  }

  @Override
  public void step(Tensor x, RecurrentState state, Tensor y) {
    Checks.recurrentStep(spec, batch, x, state, y);
    Tensor input = x.reshape(Shape.of(1, batch, spec.inputSize()));
    Tensor output = y.reshape(Shape.of(1, batch, spec.hiddenSize()));
    plan.forward(copy, input, null, state, output, state, null);
  }

  @Override
  public void refresh() {
    double[] values = weights.values();
    for (RecurrentSpec.Slice slice : spec.slices()) {
      if (slice.shape().rank() == 2) {
        StoredWeights.round(storage, values, slice);
      }
    }
    copy.upload(values, 0);
  }

  @Override
  public long bytes() {
    return copy.shape().size() * Double.BYTES + plan.bytes();
  }

  @Override
  public void close() {
    copy.close();
    plan.close();
  }
}
