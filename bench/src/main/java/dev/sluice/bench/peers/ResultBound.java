package dev.sluice.bench.peers;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How far two engines' single-precision results of the same work may lie apart.
 *
 * <p>What a chain of sums computes in single precision is the exact result of arguments that are
 * changed by a relative gamma(n) = n u / (1 - n u), n being the terms of the longest sum and u =
 * 2^-24 (backward error analysis: Higham 2002, section 1.5). So Sluice computes again with every
 * weight and input changed by that much, up or down at random; twice what moves most within a
 * result, and the rounding of its largest element, is what one engine may be off, and two engines
 * may be off in opposite directions.
 */
final class ResultBound {
  private static final double UNIT = 0x1p-24;

  private final Map<String, float[]> expected;
  private final Map<String, Double> allowed = new HashMap<>();

  /**
   * A bound.
   *
   * @param expected Sluice's results
   * @param moved Sluice's results of changed numbers
   */
  ResultBound(Map<String, float[]> expected, List<Map<String, float[]>> moved) {
    this.expected = expected;
    expected.forEach((name, values) -> {
      double most = 0;
      double largest = 0;
      for (Map<String, float[]> other : moved) {
        most = Math.max(most, distance(values, other.get(name)));
      }
      for (float value : values) {
        largest = Math.max(largest, Math.abs(value));
      }
      allowed.put(name, 2 * (2 * most + 4 * UNIT * largest));
    });
  }

  /** The relative change that stands for the roundings of a work. */
  static double change(Work work) {
    long terms = 16 + 2L * work.hidden();
    terms +=
        switch (work.kind()) {
          case FORWARD, STREAM -> 0;
          // A weight's gradient has a term for each step of each sequence.
          case TRAIN -> (long) work.steps() * work.batch();
          case LANGUAGE_MODEL -> (long) work.steps() * work.batch() + work.vocabulary();
        };
    return terms * UNIT / (1 - terms * UNIT);
  }

  /** What is wrong with another engine's results, if anything. */
  Optional<String> disagreement(Map<String, float[]> actual) {
    for (Map.Entry<String, float[]> result : expected.entrySet()) {
      String name = result.getKey();
      float[] values = actual.get(name);
      if (values == null || values.length != result.getValue().length) {
        return Optional.of(
            "%s has %s numbers, Sluice's %d"
                .formatted(name, values == null ? "no" : values.length, result.getValue().length));
      }
      double distance = distance(result.getValue(), values);
      if (!(distance <= allowed.get(name))) { // NaN too
        return Optional.of(
            "%s differs from Sluice's by %.3g where rounding explains %.3g"
                .formatted(name, distance, allowed.get(name)));
      }
    }
    return Optional.empty();
  }

  private static double distance(float[] one, float[] other) {
    double most = 0;
    for (int i = 0; i < one.length; i++) {
      double difference = Math.abs((double) one[i] - other[i]);
      if (Double.isNaN(difference)) {
        return Double.NaN;
      }
      most = Math.max(most, difference);
    }
    return most;
  }
}
