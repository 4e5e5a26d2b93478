package dev.sluice.cuda;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Precision;
import dev.sluice.parity.ParityResult;
import dev.sluice.parity.ParitySuite;
import dev.sluice.parity.ParityTable;
import dev.sluice.parity.ParityTrial;
import java.util.List;

/**
 * Runs the cases of the parity suite whose names match an expression, on the standard path and whatever driver the
 * environment names: a driver is loaded once a process, so another one needs another process. Exits
 * with 0 when all pass, with {@link #RED} when one fails, and tells the first that did.
 */
final class ParityProcess {
  static final int RED = 3;

  private ParityProcess() {}

  public static void main(String[] arguments) {
    List<ParityTrial> trials =
        ParitySuite.trials().stream()
            .filter(trial -> trial.parityCase().toString().matches(arguments[0]))
            .toList();
    if (trials.isEmpty()) {
      throw new IllegalArgumentException("no case matches " + arguments[0]);
    }
    // Left open: after a fault in a kernel nothing can be closed.
    Backend backend = new CudaBackendProvider().create(StandIn.standard(Precision.FP32, false));
    for (ParityTrial trial : trials) {
      ParityResult result = trial.run(backend);
      if (!result.passed()) {
        System.out.println(ParityTable.row(result));
        System.exit(RED);
      }
    }
    System.out.println(trials.size() + " cases pass");
  }
}
