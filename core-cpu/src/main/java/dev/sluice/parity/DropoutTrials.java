package dev.sluice.parity;

import dev.sluice.backend.Tensor;
import java.util.List;

/** Dropout: the mask is exact, what is kept meets 1 - p, its inverse and a product. */
final class DropoutTrials {
  private DropoutTrials() {}

  static List<ParityTrial> all() {
    Trials trials = new Trials();
    for (float probability : new float[] {0, 0.1f, 0.5f, 0.9f}) {
      for (boolean inPlace : new boolean[] {false, true}) {
        for (int n : Trials.SIZES) {
          trials.add(
              "dropout",
              "p " + probability + (inPlace ? ", in place" : ""),
              "N=" + n,
              Bound.roundings(4),
              bench -> {
                Tensor x = inPlace ? bench.updated("y", 1, n) : bench.input("x", 1, n);
                Tensor y = inPlace ? x : bench.output("y", n);
                bench.backend().dropout().apply(probability, bench.draw(), x, y);
              });
        }
      }
    }
    return trials.all();
  }
}
