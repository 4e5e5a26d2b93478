package dev.sluice.parity;

import dev.sluice.backend.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** All cases, and their run on one backend. */
public final class ParitySuite {
  private ParitySuite() {}

  /** Every case, group by group. Making the list computes nothing. */
  public static List<ParityTrial> trials() {
    List<ParityTrial> trials = new ArrayList<>();
    trials.addAll(GemmTrials.all());
    trials.addAll(EmbeddingTrials.all());
    trials.addAll(ElementTrials.all());
    trials.addAll(LayerNormTrials.all());
    trials.addAll(DropoutTrials.all());
    trials.addAll(LossTrials.all());
    trials.addAll(OptimizerTrials.all());
    trials.addAll(RecurrentTrials.all());
    trials.addAll(StorageTrials.all());
    trials.addAll(RefusalTrials.all());
    return trials;
  }

  /**
   * Runs every case.
   *
   * @param tested the backend to hold to the reference; stays open
   * @param each told of each result as it comes
   * @return all results, in the order of {@link #trials}
   */
  public static List<ParityResult> run(Backend tested, Consumer<ParityResult> each) {
    List<ParityResult> results = new ArrayList<>();
    for (ParityTrial trial : trials()) {
      ParityResult result = trial.run(tested);
      results.add(result);
      each.accept(result);
    }
    return results;
  }
}
