package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;

import jdk.incubator.vector.FloatVector;

/**
 * Loops over n elements, bandwidth-bound. An element's bits do not depend on where the vectors end:
 * the scalar tails do the same operations. The loops call nothing but the Vector API, so the
 * compiler inlines all of one or none of it.
 */
final class ElementKernels {
  private ElementKernels() {}

  /** x = factor · x. */
  static void scale(float factor, float[] x, int from, int n) {
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      FloatVector.fromArray(SPECIES, x, from + i).mul(factor).intoArray(x, from + i);
    }
    for (; i < n; i++) { // scalar tail
      x[from + i] *= factor;
    }
  }

  /** y = factor · x + term; y may be x. */
  static void scaleAndShift(
      float factor, float term, float[] x, int fromX, float[] y, int fromY, int n) {
    var factors = FloatVector.broadcast(SPECIES, factor);
    var terms = FloatVector.broadcast(SPECIES, term);
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      FloatVector.fromArray(SPECIES, x, fromX + i).fma(factors, terms).intoArray(y, fromY + i);
    }
    for (; i < n; i++) { // scalar tail
      y[fromY + i] = Math.fma(x[fromX + i], factor, term);
    }
  }

  /** y += alpha · x. */
  static void add(float alpha, float[] x, int fromX, float[] y, int fromY, int n) {
    var factors = FloatVector.broadcast(SPECIES, alpha);
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      FloatVector.fromArray(SPECIES, x, fromX + i)
          .fma(factors, FloatVector.fromArray(SPECIES, y, fromY + i))
          .intoArray(y, fromY + i);
    }
    for (; i < n; i++) { // scalar tail
      y[fromY + i] = Math.fma(x[fromX + i], alpha, y[fromY + i]);
    }
  }

  /** out = a ∘ b; out may be a or b. */
  static void multiply(
      float[] a, int fromA, float[] b, int fromB, float[] out, int fromOut, int n) {
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      FloatVector.fromArray(SPECIES, a, fromA + i)
          .mul(FloatVector.fromArray(SPECIES, b, fromB + i))
          .intoArray(out, fromOut + i);
    }
    for (; i < n; i++) { // scalar tail
      out[fromOut + i] = a[fromA + i] * b[fromB + i];
    }
  }

  /** y = max(0, x), NaN staying NaN; y may be x. */
  static void relu(float[] x, int fromX, float[] y, int fromY, int n) {
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      var value = FloatVector.fromArray(SPECIES, x, fromX + i);
      value.blend(0, value.compare(LE, 0)).intoArray(y, fromY + i);
    }
    for (; i < n; i++) { // scalar tail
      float value = x[fromX + i];
      y[fromY + i] = value <= 0 ? 0 : value;
    }
  }

  /** dx = dy ∘ y(1 - y); dx may be dy. */
  static void sigmoidBackward(
      float[] y, int fromY, float[] dy, int fromDy, float[] dx, int fromDx, int n) {
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      var value = FloatVector.fromArray(SPECIES, y, fromY + i);
      value
          .neg()
          .fma(value, value)
          .mul(FloatVector.fromArray(SPECIES, dy, fromDy + i))
          .intoArray(dx, fromDx + i);
    }
    for (; i < n; i++) { // scalar tail
      float value = y[fromY + i];
      dx[fromDx + i] = Math.fma(-value, value, value) * dy[fromDy + i];
    }
  }

  /** dx = dy ∘ (1 - y²); dx may be dy. */
  static void tanhBackward(
      float[] y, int fromY, float[] dy, int fromDy, float[] dx, int fromDx, int n) {
    var one = FloatVector.broadcast(SPECIES, 1);
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      var value = FloatVector.fromArray(SPECIES, y, fromY + i);
      value
          .neg()
          .fma(value, one)
          .mul(FloatVector.fromArray(SPECIES, dy, fromDy + i))
          .intoArray(dx, fromDx + i);
    }
    for (; i < n; i++) { // scalar tail
      float value = y[fromY + i];
      dx[fromDx + i] = Math.fma(-value, value, 1) * dy[fromDy + i];
    }
  }

  /** dx = dy where y is above 0, else 0; dx may be dy. */
  static void reluBackward(
      float[] y, int fromY, float[] dy, int fromDy, float[] dx, int fromDx, int n) {
    var zero = FloatVector.zero(SPECIES);
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      var on = FloatVector.fromArray(SPECIES, y, fromY + i).compare(GT, 0);
      zero.blend(FloatVector.fromArray(SPECIES, dy, fromDy + i), on).intoArray(dx, fromDx + i);
    }
    for (; i < n; i++) { // scalar tail
      dx[fromDx + i] = y[fromY + i] > 0 ? dy[fromDy + i] : 0;
    }
  }
}
