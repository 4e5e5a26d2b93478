package dev.sluice.bench;

import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The groups of workloads that can be asked for. */
public enum Suite {
  /** Matrix products at the shapes of recurrent layers. */
  GEMM("matrix products"),
  /** Pointwise operations. */
  GATES("pointwise operations"),
  /** Recurrent layers over sequences: training step and forward. */
  CELLS("recurrent layers (H, L, B, T; I = H)"),
  /** One sequence, one step at a time. */
  STREAM("streaming, one step at a time (H, L; B = 1)"),
  /** Whole training steps of language models. */
  LM("language model, whole training step (H, L, B, T)"),
  /** What tensors and plans hold. */
  MEMORY("memory of a training step (H, L, B, T)");

  private static final int[][] SHAPES = {
    {128, 1, 32, 64}, {256, 2, 32, 64}, {512, 1, 64, 50}, {1024, 1, 64, 25}
  };

  private final String title;

  Suite(String title) {
    this.title = title;
  }

  /** What it measures, for headings. */
  public String title() {
    return title;
  }

  /**
   * Its workloads.
   *
   * @param grid whether to add the DeepBench grid of recurrent layers
   * @param precision of the backend
   */
  public List<Workload> workloads(boolean grid, Precision precision) {
    return switch (this) {
      case GEMM ->
          List.of(
              new GemmWorkload(64, 1024, 256, precision),
              new GemmWorkload(768, 4096, 1024, precision),
              new GemmWorkload(1024, 1024, 1024, precision));
      case GATES -> gates(precision);
      case CELLS -> cells(grid, precision);
      case STREAM -> {
        List<Workload> all = new ArrayList<>();
        for (int hidden : new int[] {128, 256, 512, 1024}) {
          all.add(new StreamWorkload(CellType.LSTM, hidden, 2, precision));
        }
        yield all;
      }
      case LM ->
          List.of(
              new LanguageModelWorkload(96, 256, 2, 32, 64, precision),
              new LanguageModelWorkload(10_000, 512, 2, 20, 35, precision));
      case MEMORY -> {
        List<Workload> all = new ArrayList<>();
        for (int[] shape : SHAPES) {
          all.add(new MemoryWorkload(layers(CellType.LSTM, shape, true, precision)));
        }
        LM.workloads(false, precision).forEach(work -> all.add(new MemoryWorkload(work)));
        yield all;
      }
    };
  }

  private static List<Workload> gates(Precision precision) {
    List<Workload> all = new ArrayList<>();
    for (PointwiseWorkload.Operation operation : PointwiseWorkload.Operation.values()) {
      all.add(new PointwiseWorkload(operation, 256, 1024, precision));
    }
    return all;
  }

  private static List<Workload> cells(boolean grid, Precision precision) {
    List<Workload> all = new ArrayList<>();
    for (CellType cell : List.of(CellType.LSTM, CellType.GRU, CellType.RNN_TANH)) {
      for (int[] shape : SHAPES) {
        all.add(layers(cell, shape, true, precision));
        all.add(layers(cell, shape, false, precision));
      }
    }
    if (grid) {
      for (int[] shape : deepBench()) {
        all.add(layers(CellType.LSTM, shape, true, precision));
        all.add(layers(CellType.LSTM, shape, false, precision));
      }
    }
    return all.stream().distinct().toList(); // one size is in both tables
  }

  private static RecurrentWorkload layers(
      CellType cell, int[] shape, boolean training, Precision precision) {
    return new RecurrentWorkload(cell, shape[0], shape[1], shape[2], shape[3], training, precision);
  }

  /** The LSTM sizes of Baidu's DeepBench, and the long sequence that others added, as H, L, B, T. */
  static List<int[]> deepBench() {
    List<int[]> shapes = new ArrayList<>();
    add(shapes, 25, new int[] {512, 1024, 2048, 4096}, 16, 32, 64, 128);
    add(shapes, 50, new int[] {1536}, 8, 16, 32);
    add(shapes, 150, new int[] {256}, 16, 32, 64);
    add(shapes, 1024, new int[] {768}, 16);
    return shapes;
  }

  private static void add(List<int[]> shapes, int steps, int[] sizes, int... batches) {
    for (int hidden : sizes) {
      for (int batch : batches) {
        shapes.add(new int[] {hidden, 1, batch, steps});
      }
    }
  }

  /** As users write it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
