package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * Bias and activation of gates, in place.
 *
 * <p>C2 stops inlining, and starts to box vectors, past a size that one sigmoid and one tanh nearly
 * fill (see {@link VectorMath}). So {@link #sigmoids} holds one of each and must never become part of
 * its caller: it is kept above the 325 bytes of code that C2 inlines at most, which a test checks.
 */
final class GateActivation {
  private GateActivation() {}

  /**
   * gates[row, block, unit] = σ(gates + bias), or tanh(gates + bias) in one block, for the rows and
   * units of a step and the first {@code blocks} blocks; rows past their sequence's end stay.
   *
   * @param tanhBlock the block that takes tanh; -1 for none
   */
  static void sigmoids(CellStep s, int blocks, int tanhBlock) {
    float[] x = s.gates;
    float[] bias = s.bias;
    int[] lengths = s.lengths;
    int hidden = s.hidden;
    int units = s.unitTo - s.unitFrom;
    int bound = SPECIES.loopBound(units);
    for (int row = s.rowFrom; row < s.rowTo; row++) {
      if (lengths != null && s.time >= lengths[s.lengthsAt + row]) {
        continue;
      }
      for (int block = 0; block < blocks; block++) {
        int biasFrom = block * hidden + s.unitFrom;
        int from = s.gatesAt + row * s.gatesStride + biasFrom;
        int i = 0;
        if (block == tanhBlock) {
          for (; i < bound; i += LANES) { // vector main
            var sum =
                FloatVector.fromArray(SPECIES, x, from + i)
                    .add(FloatVector.fromArray(SPECIES, bias, biasFrom + i));
            VectorMath.tanh(sum).intoArray(x, from + i);
          }
          for (; i < units; i++) { // scalar tail
            float sum = x[from + i] + bias[biasFrom + i];
            x[from + i] = VectorMath.tanh(sum);
          }
        } else {
          for (; i < bound; i += LANES) { // vector main
            var sum =
                FloatVector.fromArray(SPECIES, x, from + i)
                    .add(FloatVector.fromArray(SPECIES, bias, biasFrom + i));
            VectorMath.sigmoid(sum).intoArray(x, from + i);
          }
          for (; i < units; i++) { // scalar tail
            float sum = x[from + i] + bias[biasFrom + i];
            x[from + i] = VectorMath.sigmoid(sum);
          }
        }
      }
    }
  }

  /** x[i] = tanh(x[i] + bias[i]) for n elements. */
  static void tanh(float[] x, int from, float[] bias, int biasFrom, int n) {
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      VectorMath.tanh(sum(x, from + i, bias, biasFrom + i)).intoArray(x, from + i);
    }
    for (; i < n; i++) { // scalar tail
      x[from + i] = VectorMath.tanh(x[from + i] + bias[biasFrom + i]);
    }
  }

  /** x[i] = max(0, x[i] + bias[i]) for n elements. */
  static void relu(float[] x, int from, float[] bias, int biasFrom, int n) {
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      sum(x, from + i, bias, biasFrom + i).max(0f).intoArray(x, from + i);
    }
    for (; i < n; i++) { // scalar tail
      x[from + i] = Math.max(x[from + i] + bias[biasFrom + i], 0f);
    }
  }

  /** Two vectors, added. */
  static FloatVector sum(float[] a, int aAt, float[] b, int bAt) {
    return FloatVector.fromArray(SPECIES, a, aAt).add(FloatVector.fromArray(SPECIES, b, bAt));
  }
}
