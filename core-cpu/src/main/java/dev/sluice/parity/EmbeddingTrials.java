package dev.sluice.parity;

import dev.sluice.backend.Tensor;
import java.util.Arrays;
import java.util.List;

/** Table look-up is exact; its gradient adds at most N rows to one that is there. */
final class EmbeddingTrials {
  /** V, E, N. */
  private static final int[][] SIZES = {
    {1, 1, 1},
    {2, 7, 5},
    {5, 8, 17},
    {7, 9, 31},
    {11, 16, 3},
    {13, 15, 64},
    {3, 17, 67},
    {257, 33, 131},
    {1031, 64, 509}
  };

  private EmbeddingTrials() {}

  static List<ParityTrial> all() {
    Trials trials = new Trials();
    for (String option : List.of("all ids", "some ids negative", "one id throughout")) {
      for (int[] size : SIZES) {
        forward(trials, option, size);
        backward(trials, option, size);
      }
    }
    return trials.all();
  }

  private static void forward(Trials trials, String option, int[] size) {
    int e = size[1];
    int n = size[2];
    trials.add(
        "embedding",
        option,
        describe(size),
        Bound.exact(),
        bench -> {
          Tensor table = bench.input("table", 1, size[0], e);
          Tensor ids = ids(bench, option, size[0], n);
          bench.backend().embedding().forward(table, ids, bench.output("output", n, e));
        });
  }

  private static void backward(Trials trials, String option, int[] size) {
    int e = size[1];
    int n = size[2];
    trials.add(
        "embedding backward",
        option,
        describe(size),
        Bound.roundings(n + 1L),
        bench -> {
          Tensor dOutput = bench.input("dOutput", 1, 1, n, e);
          Tensor ids = ids(bench, option, size[0], n);
          bench
              .backend()
              .embedding()
              .backward(dOutput, ids, bench.updated("dTable", 1, size[0], e));
        });
  }

  private static Tensor ids(Workbench bench, String option, int vocabulary, int n) {
    int low = option.contains("negative") ? -Math.max(1, vocabulary / 2) : 0;
    int[] ids = bench.draws().integers(low, vocabulary, n);
    if (option.contains("one")) {
      Arrays.fill(ids, vocabulary - 1);
    }
    return bench.integers("ids", ids, n);
  }

  private static String describe(int[] size) {
    return "V=%d E=%d N=%d".formatted(size[0], size[1], size[2]);
  }
}
