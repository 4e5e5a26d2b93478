package dev.sluice.parity;

import dev.sluice.backend.Precision;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;

/**
 * The bound on a reduced precision: twice the error of a reference that rounds where the backend
 * does, and beside it what single precision may be off.
 *
 * <p>The reference computes again in double with every operand of a product, and in bf16 every
 * number that recurrent layers keep, rounded to the nearest; what is furthest from the exact result
 * within a tensor is that tensor's error E, and 2 E is allowed. In a short computation E may be small
 * by luck alone, and the backend's own last bits, on either side of a tie, may round the other way.
 * So the reference also runs with each rounding up or down by a throw of a coin. The error of such a
 * rounding is spread over ±1 unit rather than ±1/2, a root mean square of unit/√3 rather than
 * unit/√12: exactly twice as large. The furthest of these runs is allowed too.
 *
 * @param single the bound in single precision
 * @param precision of the backend
 */
record ReducedBound(Bound single, Precision precision) implements Bound {
  @Override
  public Map<String, double[]> allowed(Results expected, Rerun rerun) {
    DoubleUnaryOperator same = DoubleUnaryOperator.identity();
    Map<String, Double> errors = new LinkedHashMap<>();
    raise(errors, 2, expected, rerun.with(same, Narrowing.nearest(precision)));
    if (errors.values().stream().anyMatch(error -> error > 0)) {
      int runs = expected.inputCount() < FEW_ARGUMENTS ? MANY_RUNS : FEW_RUNS;
      for (int run = 0; run < runs; run++) {
        SplittableRandom random = new SplittableRandom(run);
        raise(errors, 1, expected, rerun.with(same, Narrowing.random(precision, random)));
      }
    }
    Map<String, double[]> allowed = single.allowed(expected, rerun);
    allowed.forEach((name, bound) -> {
      for (int i = 0; i < bound.length; i++) {
        bound[i] += errors.getOrDefault(name, 0.0); // not every bound has a result
      }
    });
    return allowed;
  }

  /** Raises each result's allowance to {@code factor} times its largest error in a run. */
  private static void raise(
      Map<String, Double> errors, int factor, Results expected, Results rounded) {
    expected
        .outputs()
        .forEach((name, exact) -> {
          double[] moved = rounded.output(name);
          double most = 0;
          for (int i = 0; i < exact.length; i++) {
            if (Double.compare(exact[i], moved[i]) != 0) {
              most = Math.max(most, Math.abs(exact[i] - moved[i]));
            }
          }
          errors.merge(name, factor * most, Math::max);
        });
  }
}
