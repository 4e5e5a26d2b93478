package dev.sluice.parity;

import dev.sluice.backend.Backend;
import dev.sluice.backend.WeightStorage;

/**
 * A case with weights in fewer bytes. A backend that does not store them so must refuse, in one
 * sentence that names the storage.
 */
record StorageTrial(ParityTrial trial, RecurrentRun run, WeightStorage storage)
    implements ParityTrial {
  @Override
  public ParityCase parityCase() {
    return trial.parityCase();
  }

  @Override
  public ParityResult run(Backend tested) {
    if (tested.recurrent().stores(storage)) {
      return trial.run(tested);
    }
    String refusal = refusal(tested);
    if (refusal.contains(storage.name())) {
      return new ParityResult(parityCase(), 0, 0, true, "");
    }
    return ParityResult.failed(
        parityCase(), "it must refuse " + storage + " by name, but says '" + refusal + "'");
  }

  private String refusal(Backend tested) {
    try (Workbench bench = new Workbench(tested, parityCase(), value -> value)) {
      run.stored(bench, storage);
      return "nothing";
    } catch (IllegalArgumentException refused) {
      return refused.getMessage();
    }
  }
}
