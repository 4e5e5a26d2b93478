package dev.sluice.parity;

import dev.sluice.backend.Backend;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
   * One case of each operation and option, the last and thus largest, none twice and none that is
   * refused: for a quick look, or for tools that slow the device down.
   */
  public static List<ParityTrial> sample() {
    Map<String, ParityTrial> last = new LinkedHashMap<>();
    for (ParityTrial trial : trials()) {
      if (trial instanceof ComparisonTrial) {
        last.put(trial.parityCase().operation() + "|" + trial.parityCase().option(), trial);
      }
    }
    return List.copyOf(last.values());
  }

  /**
   * The cases that a GPU's path for all steps in one launch can run: whole passes of an LSTM, and of
   * a GRU with the reset gate after the product.
   *
   * @param trials to choose from
   * @see dev.sluice.backend.RecurrentPath
   */
  public static List<ParityTrial> inOneLaunch(List<ParityTrial> trials) {
    return trials.stream()
        .filter(trial -> trial instanceof ComparisonTrial)
        .filter(trial ->
            trial.parityCase().operation().matches("recurrent (inference|forward|backward)"))
        .filter(trial ->
            trial.parityCase().option().matches("(.*, )?(lstm|gru(?! reset before))(,.*)?"))
        .toList();
  }

  /**
   * Runs cases.
   *
   * @param trials of {@link #trials} or {@link #sample}
   * @param tested the backend to hold to the reference; stays open
   * @param each told of each result as it comes
   * @return all results, in the order of the cases
   */
  public static List<ParityResult> run(
      List<ParityTrial> trials, Backend tested, Consumer<ParityResult> each) {
    List<ParityResult> results = new ArrayList<>();
    for (ParityTrial trial : trials) {
      ParityResult result = trial.run(tested);
      results.add(result);
      each.accept(result);
    }
    return results;
  }
}
