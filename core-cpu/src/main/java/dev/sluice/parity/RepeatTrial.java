package dev.sluice.parity;

import dev.sluice.backend.Backend;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/** Runs a computation twice on the tested backend: both runs must give the same bits. */
record RepeatTrial(ComparisonTrial once) implements ParityTrial {
  @Override
  public ParityCase parityCase() {
    ParityCase first = once.parityCase();
    return new ParityCase(first.operation(), first.option() + ", twice", first.size());
  }

  @Override
  public ParityResult run(Backend tested) {
    try {
      Results first = once.compute(tested, DoubleUnaryOperator.identity());
      Results second = once.compute(tested, DoubleUnaryOperator.identity());
      return compare(first, second);
    } catch (RuntimeException failure) {
      return ParityResult.failed(parityCase(), failure.toString());
    }
  }

  private ParityResult compare(Results first, Results second) {
    for (String name : first.outputs().keySet()) {
      double[] a = first.output(name);
      double[] b = second.output(name);
      int at = Arrays.mismatch(a, b);
      if (at >= 0) {
        return new ParityResult(
            parityCase(),
            Math.abs(a[at] - b[at]),
            0,
            false,
            String.format(
                Locale.ROOT,
                "%s[%d] is %.9g at first and %.9g the second time",
                name,
                at,
                a[at],
                b[at]));
      }
    }
    return new ParityResult(parityCase(), 0, 0, true, "");
  }
}
