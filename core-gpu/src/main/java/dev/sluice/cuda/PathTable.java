package dev.sluice.cuda;

import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentPath;
import dev.sluice.backend.RecurrentSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Chooses the path of a stack from cell, H, B and precision: the first path of the table's order,
 * SMALL, GRID, STANDARD, that can run the layers here and that its entry says pays.
 */
final class PathTable {
  private static final String ESTIMATE = " (estimate, not yet measured on a GPU)";

  /**
   * When a path pays.
   *
   * @param path whose entry it is
   * @param cell that it is for
   * @param precision that it is for
   * @param mostRounds for GRID, rounds of a step at most: each reads the weights that lie in shared
   *     memory once more
   * @param reason why it pays wherever R fits and that holds
   */
  private record Entry(
      RecurrentPath path, CellType cell, Precision precision, int mostRounds, String reason) {}

  private static final String SMALL_REASON =
      "R stays in one multiprocessor, 0.4 to 2.7 us a step where two launches take 3 or more"
          + ESTIMATE;
  private static final String GRID_REASON =
      "R stays on the chip, 2 to 5 us a step where a product and a kernel take about 10" + ESTIMATE;

  /** 4 rounds of some 2 us are still below a step of the standard path. */
  private static final List<Entry> ENTRIES =
      List.of(
          small(CellType.LSTM, Precision.BF16),
          small(CellType.LSTM, Precision.TF32),
          small(CellType.LSTM, Precision.FP32),
          small(CellType.GRU, Precision.BF16),
          small(CellType.GRU, Precision.TF32),
          small(CellType.GRU, Precision.FP32),
          grid(CellType.LSTM, Precision.BF16),
          grid(CellType.LSTM, Precision.TF32),
          grid(CellType.GRU, Precision.BF16),
          grid(CellType.GRU, Precision.TF32));

  private static Entry small(CellType cell, Precision precision) {
    return new Entry(RecurrentPath.SMALL, cell, precision, 1, SMALL_REASON);
  }

  private static Entry grid(CellType cell, Precision precision) {
    return new Entry(RecurrentPath.GRID, cell, precision, 4, GRID_REASON);
  }

  /** What a device has for kernels that run all steps. */
  interface Limits {
    /** Multiprocessors. */
    int multiprocessors();

    /** Bytes of shared memory that a block may ask for. */
    int sharedBytes();

    /**
     * Blocks of 256 threads that can be on the whole device at the same time.
     *
     * @param sharedBytes dynamic shared memory of a block
     */
    int residentBlocks(String kernel, int sharedBytes);
  }

  private final Precision precision;
  private final RecurrentPath asked;
  private final Limits limits;

  /**
   * A table for a device.
   *
   * @param asked the path to take, or AUTO
   */
  PathTable(Precision precision, RecurrentPath asked, Limits limits) {
    this.precision = precision;
    this.asked = asked;
    this.limits = limits;
  }

  /**
   * A path that may be taken.
   *
   * @param choice null where it cannot be taken
   * @param pays whether it is to be taken
   * @param doubt why it cannot, or does not pay
   */
  private record Candidate(PathChoice choice, boolean pays, String doubt) {
    static Candidate refused(String why) {
      return new Candidate(null, false, why);
    }
  }

  /** What was asked for, as a clause for people; nothing when the table chooses. */
  String forced() {
    return asked == RecurrentPath.AUTO
        ? ""
        : ", recurrent path " + asked.name().toLowerCase(Locale.ROOT);
  }

  /**
   * The path of a plan's layers.
   *
   * @throws IllegalArgumentException when a path is asked for that cannot run them
   */
  PathChoice choose(RecurrentSpec spec, int batch, boolean training) {
    if (asked == RecurrentPath.STANDARD) {
      return PathChoice.standard("it was asked for", List.of());
    }
    if (asked != RecurrentPath.AUTO) {
      Candidate forced =
          asked == RecurrentPath.SMALL ? small(spec, batch, training) : grid(spec, batch, training);
      if (forced.choice == null) {
        throw new IllegalArgumentException(
            "the recurrent path %s cannot run %s with B=%d: %s; use --recurrent-path auto"
                .formatted(asked.name().toLowerCase(Locale.ROOT), spec, batch, forced.doubt));
      }
      return because(forced.choice, "it was asked for", List.of());
    }
    List<String> others = new ArrayList<>();
    Candidate small = small(spec, batch, training);
    if (small.pays) {
      return small.choice;
    }
    others.add("not small: " + small.doubt);
    Candidate grid = grid(spec, batch, training);
    if (grid.pays) {
      return because(grid.choice, grid.choice.why(), others);
    }
    others.add("not grid: " + grid.doubt);
    return PathChoice.standard("it can run every layer, and no other path serves", others);
  }

  private static PathChoice because(PathChoice choice, String why, List<String> others) {
    return new PathChoice(
        choice.path(),
        why,
        others,
        choice.smallForward(),
        choice.smallBackward(),
        choice.gridForward(),
        choice.gridBackward());
  }

  private Candidate small(RecurrentSpec spec, int batch, boolean training) {
    Optional<String> never = neverFits(spec);
    if (never.isPresent()) {
      return Candidate.refused(never.get());
    }
    int units = spec.hiddenSize();
    if (units > SmallPlan.MOST_UNITS) {
      return Candidate.refused(
          "H is %d, and R of at most %d fits into one multiprocessor"
              .formatted(units, SmallPlan.MOST_UNITS));
    }
    SmallPlan forward = SmallPlan.of(spec, false, precision, batch).orElseThrow();
    SmallPlan backward = training ? SmallPlan.of(spec, true, precision, batch).orElseThrow() : null;
    int resident = limits.residentBlocks(forward.kernel(), forward.sharedBytes());
    int needed = forward.sharedBytes();
    if (training) {
      int others = limits.residentBlocks(backward.kernel(), backward.sharedBytes());
      resident = Math.min(resident, others);
      needed = Math.max(needed, backward.sharedBytes());
    }
    if (resident == 0) {
      return Candidate.refused(
          "a block needs %s of shared memory, and this GPU gives it %s"
              .formatted(Bytes.text(needed), Bytes.text(limits.sharedBytes())));
    }
    Entry entry = entry(RecurrentPath.SMALL, spec);
    boolean pays = forward.blocks() <= resident;
    String doubt =
        "%d blocks of 8 sequences take turns, %d at a time".formatted(forward.blocks(), resident)
            + ESTIMATE;
    return new Candidate(
        new PathChoice(RecurrentPath.SMALL, entry.reason, List.of(), forward, backward, null, null),
        pays,
        doubt);
  }

  private Candidate grid(RecurrentSpec spec, int batch, boolean training) {
    Optional<String> never = neverFits(spec);
    if (never.isPresent()) {
      return Candidate.refused(never.get());
    }
    if (precision == Precision.FP32) {
      return Candidate.refused("its matrix units multiply in tf32 or bf16, and fp32 is asked for");
    }
    Optional<GridPlan> forward = gridPlan(spec, batch, false);
    Optional<GridPlan> backward = training ? gridPlan(spec, batch, true) : Optional.empty();
    if (forward.isEmpty() || training && backward.isEmpty()) {
      return Candidate.refused(
          "R of %d units does not fit into %d multiprocessors with %s of shared memory for a block"
              .formatted(
                  spec.hiddenSize(), limits.multiprocessors(), Bytes.text(limits.sharedBytes())));
    }
    for (Optional<GridPlan> plan : List.of(forward, backward)) {
      if (plan.isPresent()) {
        int blocks = plan.get().blocks() * plan.get().groups();
        int resident = limits.residentBlocks(plan.get().kernel(), plan.get().sharedBytes());
        if (resident < blocks) {
          return Candidate.refused(
              "its %d blocks wait for each other, and only %d can be on this GPU at a time"
                  .formatted(blocks, resident));
        }
      }
    }
    Entry entry = entry(RecurrentPath.GRID, spec);
    boolean pays = forward.get().rounds() <= entry.mostRounds;
    String doubt =
        "%d rounds a step; up to %d are faster than a product"
                .formatted(forward.get().rounds(), entry.mostRounds)
            + ESTIMATE;
    return new Candidate(
        new PathChoice(
            RecurrentPath.GRID,
            entry.reason,
            List.of(),
            null,
            null,
            forward.get(),
            backward.orElse(null)),
        pays,
        doubt);
  }

  private Optional<GridPlan> gridPlan(RecurrentSpec spec, int batch, boolean backward) {
    return GridPlan.of(
        spec.cell(),
        backward,
        precision,
        spec.hiddenSize(),
        batch,
        limits.multiprocessors(),
        limits.sharedBytes());
  }

  /** Why neither SMALL nor GRID has a kernel. */
  private Optional<String> neverFits(RecurrentSpec spec) {
    if (spec.resetBefore()) {
      return Optional.of(
          "there is no such kernel for a GRU with the reset gate before the product");
    }
    if (spec.cell() != CellType.LSTM && spec.cell() != CellType.GRU) {
      return Optional.of("there is no such kernel for " + spec.cell());
    }
    return Optional.empty();
  }

  private Entry entry(RecurrentPath path, RecurrentSpec spec) {
    return ENTRIES.stream()
        .filter(entry ->
            entry.path == path && entry.cell == spec.cell() && entry.precision == precision)
        .findFirst()
        .orElseThrow();
  }
}
