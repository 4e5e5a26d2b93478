package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is counted as allocated, and how many samples there are. */
class SamplerTest {
  private static final Sampler.Effort EFFORT = new Sampler.Effort(20_000_000, 60_000_000, 3);

  /** Takes a tenth of a millisecond and allocates some bytes, by the number of the iteration. */
  private static final class Fake implements Workload.Prepared {
    private final IntUnaryOperator bytes;
    private int iterations;
    private byte[] allocated = new byte[0];

    Fake(IntUnaryOperator bytes) {
      this.bytes = bytes;
    }

    @Override
    public void run() {
      int count = bytes.applyAsInt(iterations++);
      if (count > 0) {
        allocated = new byte[count];
      }
      long end = System.nanoTime() + 100_000;
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
    }

    @Override
    public float[] outputs() {
      return new float[allocated.length];
    }

    @Override
    public void close() {}
  }

  private static Sampler sampled(boolean eachAlone, int rounds, IntUnaryOperator bytes) {
    try (Backend backend = Backends.choose("reference", new BackendOptions(1, 0)).backend()) {
      Sampler sampler = new Sampler(backend, eachAlone);
      Fake fake = new Fake(bytes);
      for (int round = 0; round < rounds; round++) {
        sampler.round(fake, EFFORT);
      }
      return sampler;
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAnIterationAllocatesIsCounted(boolean eachAlone) {
    assertEquals(10_000, sampled(eachAlone, 2, _ -> 10_000).allocatedPerIteration(), 500);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsAllocatedNowAndThenIsCounted(boolean eachAlone) {
    Sampler sampler = sampled(eachAlone, 2, i -> i % 7 == 0 ? 70_000 : 0);
    assertEquals(10_000, sampler.allocatedPerIteration(), 2_000);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsAllocatedBeforeTheCompilerIsDoneIsNot(boolean eachAlone) {
    Sampler sampler = sampled(eachAlone, 2, i -> i < 300 ? 10_000 : 0);
    assertTrue(sampler.allocatedPerIteration() < 500, () -> sampler.allocatedPerIteration() + " B");
    Sampler later = sampled(eachAlone, 2, i -> i > 600 ? 10_000 : 0);
    assertTrue(later.allocatedPerIteration() < 500, () -> later.allocatedPerIteration() + " B");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aRoundWithoutTimeTakesTheFewestSamples(int more) {
    try (Backend backend = Backends.choose("reference", new BackendOptions(1, 0)).backend()) {
      Sampler sampler = new Sampler(backend, true);
      sampler.round(new Fake(_ -> 10_000), new Sampler.Effort(0, 0, 2 + more));
      assertEquals(2 + more, sampler.timing().samples());
      assertEquals(10_000, sampler.allocatedPerIteration(), 500);
    }
  }
}
