package dev.sluice.parity;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Precision;
import dev.sluice.backend.reference.ReferenceBackend;
import dev.sluice.backend.reference.Rounding;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * Runs a computation on the tested backend and on the reference and compares every element of every
 * result with its bound.
 */
record ComparisonTrial(ParityCase parityCase, Computation computation, Bound bound)
    implements ParityTrial {
  @Override
  public ParityResult run(Backend tested) {
    Results expected;
    Map<String, double[]> allowed;
    Precision precision = tested.precision();
    Bound limit = precision == Precision.FP32 ? bound : new ReducedBound(bound, precision);
    try (ReferenceBackend reference = new ReferenceBackend()) {
      expected = compute(reference, DoubleUnaryOperator.identity());
      allowed = limit.allowed(expected, this::rerun);
    }
    try {
      return compare(expected, allowed, compute(tested, DoubleUnaryOperator.identity()));
    } catch (RuntimeException failure) {
      String reason = failure instanceof Violation ? "" : failure.getClass().getSimpleName() + ": ";
      return ParityResult.failed(parityCase, reason + failure.getMessage());
    }
  }

  Results compute(Backend backend, DoubleUnaryOperator change) {
    try (Workbench bench = new Workbench(backend, parityCase, change)) {
      computation.run(bench);
      return bench.finish();
    }
  }

  private Results rerun(DoubleUnaryOperator arguments, Rounding rounding) {
    try (ReferenceBackend changed = new ReferenceBackend(rounding)) {
      return compute(changed, arguments);
    }
  }

  private ParityResult compare(Results expected, Map<String, double[]> allowed, Results actual) {
    double worst = -1;
    ParityResult result = ParityResult.failed(parityCase, "there is no result");
    for (String name : expected.outputs().keySet()) {
      double[] wanted = expected.output(name);
      double[] got = actual.output(name);
      for (int i = 0; i < wanted.length; i++) {
        if (Double.isNaN(wanted[i]) && !expected.expectsNaN()) {
          return ParityResult.failed(
              parityCase, "the reference did not write " + name + "[" + i + "]");
        }
        double error = distance(wanted[i], got[i]);
        double limit = allowed.get(name)[i];
        double ratio = error == 0 ? 0 : error / limit;
        if (Double.isNaN(ratio)) {
          ratio = Double.POSITIVE_INFINITY;
        }
        if (ratio > worst) {
          worst = ratio;
          boolean passed = ratio <= 1;
          String message =
              passed
                  ? ""
                  : String.format(
                      Locale.ROOT, "%s[%d] is %.9g but must be %.9g", name, i, got[i], wanted[i]);
          result = new ParityResult(parityCase, error, limit, passed, message);
        }
      }
    }
    return result;
  }

  /** 0 for two NaN and for the same infinity; NaN when only one of them is finite. */
  private static double distance(double wanted, double got) {
    if (wanted == got || Double.isNaN(wanted) && Double.isNaN(got)) {
      return 0;
    }
    return Double.isFinite(wanted) ? Math.abs(wanted - got) : Double.NaN;
  }
}
