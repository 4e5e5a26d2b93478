package dev.sluice.parity;

import dev.sluice.backend.CellType;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.WeightStorage;
import dev.sluice.parity.RecurrentRun.States;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Steppers whose weights are stored in fewer bytes: every cell, few sequences, awkward sizes. */
final class StorageTrials {
  /** T, B, I, H: one to four sequences and more; around the lanes of vectors and panels of them. */
  private static final int[][] SIZES = {
    {2, 1, 1, 1},
    {2, 1, 3, 7},
    {2, 2, 16, 8},
    {3, 1, 31, 33},
    {2, 3, 5, 17},
    {2, 4, 64, 64},
    {2, 1, 130, 131},
    {2, 9, 15, 31},
    {2, 1, 128, 256},
    {2, 2, 67, 192}
  };

  private StorageTrials() {}

  static List<ParityTrial> all() {
    List<ParityTrial> all = new ArrayList<>();
    for (WeightStorage storage : List.of(WeightStorage.BFLOAT16, WeightStorage.INT8)) {
      for (CellType cell : CellType.values()) {
        RecurrentSpec spec = RecurrentSpec.of(cell, 1, 1).withLayers(2);
        cell(all, spec, storage);
        if (cell == CellType.GRU) {
          cell(all, spec.withResetBefore(true), storage);
        }
      }
    }
    return all;
  }

  private static void cell(List<ParityTrial> all, RecurrentSpec cell, WeightStorage storage) {
    for (RecurrentSpec spec : List.of(cell, cell.withBias(false))) {
      for (int[] size : SIZES) {
        RecurrentRun run = RecurrentTrials.sized(spec, false, States.BOTH, size);
        ComparisonTrial trial =
            new ComparisonTrial(
                new ParityCase("recurrent stepper", option(spec, storage), size(size)),
                bench -> run.stored(bench, storage),
                Bound.sensitivity(run.forwardTerms()));
        all.add(new StorageTrial(trial, run, storage));
        if (size == SIZES[SIZES.length - 1]) {
          all.add(new StorageTrial(new RepeatTrial(trial), run, storage));
        }
      }
    }
  }

  private static String option(RecurrentSpec spec, WeightStorage storage) {
    String text = spec.cell() + (spec.resetBefore() ? " reset before" : "") + ", " + storage;
    return text.toLowerCase(Locale.ROOT) + " weights" + (spec.bias() ? "" : ", no bias");
  }

  private static String size(int[] size) {
    return "T=%d B=%d I=%d H=%d".formatted(size[0], size[1], size[2], size[3]);
  }
}
