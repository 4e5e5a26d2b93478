package dev.sluice.parity;

import dev.sluice.backend.reference.Rounding;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;

/** How far each element of each result may be off. */
@FunctionalInterface
interface Bound {
  /** Half the distance from 1 to the next float: the largest relative error of one rounding. */
  double UNIT = 0x1p-24;

  /** The least positive float; below it a rounding's error is absolute. */
  double LEAST = 0x1p-149;

  /** What sigmoid, tanh, exp and log may be off: 6 units in the last place, of at most 2 u each. */
  double FUNCTION = 12 * UNIT;

  /** Below this a function's result may be 0. */
  double VANISHING = 0x1p-125;

  /** With fewer arguments than this their changes may cancel in one run, so there are more runs. */
  int FEW_ARGUMENTS = 2000;

  /** Runs of {@link #sensitivity} for few arguments. */
  int MANY_RUNS = 8;

  /** Runs of {@link #sensitivity} otherwise. */
  int FEW_RUNS = 2;

  /** Runs the same on the reference in other circumstances. */
  @FunctionalInterface
  interface Rerun {
    /**
     * The results.
     *
     * @param arguments what happens to each floating-point argument
     * @param rounding what happens on the way
     */
    Results with(DoubleUnaryOperator arguments, Rounding rounding);
  }

  /**
   * The bounds.
   *
   * @param expected arguments and results of the reference
   * @param rerun runs the same on the reference with each floating-point argument changed
   * @return as many numbers for each result as it has elements
   */
  Map<String, double[]> allowed(Results expected, Rerun rerun);

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
          .with(Math::abs, Rounding.NONE)
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
   * anything. What a chain of sums computes in single precision is the exact result of arguments that
   * are changed by a relative gamma(n), n being the terms of the longest sum (backward error analysis:
   * Higham 2002, section 1.5). So the reference runs again with every argument changed by that much
   * and every value of an elementary function by {@link #FUNCTION}, each up or down at random. Twice
   * what moves most within a result, and the rounding of its largest element, is what each of its
   * elements may be off.
   *
   * @param n terms of the longest sum
   */
  static Bound sensitivity(long n) {
    return (expected, rerun) -> {
      Map<String, double[]> allowed = new LinkedHashMap<>();
      expected.outputs().forEach((name, exact) -> allowed.put(name, new double[exact.length]));
      int runs = expected.inputCount() < FEW_ARGUMENTS ? MANY_RUNS : FEW_RUNS;
      for (int run = 0; run < runs; run++) {
        Random random = new Random(run);
        Results moved =
            rerun.with(
                upOrDown(random, gamma(n)), Rounding.ofFunctions(upOrDown(random, FUNCTION)));
        expected
            .outputs()
            .forEach((name, exact) -> {
              double[] bound = allowed.get(name);
              Arrays.fill(bound, Math.max(bound[0], mostMoved(exact, moved.output(name))));
            });
      }
      return allowed;
    };
  }

  private static DoubleUnaryOperator upOrDown(Random random, double change) {
    return value -> value * (random.nextBoolean() ? 1 + change : 1 - change);
  }

  private static double mostMoved(double[] exact, double[] moved) {
    double most = 0;
    double largest = 0;
    for (int i = 0; i < exact.length; i++) {
      most = Math.max(most, Math.abs(moved[i] - exact[i]));
      largest = Math.max(largest, Math.abs(exact[i]));
    }
    return 2 * most + 4 * UNIT * largest;
  }
}
