package dev.sluice.parity;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Holds a backend to the reference, one test for each case of the parity suite. A backend joins by one
 * subclass that opens it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class BackendParityTest {
  private Backend backend;

  /** Opens the backend to be tested; this class closes it. */
  protected abstract Backend open();

  @TestFactory
  protected Stream<DynamicTest> agreesWithTheReference() {
    backend = open();
    return trials()
        .map(trial -> DynamicTest.dynamicTest(trial.parityCase().toString(), () -> check(trial)));
  }

  /** The cases: all of the suite unless a subclass chooses. */
  protected Stream<ParityTrial> trials() {
    return ParitySuite.trials().stream();
  }

  private void check(ParityTrial trial) {
    ParityResult result = trial.run(backend);
    assertTrue(result.passed(), () -> ParityTable.row(result));
  }

  @AfterAll
  protected void close() {
    if (backend != null) {
      backend.close();
    }
  }
}
