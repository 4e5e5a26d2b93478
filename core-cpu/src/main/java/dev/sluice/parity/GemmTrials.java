package dev.sluice.parity;

import dev.sluice.backend.Tensor;
import java.util.List;

/**
 * Matrix products: an element of C meets K products, alpha, beta and their sum on its way, so K + 3
 * roundings at most.
 */
final class GemmTrials {
  private static final int[][] SIZES = {
    {1, 1, 1},
    {1, 7, 5},
    {3, 1, 17},
    {7, 8, 9},
    {8, 8, 8},
    {15, 16, 17},
    {16, 17, 15},
    {17, 15, 16},
    {31, 33, 13},
    {1, 67, 300},
    {32, 32, 32},
    {67, 131, 257}
  };

  private static final int[][] FACTOR_SIZES = {{1, 1, 1}, {5, 17, 9}, {13, 33, 31}};

  private static final float[][] FACTORS = {
    {1, 1}, {0.75f, 0}, {-1.5f, 0.5f}, {1, -2}, {0, 0.5f}, {0, 0}
  };

  private GemmTrials() {}

  static List<ParityTrial> all() {
    Trials trials = new Trials();
    for (boolean turnA : new boolean[] {false, true}) {
      for (boolean turnB : new boolean[] {false, true}) {
        for (int[] size : SIZES) {
          add(trials, turnA, turnB, 1, 0, size);
        }
        for (float[] factors : FACTORS) {
          for (int[] size : FACTOR_SIZES) {
            add(trials, turnA, turnB, factors[0], factors[1], size);
          }
        }
      }
    }
    foldedAxes(trials);
    return trials.all();
  }

  private static void add(
      Trials trials, boolean turnA, boolean turnB, float alpha, float beta, int[] size) {
    int m = size[0];
    int n = size[1];
    int k = size[2];
    String option =
        "%s%s alpha %s beta %s"
            .formatted(turnA ? "A^T" : "A", turnB ? " B^T" : " B", number(alpha), number(beta));
    trials.add(
        "gemm",
        option,
        "M=%d N=%d K=%d".formatted(m, n, k),
        Bound.roundings(k + 3L),
        bench -> {
          Tensor a = turnA ? bench.input("A", 1, k, m) : bench.input("A", 1, m, k);
          Tensor b = turnB ? bench.input("B", 1, n, k) : bench.input("B", 1, k, n);
          Tensor c = beta == 0 ? bench.output("C", m, n) : bench.updated("C", 1, m, n);
          float alphaHere = bench.scalar(alpha);
          float betaHere = bench.scalar(beta);
          bench.backend().matrix().gemm(turnA, turnB, alphaHere, a, b, betaHere, c);
        });
  }

  /** [T, B, I] times [H, I] turned: the first two axes are rows. */
  private static void foldedAxes(Trials trials) {
    trials.add(
        "gemm",
        "folded axes",
        "T=3 B=5 I=7 H=9",
        Bound.roundings(10),
        bench -> {
          Tensor a = bench.input("A", 1, 3, 5, 7);
          Tensor b = bench.input("B", 1, 9, 7);
          Tensor c = bench.output("C", 3, 5, 9);
          bench.backend().matrix().gemm(false, true, 1, a, b, 0, c);
        });
  }

  /** 1, 0.75 or -2. */
  private static String number(float value) {
    return value == (int) value ? Integer.toString((int) value) : Float.toString(value);
  }
}
