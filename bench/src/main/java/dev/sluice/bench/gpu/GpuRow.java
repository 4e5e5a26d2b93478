package dev.sluice.bench.gpu;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.sluice.bench.gpu.Contender.EngineName;
import dev.sluice.bench.gpu.Contender.Mode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One work as measured.
 *
 * @param work what was done
 * @param outcomes of its contenders, in the order in which they took turns
 */
public record GpuRow(GpuWork work, List<Outcome> outcomes) {
  /**
   * What became of one contender.
   *
   * @param contender which; of a work of variable lengths also Sluice's at full length
   * @param turns the median nanoseconds of an iteration for each of its turns; empty when it failed
   * @param peakBytes the most that it took of the device, its inputs included; 0 when not known
   * @param distance of its results from Sluice's in fp32, the largest of all arrays; null when they
   *     were not compared
   * @param failure why it was not measured; null when it was
   */
  public record Outcome(
      Contender contender, List<Double> turns, long peakBytes, Double distance, String failure) {
    /** Median over the turns. */
    @JsonIgnore
    public double nanos() {
      List<Double> sorted = turns.stream().sorted().toList();
      int middle = sorted.size() / 2;
      return sorted.size() % 2 == 1
          ? sorted.get(middle)
          : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    @JsonIgnore
    boolean isMeasured() {
      return failure == null && !turns.isEmpty();
    }
  }

  /** Sluice's outcome in a type, of the row's own work; empty when it was not measured. */
  Optional<Outcome> ours(NumberType type) {
    return find(EngineName.SLUICE, type, Mode.EAGER, work);
  }

  /** The same at full length, beside a work of variable lengths. */
  Optional<Outcome> oursPadded(NumberType type) {
    return find(EngineName.SLUICE, type, Mode.EAGER, work.withVariable(false));
  }

  /** PyTorch's outcome; empty when it was not measured. */
  Optional<Outcome> pytorch(NumberType type, Mode mode) {
    return find(EngineName.PYTORCH, type, mode, work);
  }

  /**
   * PyTorch's fastest outcome in a type that is as wide as this or wider, eager or compiled. Graphs
   * that were captured by hand are shown, not compared with.
   */
  Optional<Outcome> pytorchBest(NumberType type) {
    List<Outcome> candidates = new ArrayList<>();
    for (NumberType other : type.equalOrWider()) {
      pytorch(other, Mode.EAGER).ifPresent(candidates::add);
      pytorch(other, Mode.COMPILED).ifPresent(candidates::add);
    }
    return candidates.stream().min(Comparator.comparingDouble(Outcome::nanos));
  }

  private Optional<Outcome> find(EngineName engine, NumberType type, Mode mode, GpuWork done) {
    Contender wanted = new Contender(engine, type, mode, done);
    return outcomes.stream()
        .filter(outcome -> outcome.contender().equals(wanted) && outcome.isMeasured())
        .findFirst();
  }

  /** How many times as fast as PyTorch Sluice is in a type; empty when either was not measured. */
  Optional<Double> ratio(NumberType type) {
    return ours(type).flatMap(us -> pytorchBest(type).map(them -> them.nanos() / us.nanos()));
  }

  /** The ratios of neighbouring turns, least first. */
  static List<Double> ratios(Outcome ours, Outcome theirs) {
    List<Double> ratios = new ArrayList<>();
    int turns = Math.min(ours.turns().size(), theirs.turns().size());
    for (int turn = 0; turn < turns; turn++) {
      ratios.add(theirs.turns().get(turn) / ours.turns().get(turn));
    }
    ratios.sort(null);
    return ratios;
  }
}
