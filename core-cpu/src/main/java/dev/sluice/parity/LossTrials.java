package dev.sluice.parity;

import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Softmax, cross-entropy and the regression losses; bounds follow their equations step by step. */
final class LossTrials {
  private static final float SCALE = 1.75f;
  private static final float DELTA = 0.6f;

  /**
   * Options of one cross-entropy case.
   *
   * @param ignored which targets are negative: none, some or all
   * @param gradient where the gradient goes: apart, in place or nowhere
   */
  private record CrossEntropy(
      String ignored, float smoothing, String gradient, boolean perTarget, double spread) {
    @Override
    public String toString() {
      return "%s ignored, smoothing %s, gradient %s%s%s"
          .formatted(
              ignored,
              smoothing,
              gradient,
              perTarget ? "" : ", no losses apart",
              spread > 10 ? ", logits to ±" + (int) spread : "");
    }
  }

  private static final List<CrossEntropy> CROSS_ENTROPIES =
      List.of(
          new CrossEntropy("none", 0, "apart", true, 5),
          new CrossEntropy("none", 0.1f, "apart", true, 5),
          new CrossEntropy("some", 0, "in place", false, 5),
          new CrossEntropy("some", 0.1f, "in place", true, 5),
          new CrossEntropy("some", 0, "nowhere", true, 5),
          new CrossEntropy("some", 0.3f, "nowhere", false, 5),
          new CrossEntropy("all", 0.1f, "apart", true, 5),
          new CrossEntropy("some", 0.1f, "apart", true, 80));

  private LossTrials() {}

  static List<ParityTrial> all() {
    Trials trials = new Trials();
    for (int[] matrix : Trials.MATRICES) {
      for (CrossEntropy options : CROSS_ENTROPIES) {
        crossEntropy(trials, options, matrix);
      }
      for (Regression loss : Regression.values()) {
        for (int bits = 0; bits < 6; bits++) {
          regression(trials, loss, bits % 2 == 1, bits / 2, matrix);
        }
      }
      softmax(trials, 5, false, matrix);
      softmax(trials, 5, true, matrix);
      softmax(trials, 80, false, matrix);
    }
    return trials.all();
  }

  private static void softmax(Trials trials, double spread, boolean inPlace, int[] matrix) {
    int rows = matrix[0];
    int columns = matrix[1];
    String name = inPlace ? "y" : "x";
    trials.add(
        "softmax",
        inPlace ? "in place" : "logits to ±" + (int) spread,
        Trials.size("N", matrix, "V"),
        (expected, _) -> {
          double[] bound = new double[rows * columns];
          for (int n = 0; n < rows; n++) {
            Softmax row = new Softmax(expected.input(name), n, columns);
            for (int v = 0; v < columns; v++) {
              bound[n * columns + v] = row.probability[v].error();
            }
          }
          return Map.of("y", bound);
        },
        bench -> {
          Tensor x =
              inPlace
                  ? bench.updated("y", spread, rows, columns)
                  : bench.input("x", spread, rows, columns);
          bench.backend().losses().softmax(x, inPlace ? x : bench.output("y", rows, columns));
        });
  }

  private static void crossEntropy(Trials trials, CrossEntropy options, int[] matrix) {
    int rows = matrix[0];
    int columns = matrix[1];
    boolean inPlace = options.gradient.equals("in place");
    boolean apart = options.gradient.equals("apart");
    trials.add(
        "cross entropy",
        options.toString(),
        Trials.size("N", matrix, "V"),
        (expected, _) -> crossEntropyBound(expected, options, rows, columns),
        bench -> {
          Tensor logits =
              inPlace
                  ? bench.updated("gradient", options.spread, rows, columns)
                  : bench.input("logits", options.spread, rows, columns);
          int[] classes = bench.draws().integers(0, columns, rows);
          for (int n = 0; n < rows; n++) {
            boolean some = options.ignored.equals("some") && n % 3 == 1;
            classes[n] = some || options.ignored.equals("all") ? -1 - n : classes[n];
          }
          Tensor targets = bench.integers("targets", classes, rows);
          Tensor gradient =
              inPlace ? logits : apart ? bench.output("gradient", rows, columns) : null;
          Tensor perTarget = options.perTarget ? bench.output("perTarget", rows) : null;
          Tensor total = bench.updated("total", new float[] {2.5f, 3}, 2);
          bench
              .backend()
              .losses()
              .softmaxCrossEntropy(
                  logits, targets, options.smoothing, SCALE, gradient, perTarget, total);
        });
  }

  private static Map<String, double[]> crossEntropyBound(
      Results expected, CrossEntropy options, int rows, int columns) {
    double[] logits = expected.input(options.gradient.equals("in place") ? "gradient" : "logits");
    double[] targets = expected.input("targets");
    int count = 0;
    for (double target : targets) {
      count += target >= 0 ? 1 : 0;
    }
    double[] gradientBound = new double[rows * columns];
    double[] lossBound = new double[rows];
    Rounded[] losses = new Rounded[rows + 1];
    losses[rows] = Rounded.of(expected.input("total")[0]);
    for (int n = 0; n < rows; n++) {
      losses[n] = Rounded.of(0);
      if (targets[n] < 0) {
        continue;
      }
      Softmax row = new Softmax(logits, n, columns);
      Rounded[] terms = new Rounded[columns];
      for (int v = 0; v < columns; v++) {
        double share = options.smoothing / (double) columns;
        double wanted = (v == targets[n] ? 1.0 - options.smoothing : 0) + share;
        Rounded q = Rounded.of(wanted).widened(4 * Bound.UNIT * wanted);
        terms[v] = q.times(row.surprise[v]);
        Rounded slope = row.probability[v].minus(q).times(SCALE).over(count);
        gradientBound[n * columns + v] = slope.error();
      }
      losses[n] = Rounded.sum(terms);
      lossBound[n] = losses[n].error();
    }
    Map<String, double[]> bounds = new LinkedHashMap<>();
    bounds.put("gradient", gradientBound);
    bounds.put("perTarget", lossBound);
    bounds.put("total", new double[] {Rounded.sum(losses).error(), 0});
    return bounds;
  }

  /** p and -log p of one row, with their errors. */
  private static final class Softmax {
    final Rounded[] probability;
    final Rounded[] surprise;

    Softmax(double[] logits, int n, int columns) {
      probability = new Rounded[columns];
      surprise = new Rounded[columns];
      double largest = Double.NEGATIVE_INFINITY;
      for (int v = 0; v < columns; v++) {
        largest = Math.max(largest, logits[n * columns + v]);
      }
      Rounded[] powers = new Rounded[columns];
      for (int v = 0; v < columns; v++) {
        powers[v] = Rounded.of(logits[n * columns + v]).minus(Rounded.of(largest)).exp();
      }
      Rounded sum = Rounded.sum(powers);
      Rounded log = sum.log();
      for (int v = 0; v < columns; v++) {
        double logit = logits[n * columns + v];
        // Also when p comes from logit - (largest + log), where two large numbers are rounded.
        double apart = 4 * Bound.UNIT * (Math.abs(largest) + Math.abs(logit) + log.magnitude());
        probability[v] = powers[v].over(sum);
        probability[v] = probability[v].widened(apart * probability[v].value());
        surprise[v] = log.plus(Rounded.of(largest)).minus(Rounded.of(logit)).widened(apart);
      }
    }
  }

  private static void regression(
      Trials trials, Regression loss, boolean weighted, int place, int[] matrix) {
    int rows = matrix[0];
    int columns = matrix[1];
    boolean inPlace = place == 1;
    String where = place == 0 ? "apart" : inPlace ? "in place" : "nowhere";
    trials.add(
        "regression",
        "%s%s, gradient %s"
            .formatted(loss.name().toLowerCase(Locale.ROOT), weighted ? ", some rows" : "", where),
        Trials.size("N", matrix, "F"),
        (expected, _) ->
            regressionBound(expected, loss, weighted, inPlace ? "gradient" : "prediction", columns),
        bench -> {
          Tensor prediction =
              inPlace
                  ? bench.updated("gradient", 1, rows, columns)
                  : bench.input("prediction", 1, rows, columns);
          Tensor target = bench.input("target", 1, rows, columns);
          Tensor gradient =
              inPlace ? prediction : place == 0 ? bench.output("gradient", rows, columns) : null;
          Tensor total = bench.updated("total", new float[] {2.5f, 3}, 2);
          Tensor weights = null;
          if (weighted) {
            float[] counts = new float[rows];
            for (int n = 0; n < rows; n++) {
              counts[n] = n % 3 == 1 ? 0 : 1;
            }
            weights = bench.input("rowWeights", counts, rows);
          }
          bench
              .backend()
              .losses()
              .regression(loss, DELTA, prediction, target, weights, SCALE, gradient, total);
        });
  }

  private static Map<String, double[]> regressionBound(
      Results expected, Regression loss, boolean weighted, String predictionName, int columns) {
    double[] prediction = expected.input(predictionName);
    double[] target = expected.input("target");
    double count = expected.output("total")[1] - expected.input("total")[1];
    double[] gradientBound = new double[prediction.length];
    Rounded[] losses = new Rounded[prediction.length + 1];
    losses[prediction.length] = Rounded.of(expected.input("total")[0]);
    for (int i = 0; i < prediction.length; i++) {
      losses[i] = Rounded.of(0);
      if (weighted && expected.input("rowWeights")[i / columns] == 0) {
        continue;
      }
      Rounded residual = Rounded.of(prediction[i]).minus(Rounded.of(target[i]));
      Rounded size = new Rounded(residual.magnitude(), residual.error());
      Rounded delta = Rounded.of(DELTA);
      boolean near = residual.magnitude() <= DELTA;
      losses[i] =
          switch (loss) {
            case SQUARED -> size.times(size);
            case ABSOLUTE -> size;
            case HUBER ->
                near ? size.times(size).times(0.5) : size.minus(delta.times(0.5)).times(delta);
          };
      Rounded slope =
          switch (loss) {
            case SQUARED -> residual.times(2);
            case ABSOLUTE -> Rounded.of(Math.signum(residual.value()));
            case HUBER -> residual.clamp(DELTA);
          };
      gradientBound[i] = slope.times(SCALE).over(count).error();
    }
    return Map.of(
        "gradient", gradientBound, "total", new double[] {Rounded.sum(losses).error(), 0});
  }
}
