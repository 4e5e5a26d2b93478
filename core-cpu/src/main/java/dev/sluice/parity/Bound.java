package dev.sluice.parity;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;

/** How far each element of each result may be off. */
@FunctionalInterface
interface Bound {
  /** Half the distance from 1 to the next float: the largest relative error of one rounding. */
  double UNIT = 0x1p-24;

  /** The least positive float; below it a rounding's error is absolute. */
  double LEAST = 0x1p-149;

  /** Runs with other arguments that {@link #sensitivity} averages its estimate over. */
  int PERTURBED_RUNS = 2;

  /**
   * The bounds.
   *
   * @param expected arguments and results of the reference
   * @param rerun runs the same on the reference with each floating-point argument changed
   * @return as many numbers for each result as it has elements
   */
  Map<String, double[]> allowed(Results expected, Function<DoubleUnaryOperator, Results> rerun);

  /** Relative error of n roundings in any order: n u / (1 - n u) (Higham 2002, lemma 3.1). */
  static double gamma(long n) {
    return n * UNIT / (1 - n * UNIT);
  }

  /** The same bits. */
  static Bound exact() {
    return roundings(0);
  }

  /**
   * For results that are sums of products of the arguments: gamma(n) · Σ|product| (Higham 2002,
   * section 3.1), whatever the order of summation and with or without fused multiply-add. The sum of
   * magnitudes is the reference's own result for the absolute values of all arguments.
   *
   * @param n roundings that a product meets on its way into the result: its factors, and one for each
   *     term that is added
   */
  static Bound roundings(long n) {
    return (expected, rerun) -> {
      Map<String, double[]> allowed = new LinkedHashMap<>();
      rerun
          .apply(Math::abs)
          .outputs()
          .forEach((name, magnitudes) -> {
            double[] bound = new double[magnitudes.length];
            for (int i = 0; i < bound.length; i++) {
              bound[i] = n == 0 ? 0 : gamma(n) * Math.abs(magnitudes[i]) + n * LEAST;
            }
            allowed.put(name, bound);
          });
      return allowed;
    };
  }

  /**
   * For long chains of operations, where the worst case of each step multiplied up would allow
   * anything. What a chain of fp32 operations computes is the exact result of arguments that are
   * changed by a relative gamma(n), n being the longest sum in it (backward error analysis: Higham
   * 2002, section 1.5). So the reference runs again with every argument changed by that much, up or
   * down at random, and what moves most within a result, twice, is what each of its elements may be
   * off. The elementary functions' own errors add 32 u of its largest element.
   *
   * @param n terms of the longest sum
   */
  static Bound sensitivity(long n) {
    return (expected, rerun) -> {
      Map<String, double[]> allowed = new LinkedHashMap<>();
      expected.outputs().forEach((name, exact) -> allowed.put(name, new double[exact.length]));
      double change = gamma(n);
      for (int run = 0; run < PERTURBED_RUNS; run++) {
        Random random = new Random(run);
        Results moved =
            rerun.apply(value -> value * (random.nextBoolean() ? 1 + change : 1 - change));
        expected
            .outputs()
            .forEach((name, exact) -> {
              double[] bound = allowed.get(name);
              double most = Math.max(bound[0], mostMoved(exact, moved.output(name)));
              Arrays.fill(bound, most);
            });
      }
      return allowed;
    };
  }

  private static double mostMoved(double[] exact, double[] moved) {
    double most = 0;
    double largest = 0;
    for (int i = 0; i < exact.length; i++) {
      most = Math.max(most, Math.abs(moved[i] - exact[i]));
      largest = Math.max(largest, Math.abs(exact[i]));
    }
    return 2 * most + 32 * UNIT * largest;
  }
}
