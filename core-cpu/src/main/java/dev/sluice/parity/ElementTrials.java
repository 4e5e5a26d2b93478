package dev.sluice.parity;

import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Element by element, and the bias: a rounding or two each, and N for the sum of a bias gradient. */
final class ElementTrials {
  /** Where activations saturate, vanish or meet the ends of the number range. */
  private static final float[] SPECIAL = {
    0,
    -0f,
    1e-30f,
    -1e-6f,
    0.5f,
    -0.625f,
    3,
    -8.5f,
    17,
    -30,
    88,
    -88,
    100,
    -110,
    1000,
    -1e30f,
    Float.MIN_VALUE,
    Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.NaN
  };

  private ElementTrials() {}

  static List<ParityTrial> all() {
    Trials trials = new Trials();
    for (int n : Trials.SIZES) {
      fillAndCopy(trials, n);
      arithmetic(trials, n);
      for (Activation activation : Activation.values()) {
        activate(trials, activation, false, n);
        activate(trials, activation, true, n);
        activateBackward(trials, activation, false, n);
        activateBackward(trials, activation, true, n);
      }
    }
    for (Activation activation : Activation.values()) {
      specialValues(trials, activation);
    }
    for (int[] matrix : Trials.MATRICES) {
      bias(trials, matrix);
    }
    trials.add(
        "increment",
        "",
        "1",
        Bound.exact(),
        bench -> {
          Tensor counter = bench.updated("counter", new int[] {41}, 1);
          bench.backend().elements().increment(counter);
        });
    return trials.all();
  }

  private static void fillAndCopy(Trials trials, int n) {
    String size = "N=" + n;
    trials.add(
        "fill",
        "",
        size,
        Bound.exact(),
        bench -> bench.backend().elements().fill(bench.output("x", n), 0.3f));
    trials.add(
        "copy",
        "numbers",
        size,
        Bound.exact(),
        bench -> {
          Tensor source = bench.input("source", 1, n);
          bench.backend().elements().copy(source, bench.output("target", n));
        });
    trials.add(
        "copy",
        "integers",
        size,
        Bound.exact(),
        bench -> {
          Tensor source = bench.integers("source", bench.draws().integers(-99, 99, n), n);
          int[] unwritten = new int[n];
          Arrays.fill(unwritten, Integer.MAX_VALUE);
          Tensor target = bench.updated("target", unwritten, n);
          bench.backend().elements().copy(source, target);
        });
  }

  private static void arithmetic(Trials trials, int n) {
    String size = "N=" + n;
    trials.add(
        "scale",
        "",
        size,
        Bound.roundings(1),
        bench -> {
          Tensor x = bench.updated("x", 1, n);
          bench.backend().elements().scale(x, bench.scalar(-0.7f));
        });
    trials.add(
        "add",
        "",
        size,
        Bound.roundings(2),
        bench -> {
          Tensor x = bench.input("x", 1, n);
          Tensor y = bench.updated("y", 1, n);
          bench.backend().elements().add(bench.scalar(-0.7f), x, y);
        });
    trials.add(
        "multiply",
        "",
        size,
        Bound.roundings(1),
        bench -> {
          Tensor a = bench.input("a", 1, n);
          Tensor b = bench.input("b", 1, n);
          bench.backend().elements().multiply(a, b, bench.output("out", n));
        });
    trials.add(
        "multiply",
        "out is a",
        size,
        Bound.roundings(1),
        bench -> {
          Tensor a = bench.updated("a", 1, n);
          bench.backend().elements().multiply(a, bench.input("b", 1, n), a);
        });
    trials.add(
        "multiply",
        "out is b",
        size,
        Bound.roundings(1),
        bench -> {
          Tensor b = bench.updated("b", 1, n);
          bench.backend().elements().multiply(bench.input("a", 1, n), b, b);
        });
  }

  private static void activate(Trials trials, Activation activation, boolean inPlace, int n) {
    trials.add(
        "activate",
        name(activation) + (inPlace ? ", in place" : ""),
        "N=" + n,
        activation == Activation.RELU ? Bound.exact() : functionBound(),
        bench -> {
          Tensor x = inPlace ? bench.updated("y", 10, n) : bench.input("x", 10, n);
          Tensor y = inPlace ? x : bench.output("y", n);
          bench.backend().elements().activate(activation, x, y);
        });
  }

  private static void specialValues(Trials trials, Activation activation) {
    trials.add(
        "activate",
        name(activation) + ", special values",
        "N=" + SPECIAL.length,
        activation == Activation.RELU ? Bound.exact() : functionBound(),
        bench -> {
          bench.expectNaN();
          Tensor x = bench.input("x", SPECIAL, SPECIAL.length);
          bench.backend().elements().activate(activation, x, bench.output("y", SPECIAL.length));
        });
  }

  /** 6 units in the last place, of at most 2 u each; what underflows may be 0. */
  private static Bound functionBound() {
    return (expected, _) -> {
      double[] y = expected.output("y");
      double[] bound = new double[y.length];
      for (int i = 0; i < bound.length; i++) {
        bound[i] = Bound.FUNCTION * Math.abs(y[i]) + Bound.VANISHING;
      }
      return Map.of("y", bound);
    };
  }

  private static void activateBackward(
      Trials trials, Activation activation, boolean inPlace, int n) {
    trials.add(
        "activate backward",
        name(activation) + (inPlace ? ", in place" : ""),
        "N=" + n,
        activation == Activation.RELU ? Bound.exact() : backwardBound(activation, inPlace),
        bench -> {
          float[] results = bench.draws().uniform(activation == Activation.SIGMOID ? 0 : -1, 1, n);
          Tensor y = bench.input("y", results, n);
          Tensor dy = inPlace ? bench.updated("dx", 1, n) : bench.input("dy", 1, n);
          Tensor dx = inPlace ? dy : bench.output("dx", n);
          bench.backend().elements().activateBackward(activation, y, dy, dx);
        });
  }

  /** dy · y(1 - y) or dy · (1 - y²), the parenthesis multiplied out or not. */
  private static Bound backwardBound(Activation activation, boolean inPlace) {
    return (expected, _) -> {
      double[] y = expected.input("y");
      double[] dy = expected.input(inPlace ? "dx" : "dy");
      double[] bound = new double[dy.length];
      for (int i = 0; i < bound.length; i++) {
        Rounded result = Rounded.of(y[i]);
        Rounded square = result.times(result);
        Rounded slope =
            activation == Activation.SIGMOID ? result.minus(square) : Rounded.of(1).minus(square);
        bound[i] = Rounded.of(dy[i]).times(slope).error();
      }
      return Map.of("dx", bound);
    };
  }

  private static void bias(Trials trials, int[] matrix) {
    int rows = matrix[0];
    int columns = matrix[1];
    String size = Trials.size("N", matrix, "F");
    trials.add(
        "bias",
        "",
        size,
        Bound.roundings(1),
        bench -> {
          Tensor x = bench.updated("x", 1, rows, columns);
          bench.backend().elements().addBias(x, bench.input("bias", 1, columns));
        });
    trials.add(
        "bias backward",
        "",
        size,
        Bound.roundings(rows + 1L),
        bench -> {
          Tensor dy = bench.input("dy", 1, rows, columns);
          bench.backend().elements().biasBackward(dy, bench.updated("dBias", 1, columns));
        });
  }

  private static String name(Activation activation) {
    return activation.name().toLowerCase(Locale.ROOT);
  }
}
