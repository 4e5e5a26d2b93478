package dev.sluice.parity;

import dev.sluice.backend.Backend;
import dev.sluice.backend.reference.ReferenceBackend;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * A call with wrong arguments: the tested backend must refuse it with the reference's words, and write
 * nothing.
 */
record RefusalTrial(ParityCase parityCase, Computation computation) implements ParityTrial {
  @Override
  public ParityResult run(Backend tested) {
    try (ReferenceBackend reference = new ReferenceBackend()) {
      String wanted = refusal(reference);
      String got = refusal(tested);
      if (wanted.equals(got)) {
        return new ParityResult(parityCase, 0, 0, true, "");
      }
      return ParityResult.failed(parityCase, "it says '" + got + "' but must say '" + wanted + "'");
    } catch (RuntimeException failure) {
      return ParityResult.failed(parityCase, failure.toString());
    }
  }

  private String refusal(Backend backend) {
    try (Workbench bench = new Workbench(backend, parityCase, DoubleUnaryOperator.identity())) {
      try {
        computation.run(bench);
      } catch (IllegalArgumentException refused) {
        requireUnwritten(bench.finish());
        return refused.getMessage();
      }
      throw new Violation("the call was not refused");
    }
  }

  private static void requireUnwritten(Results results) {
    for (Map.Entry<String, double[]> output : results.outputs().entrySet()) {
      for (double value : output.getValue()) {
        if (!Double.isNaN(value)) {
          throw new Violation(output.getKey() + " was written before the call was refused");
        }
      }
    }
  }
}
