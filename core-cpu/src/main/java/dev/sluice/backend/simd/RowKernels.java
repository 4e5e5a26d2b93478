package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.MAX;

import jdk.incubator.vector.FloatVector;

/**
 * Sums and largest elements of a row.
 *
 * <p>A sum is 16 running sums, of the elements 0, 16, 32 ..., of 1, 17, 33 ... and so on, added up
 * as a tree at the end. A 512-bit vector holds all 16; narrower ones go over the row two or four
 * times, for one part of the 16 each. So the bits do not depend on the vector width.
 */
final class RowKernels {
  /** Running sums of a row. */
  static final int SUMS = 16;

  private RowKernels() {}

  /** Adds up the running sums, halves first. Changes them. */
  static float total(float[] sums, int from) {
    for (int width = SUMS / 2; width > 0; width /= 2) {
      for (int i = 0; i < width; i++) {
        sums[from + i] += sums[from + i + width];
      }
    }
    return sums[from];
  }

  /** Elements that whole groups of 16 cover. */
  private static int whole(int n) {
    return n & -SUMS;
  }

  /** The largest of n elements; NaN are passed over, and no elements give minus infinity. */
  static float max(float[] x, int from, int n) {
    var largest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += LANES) { // vector main
      var value = FloatVector.fromArray(SPECIES, x, from + i);
      largest = largest.blend(value, value.compare(GT, largest));
    }
    float max = largest.reduceLanes(MAX);
    for (; i < n; i++) { // scalar tail
      max = x[from + i] > max ? x[from + i] : max;
    }
    return max;
  }

  /** Σ (x[i] - origin). */
  static float sum(float[] x, int from, int n, float origin, float[] sums) {
    int whole = whole(n);
    for (int lane = 0; lane < SUMS; lane += LANES) {
      var sum = FloatVector.zero(SPECIES);
      for (int i = 0; i < whole; i += SUMS) {
        sum = sum.add(FloatVector.fromArray(SPECIES, x, from + i + lane).sub(origin));
      }
      sum.intoArray(sums, lane);
    }
    for (int i = whole; i < n; i++) { // scalar tail
      sums[i - whole] += x[from + i] - origin;
    }
    return total(sums, 0);
  }

  /** Σ (x[i] - origin)². */
  static float sumOfSquares(float[] x, int from, int n, float origin, float[] sums) {
    int whole = whole(n);
    for (int lane = 0; lane < SUMS; lane += LANES) {
      var sum = FloatVector.zero(SPECIES);
      for (int i = 0; i < whole; i += SUMS) {
        var distance = FloatVector.fromArray(SPECIES, x, from + i + lane).sub(origin);
        sum = distance.fma(distance, sum);
      }
      sum.intoArray(sums, lane);
    }
    for (int i = whole; i < n; i++) { // scalar tail
      float distance = x[from + i] - origin;
      sums[i - whole] = Math.fma(distance, distance, sums[i - whole]);
    }
    return total(sums, 0);
  }

  /** y[i] = e^(x[i] - origin), and Σ of these; y may be x. */
  static float exponentials(
      float[] x, int fromX, int n, float origin, float[] y, int fromY, float[] sums) {
    int whole = whole(n);
    for (int lane = 0; lane < SUMS; lane += LANES) {
      var sum = FloatVector.zero(SPECIES);
      for (int i = lane; i < whole; i += SUMS) {
        var power = VectorMath.exp(FloatVector.fromArray(SPECIES, x, fromX + i).sub(origin));
        power.intoArray(y, fromY + i);
        sum = sum.add(power);
      }
      sum.intoArray(sums, lane);
    }
    for (int i = whole; i < n; i++) { // scalar tail
      float power = VectorMath.exp(x[fromX + i] - origin);
      y[fromY + i] = power;
      sums[i - whole] += power;
    }
    return total(sums, 0);
  }
}
