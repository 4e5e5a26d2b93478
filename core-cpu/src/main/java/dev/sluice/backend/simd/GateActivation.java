package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * Bias and activation of a gate's row, in place. Each function is a loop of its own, since several in
 * one loop pass the size up to which the compiler inlines (see {@link VectorMath}); the row stays in
 * the first-level cache between them.
 */
final class GateActivation {
  private GateActivation() {}

  /** x[i] = σ(x[i] + bias[i]) for n elements. */
  static void sigmoid(float[] x, int from, float[] bias, int biasFrom, int n) {
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      VectorMath.sigmoid(sum(x, from + i, bias, biasFrom + i)).intoArray(x, from + i);
    }
    for (; i < n; i++) { // scalar tail
      x[from + i] = VectorMath.sigmoid(x[from + i] + bias[biasFrom + i]);
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
