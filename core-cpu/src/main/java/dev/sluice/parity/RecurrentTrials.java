package dev.sluice.parity;

import dev.sluice.backend.CellType;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.parity.RecurrentRun.States;
import java.util.List;
import java.util.Locale;

/** Recurrent layers: every cell with every combination of options, and over awkward sizes. */
final class RecurrentTrials {
  private static final float DROPOUT = 0.4f;

  /** T, B, I, H. */
  private static final int[][] OPTION_SIZES = {{1, 1, 1, 1}, {4, 3, 5, 9}, {3, 5, 16, 8}};

  /** T, B, I, H: around the lanes of vectors, around a warp, primes, and some work. */
  private static final int[][] SIZES = {
    {1, 1, 3, 7}, {2, 1, 1, 8}, {5, 2, 7, 3}, {3, 3, 2, 4}, {2, 7, 9, 5}, {7, 1, 13, 15},
    {3, 8, 15, 16}, {2, 9, 17, 17}, {5, 5, 31, 31}, {2, 16, 32, 32}, {3, 17, 5, 33}, {31, 2, 4, 6}
  };

  /** T, B, I, H with enough work to be split between threads, or for wide accesses on a GPU. */
  private static final int[][] LARGE_SIZES = {{13, 8, 48, 64}, {5, 33, 40, 67}, {2, 320, 3, 16}};

  private RecurrentTrials() {}

  static List<ParityTrial> all() {
    Trials trials = new Trials();
    for (CellType cell : CellType.values()) {
      options(trials, RecurrentSpec.of(cell, 1, 1));
      sizes(trials, RecurrentSpec.of(cell, 1, 1));
      if (cell == CellType.GRU) {
        options(trials, RecurrentSpec.of(cell, 1, 1).withResetBefore(true));
        sizes(trials, RecurrentSpec.of(cell, 1, 1).withResetBefore(true));
      }
    }
    return trials.all();
  }

  /** Layers, directions, bias, lengths, states and dropout, each with each. */
  private static void options(Trials trials, RecurrentSpec cell) {
    for (int bits = 0; bits < 64; bits++) {
      int layers = 1 + (bits & 1);
      boolean dropout = (bits & 32) != 0;
      if (dropout && layers == 1) {
        continue;
      }
      RecurrentSpec spec =
          cell.withLayers(layers)
              .withBidirectional((bits & 2) != 0)
              .withBias((bits & 4) == 0)
              .withDropout(dropout ? DROPOUT : 0);
      boolean ragged = (bits & 8) != 0;
      States states = (bits & 16) != 0 ? States.BOTH : States.NONE;
      for (int[] size : OPTION_SIZES) {
        passes(trials, sized(spec, ragged, states, size));
      }
    }
  }

  /** The plainest and the richest options over all sizes, and what only some calls do. */
  private static void sizes(Trials trials, RecurrentSpec cell) {
    RecurrentSpec rich = cell.withLayers(2).withBidirectional(true).withDropout(DROPOUT);
    for (int[] size : SIZES) {
      passes(trials, sized(cell, false, States.NONE, size));
      passes(trials, sized(rich, true, States.BOTH, size));
      special(trials, rich, size);
      for (RecurrentSpec spec : List.of(cell, cell.withLayers(2), cell.withBias(false))) {
        RecurrentRun run = sized(spec, false, States.BOTH, size);
        add(trials, "recurrent stepper", "", run, run.forwardTerms(), run::stepper);
      }
    }
    for (int[] size : LARGE_SIZES) {
      passes(trials, sized(cell, false, States.NONE, size));
      passes(trials, sized(rich, true, States.BOTH, size));
      RecurrentRun run = sized(cell, false, States.BOTH, size);
      add(trials, "recurrent stepper", "", run, run.forwardTerms(), run::stepper);
    }
  }

  private static void passes(Trials trials, RecurrentRun run) {
    if (run.spec().dropout() == 0) {
      add(trials, "recurrent inference", "", run, run.forwardTerms(), run::inference);
    }
    add(trials, "recurrent forward", "", run, run.forwardTerms(), run::forward);
    add(trials, "recurrent backward", "", run, run.backwardTerms(), run::backward);
  }

  private static void special(Trials trials, RecurrentSpec spec, int[] size) {
    for (States states : List.of(States.IN, States.OUT)) {
      RecurrentRun run = sized(spec, true, states, size);
      add(trials, "recurrent backward", "", run, run.backwardTerms(), run::backward);
    }
    RecurrentRun run = sized(spec, true, States.BOTH, size);
    long terms = run.forwardTerms();
    add(trials, "recurrent backward", "plan used again, ", run, run.backwardTerms(), run::reuse);
    add(trials, "recurrent inference", "in place, ", run, terms, run::inferenceInPlace);
  }

  private static void add(
      Trials trials,
      String operation,
      String prefix,
      RecurrentRun run,
      long terms,
      Computation computation) {
    RecurrentSpec spec = run.spec();
    String size =
        "T=%d B=%d I=%d H=%d"
            .formatted(run.steps(), run.batch(), spec.inputSize(), spec.hiddenSize());
    trials.add(operation, prefix + option(run), size, Bound.sensitivity(terms), computation);
  }

  private static String option(RecurrentRun run) {
    RecurrentSpec spec = run.spec();
    StringBuilder text = new StringBuilder(spec.cell().name().toLowerCase(Locale.ROOT));
    text.append(spec.resetBefore() ? " reset before" : "");
    text.append(spec.layers() > 1 ? ", " + spec.layers() + " layers" : "");
    text.append(spec.bidirectional() ? ", both ways" : "");
    text.append(spec.bias() ? "" : ", no bias");
    text.append(spec.dropout() > 0 ? ", dropout" : "");
    text.append(run.ragged() ? ", lengths" : "");
    return text.append(
            switch (run.states()) {
              case NONE -> "";
              case IN -> ", state in";
              case OUT -> ", state out";
              case BOTH -> ", states";
            })
        .toString();
  }

  static RecurrentRun sized(RecurrentSpec spec, boolean ragged, States states, int[] size) {
    RecurrentSpec sized =
        new RecurrentSpec(
            spec.cell(),
            size[2],
            size[3],
            spec.layers(),
            spec.bidirectional(),
            spec.bias(),
            spec.resetBefore(),
            spec.dropout());
    return new RecurrentRun(sized, size[0], size[1], ragged, states);
  }
}
