package dev.sluice.parity;

import dev.sluice.backend.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Layer normalisation; the bounds follow its equations step by step. */
final class LayerNormTrials {
  private static final float EPSILON = 1e-5f;

  private LayerNormTrials() {}

  static List<ParityTrial> all() {
    Trials trials = new Trials();
    for (int[] matrix : Trials.MATRICES) {
      forward(trials, "", 0, matrix);
      forward(trials, "mean far from 0", 100, matrix);
      backward(trials, "", matrix);
      backward(trials, "dx is dy", matrix);
      backward(trials, "no dx", matrix);
    }
    return trials.all();
  }

  private static void forward(Trials trials, String option, double offset, int[] matrix) {
    int rows = matrix[0];
    int columns = matrix[1];
    trials.add(
        "layer norm",
        option,
        Trials.size("N", matrix, "F"),
        (expected, _) -> forwardBound(expected, rows, columns),
        bench -> {
          float[] numbers = bench.draws().uniform(offset - 1, offset + 1, rows * columns);
          Tensor x = bench.input("x", numbers, rows, columns);
          Tensor gain = bench.input("gain", 2, columns);
          Tensor bias = bench.input("bias", 2, columns);
          Tensor y = bench.output("y", rows, columns);
          Tensor mean = bench.output("mean", rows);
          Tensor rstd = bench.output("rstd", rows);
          bench.backend().layerNorm().forward(x, gain, bias, EPSILON, y, mean, rstd);
        });
  }

  private static Map<String, double[]> forwardBound(Results expected, int rows, int columns) {
    double[] x = expected.input("x");
    double[] gain = expected.input("gain");
    double[] bias = expected.input("bias");
    double[] yBound = new double[rows * columns];
    double[] meanBound = new double[rows];
    double[] rstdBound = new double[rows];
    for (int n = 0; n < rows; n++) {
      Rounded[] numbers = new Rounded[columns];
      Rounded[] squares = new Rounded[columns];
      for (int f = 0; f < columns; f++) {
        numbers[f] = Rounded.of(x[n * columns + f]);
      }
      Rounded mean = Rounded.sum(numbers).over(columns);
      for (int f = 0; f < columns; f++) {
        Rounded distance = numbers[f].minus(mean);
        squares[f] = distance.times(distance);
      }
      Rounded variance = Rounded.sum(squares).over(columns);
      Rounded rstd = Rounded.of(1).over(variance.plus(Rounded.of(EPSILON)).sqrt());
      meanBound[n] = mean.error();
      rstdBound[n] = rstd.error();
      for (int f = 0; f < columns; f++) {
        Rounded normal = numbers[f].minus(mean).times(rstd);
        yBound[n * columns + f] = normal.times(gain[f]).plus(Rounded.of(bias[f])).error();
      }
    }
    return Map.of("y", yBound, "mean", meanBound, "rstd", rstdBound);
  }

  private static void backward(Trials trials, String option, int[] matrix) {
    int rows = matrix[0];
    int columns = matrix[1];
    boolean inPlace = option.equals("dx is dy");
    boolean wanted = !option.equals("no dx");
    trials.add(
        "layer norm backward",
        option,
        Trials.size("N", matrix, "F"),
        (expected, _) -> backwardBound(expected, inPlace ? "dx" : "dy", wanted, rows, columns),
        bench -> {
          Tensor x = bench.input("x", 2, rows, columns);
          Tensor gain = bench.input("gain", 2, columns);
          Tensor mean = bench.input("mean", 0.2, rows);
          Tensor rstd = bench.input("rstd", bench.draws().uniform(0.5, 2, rows), rows);
          Tensor dy =
              inPlace ? bench.updated("dx", 1, rows, columns) : bench.input("dy", 1, rows, columns);
          Tensor dx = inPlace ? dy : wanted ? bench.output("dx", rows, columns) : null;
          Tensor dGain = bench.updated("dGain", 1, columns);
          Tensor dBias = bench.updated("dBias", 1, columns);
          bench.backend().layerNorm().backward(x, gain, mean, rstd, dy, dx, dGain, dBias);
        });
  }

  private static Map<String, double[]> backwardBound(
      Results expected, String gradient, boolean wanted, int rows, int columns) {
    double[] x = expected.input("x");
    double[] gain = expected.input("gain");
    double[] mean = expected.input("mean");
    double[] rstd = expected.input("rstd");
    double[] dy = expected.input(gradient);
    double[] dxBound = new double[rows * columns];
    Rounded[][] gainTerms = new Rounded[columns][rows + 1];
    Rounded[][] biasTerms = new Rounded[columns][rows + 1];
    for (int n = 0; n < rows; n++) {
      Rounded scale = Rounded.of(rstd[n]);
      Rounded[] normal = new Rounded[columns];
      Rounded[] slope = new Rounded[columns];
      Rounded[] product = new Rounded[columns];
      for (int f = 0; f < columns; f++) {
        int at = n * columns + f;
        normal[f] = Rounded.of(x[at]).minus(Rounded.of(mean[n])).times(scale);
        slope[f] = Rounded.of(gain[f]).times(dy[at]);
        product[f] = slope[f].times(normal[f]);
        gainTerms[f][n] = normal[f].times(dy[at]);
        biasTerms[f][n] = Rounded.of(dy[at]);
      }
      Rounded slopes = Rounded.sum(slope).over(columns);
      Rounded products = Rounded.sum(product).over(columns);
      for (int f = 0; f < columns; f++) {
        Rounded inner = slope[f].minus(slopes).minus(normal[f].times(products));
        dxBound[n * columns + f] = inner.times(scale).error();
      }
    }
    double[] dGainBound = new double[columns];
    double[] dBiasBound = new double[columns];
    for (int f = 0; f < columns; f++) {
      gainTerms[f][rows] = Rounded.of(expected.input("dGain")[f]);
      biasTerms[f][rows] = Rounded.of(expected.input("dBias")[f]);
      dGainBound[f] = Rounded.sum(gainTerms[f]).error();
      dBiasBound[f] = Rounded.sum(biasTerms[f]).error();
    }
    Map<String, double[]> bounds = new LinkedHashMap<>();
    bounds.put("dGain", dGainBound);
    bounds.put("dBias", dBiasBound);
    if (wanted) {
      bounds.put("dx", dxBound);
    }
    return bounds;
  }
}
