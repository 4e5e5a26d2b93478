package dev.sluice.bench.gpu;

import dev.sluice.backend.CellType;
import dev.sluice.bench.gpu.Contender.EngineName;
import dev.sluice.bench.gpu.Contender.Mode;
import dev.sluice.bench.gpu.GpuWork.Kind;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The works, the most telling first, and who does each. */
final class GpuWorks {
  /**
   * H, B, T.
   *
   * @param hidden H
   * @param batch B
   * @param steps T
   */
  record Size(int hidden, int batch, int steps) {}

  /** The one with published figures, of cuDNN's persistent kernel among them. */
  private static final Size LONG = new Size(768, 16, 1024);

  /** The standing grid (DeepBench's LSTM shapes, and the long one) is measured whole in one layer. */
  private static final List<Size> STANDING_GRID = standingGrid();

  /** A part of it for several layers, both directions and variable lengths. */
  private static final List<Size> SOME =
      List.of(
          new Size(512, 64, 25),
          new Size(1024, 64, 25),
          LONG,
          new Size(256, 64, 150),
          new Size(1536, 32, 50),
          new Size(2048, 64, 25));

  static final GpuWork LANGUAGE_MODEL =
      new GpuWork(Kind.LANGUAGE_MODEL, CellType.LSTM, 1024, 2, 1, 64, 128, 32_000, false);

  private static final List<CellType> CELLS = List.of(CellType.LSTM, CellType.GRU);

  private GpuWorks() {}

  private static List<Size> standingGrid() {
    List<Size> sizes = new ArrayList<>();
    sizes.add(LONG);
    for (int hidden : new int[] {512, 1024, 2048, 4096}) {
      for (int batch : new int[] {16, 32, 64, 128}) {
        sizes.add(new Size(hidden, batch, 25));
      }
    }
    for (int batch : new int[] {8, 16, 32}) {
      sizes.add(new Size(1536, batch, 50));
    }
    for (int batch : new int[] {16, 32, 64}) {
      sizes.add(new Size(256, batch, 150));
    }
    return List.copyOf(sizes);
  }

  /** What a run measures as far as its time reaches, in this order. */
  static List<GpuWork> inOrder() {
    Set<GpuWork> works = new LinkedHashSet<>();
    works.add(layers(Kind.TRAIN, CellType.LSTM, 1, 1, LONG));
    works.add(layers(Kind.FORWARD, CellType.LSTM, 1, 1, LONG));
    works.add(LANGUAGE_MODEL);
    works.addAll(variable(CellType.LSTM, 1, List.of(LONG, SOME.get(0), SOME.get(1))));
    for (CellType cell : CELLS) {
      works.addAll(each(Kind.TRAIN, cell, 1, 1, STANDING_GRID));
    }
    works.addAll(each(Kind.TRAIN, CellType.LSTM, 2, 1, SOME));
    works.addAll(each(Kind.TRAIN, CellType.LSTM, 1, 2, SOME));
    works.addAll(each(Kind.TRAIN, CellType.GRU, 2, 1, SOME));
    works.addAll(each(Kind.TRAIN, CellType.GRU, 1, 2, SOME));
    works.addAll(each(Kind.TRAIN, CellType.LSTM, 2, 2, SOME.subList(0, 3)));
    for (CellType cell : CELLS) {
      works.addAll(variable(cell, 1, SOME));
    }
    works.addAll(variable(CellType.LSTM, 2, SOME.subList(0, 3)));
    for (CellType cell : CELLS) {
      works.addAll(each(Kind.FORWARD, cell, 1, 1, STANDING_GRID));
    }
    return List.copyOf(works);
  }

  /** The same, and after it the whole grid in one and two layers and directions, of both lengths. */
  static List<GpuWork> full() {
    return addAll(new LinkedHashSet<>(inOrder()), STANDING_GRID);
  }

  /** All that there is of some sizes. */
  static List<GpuWork> of(List<Size> sizes) {
    return addAll(new LinkedHashSet<>(), sizes);
  }

  private static List<GpuWork> addAll(Set<GpuWork> works, List<Size> sizes) {
    for (Kind kind : List.of(Kind.TRAIN, Kind.FORWARD)) {
      for (boolean variable : new boolean[] {false, true}) {
        for (int layers = 1; layers <= 2; layers++) {
          for (int directions = 1; directions <= 2; directions++) {
            for (CellType cell : CELLS) {
              for (GpuWork work : each(kind, cell, layers, directions, sizes)) {
                works.add(work.withVariable(variable));
              }
            }
          }
        }
      }
    }
    return List.copyOf(works);
  }

  /** Whether a work's H, B and T are in the standing grid, whatever its layers and directions. */
  static boolean isOfStandingGrid(GpuWork work) {
    return STANDING_GRID.contains(new Size(work.hidden(), work.batch(), work.steps()));
  }

  private static GpuWork layers(Kind kind, CellType cell, int layers, int directions, Size size) {
    return GpuWork.of(kind, cell, layers, directions, size.hidden(), size.batch(), size.steps());
  }

  private static List<GpuWork> each(
      Kind kind, CellType cell, int layers, int directions, List<Size> sizes) {
    return sizes.stream().map(size -> layers(kind, cell, layers, directions, size)).toList();
  }

  private static List<GpuWork> variable(CellType cell, int layers, List<Size> sizes) {
    return each(Kind.TRAIN, cell, layers, 1, sizes).stream()
        .map(work -> work.withVariable(true))
        .toList();
  }

  /**
   * Who does a work, Sluice in fp32 first, with whose results the others' are compared. Beside
   * variable lengths Sluice also runs at full length.
   *
   * @param pytorch whether it is there
   */
  static List<Contender> contenders(GpuWork work, List<NumberType> types, boolean pytorch) {
    List<Contender> contenders = new ArrayList<>();
    for (NumberType type : types) {
      contenders.add(new Contender(EngineName.SLUICE, type, Mode.EAGER, work));
    }
    if (work.variable()) {
      for (NumberType type : types) {
        contenders.add(
            new Contender(EngineName.SLUICE, type, Mode.EAGER, work.withVariable(false)));
      }
    }
    if (!pytorch) {
      return contenders;
    }
    boolean model = work.kind() == Kind.LANGUAGE_MODEL;
    for (NumberType type : NumberType.values()) {
      if (!model || type != NumberType.FP16) {
        contenders.add(new Contender(EngineName.PYTORCH, type, Mode.EAGER, work));
      }
    }
    if (model) {
      contenders.add(new Contender(EngineName.PYTORCH, NumberType.BF16, Mode.COMPILED, work));
    } else if (!work.variable()) {
      contenders.add(new Contender(EngineName.PYTORCH, NumberType.BF16, Mode.GRAPH, work));
      contenders.add(new Contender(EngineName.PYTORCH, NumberType.FP16, Mode.GRAPH, work));
    }
    return contenders;
  }
}
