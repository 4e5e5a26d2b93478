package dev.sluice.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The outcome of one pass over held-out data.
 *
 * @param loss mean loss of a counted target, in the problem's {@link TrainingProblem#lossUnit()};
 *     lower is better; decides which model is the best
 * @param count targets that were counted; 0 when the problem has no held-out data, and then the
 *     trainer takes it as no validation at all
 * @param metrics further figures for people, in the order to show them, each under its name with its
 *     unit, for example {@code "bits per character"}; may be empty
 */
public record Evaluation(double loss, long count, Map<String, Double> metrics) {
  /** What a problem without held-out data answers. */
  public static final Evaluation NONE = new Evaluation(Double.NaN, 0);

  /** Copies the metrics, keeping their order. */
  public Evaluation {
    if (count < 0) {
      throw new IllegalArgumentException("evaluation: count must not be negative, but is " + count);
    }
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }

  /** A loss without further metrics. */
  public Evaluation(double loss, long count) {
    this(loss, count, Map.of());
  }
}
