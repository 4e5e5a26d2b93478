package dev.sluice.cuda;

import dev.sluice.backend.RecurrentPath;
import dev.sluice.backend.RecurrentSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The path of a stack's layers. They share all that it depends on, so it is one for all of them.
 *
 * @param path STANDARD, SMALL or GRID
 * @param why it was taken
 * @param others why each of the others was not
 * @param smallForward how a SMALL forward runs, else null
 * @param smallBackward how a SMALL backward runs, else null
 * @param gridForward how a GRID forward runs, else null
 * @param gridBackward how a GRID backward runs, else null
 */
record PathChoice(
    RecurrentPath path,
    String why,
    List<String> others,
    SmallPlan smallForward,
    SmallPlan smallBackward,
    GridPlan gridForward,
    GridPlan gridBackward) {
  PathChoice {
    others = List.copyOf(others);
  }

  /** The standard path. */
  static PathChoice standard(String why, List<String> others) {
    return new PathChoice(RecurrentPath.STANDARD, why, others, null, null, null, null);
  }

  /** Working memory through which blocks hand over results; 0 but in GRID. */
  long exchangeBytes() {
    return most(GridPlan::exchangeBytes);
  }

  /** Working memory of the blocks' flags; 0 but in GRID. */
  long flagBytes() {
    return most(GridPlan::flagBytes);
  }

  private long most(ToLongFunction<GridPlan> bytes) {
    return both(gridForward, gridBackward).mapToLong(bytes).max().orElse(0);
  }

  private static <T> Stream<T> both(T forward, T backward) {
    return Stream.of(Optional.ofNullable(forward), Optional.ofNullable(backward))
        .flatMap(Optional::stream);
  }

  /** The loop over time. */
  TimeLoop loop(CudaRuntime runtime, RecurrentSpec spec, Cell cell) {
    return switch (path) {
      case SMALL -> new SmallLoop(runtime, spec.cell(), smallForward, smallBackward);
      case GRID -> new GridLoop(runtime, spec.cell(), gridForward, gridBackward);
      default -> new StepLoop(cell);
    };
  }

  /** For people, a line each: every layer and direction, and why. */
  List<String> lines(RecurrentSpec spec, StackSchedule schedule, int steps) {
    List<String> lines = new ArrayList<>();
    String name = path.name().toLowerCase(Locale.ROOT);
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (int direction = 0; direction < spec.directions(); direction++) {
        String way = spec.directions() == 1 ? "" : direction == 0 ? ", forwards" : ", backwards";
        lines.add("layer %d%s: %s, %s".formatted(layer, way, name, how(schedule, steps)));
      }
    }
    lines.add("why %s: %s".formatted(name, why));
    lines.addAll(others);
    return lines;
  }

  private String how(StackSchedule schedule, int steps) {
    return switch (path) {
      case SMALL ->
          both(smallForward, smallBackward)
              .map(PathChoice::smallTiles)
              .collect(Collectors.joining("; "));
      case GRID ->
          both(gridForward, gridBackward)
              .map(PathChoice::gridTiles)
              .collect(Collectors.joining("; "));
      default ->
          schedule.chunks(steps) == 1
              ? "all %d steps at once".formatted(steps)
              : "%d chunks of %d steps, %d layers beside each other"
                  .formatted(schedule.chunks(steps), schedule.chunkSteps(steps), schedule.slots());
    };
  }

  private static String smallTiles(SmallPlan plan) {
    return "%s with %d blocks of 8 sequences, %s of shared memory each"
        .formatted(plan.kernel(), plan.blocks(), Bytes.text(plan.sharedBytes()));
  }

  private static String gridTiles(GridPlan plan) {
    return "%s with %d x %d blocks of %d units, %d rounds of %d sequences, %s of shared memory each"
        .formatted(
            plan.kernel(),
            plan.blocks(),
            plan.groups(),
            plan.blockUnits(),
            plan.rounds(),
            plan.sequences(),
            Bytes.text(plan.sharedBytes()));
  }
}
