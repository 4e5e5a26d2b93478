package dev.sluice.optim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A whole training step on the CPU backend: what it allocates, and what it computes. */
class SteadyStepTest {
  /** The optimiser's three scalars are all that the forecast leaves out. */
  @Test
  void theForecastIsWhatTrainingAllocates() {
    try (Training training = new Training("cpu", 1)) {
      assertEquals(training.forecast + 3 * 4, training.allocated);
    }
  }

  /**
   * Less than 1 KB a step. Measured in JVMs of their own, since a coverage agent's probes keep vector
   * code from being compiled into one piece, and every vector is an object then. The same happens
   * when a JVM compiles a caller before what it calls, so that up to three may try: the code makes no
   * garbage as soon as one of them shows none.
   */
  @Test
  void aStepAllocatesNextToNothing() throws Exception {
    long allocated = Long.MAX_VALUE;
    for (int start = 0; start < 3 && allocated >= StepAllocation.LIMIT; start++) {
      allocated = allocatedInNewJvm();
    }
    assertTrue(allocated < StepAllocation.LIMIT, "a step allocates " + allocated + " bytes");
  }

  private static long allocatedInNewJvm() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                StepAllocation.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    assertEquals(0, process.waitFor(), printed);
    return Long.parseLong(printed);
  }

  /**
   * The same loss and gradients from the same parameters. Parameters after a step are not compared:
   * Adam divides by the gradient's size, so rounding alone decides the step where it is nearly zero.
   */
  @Test
  void aStepAgreesWithTheReference() {
    try (Training fast = new Training("cpu", 1);
        Training exact = new Training("reference", 1)) {
      fast.step();
      exact.step();
      assertEquals(exact.loss.mean(), fast.loss.mean(), 1e-6 * exact.loss.mean());
      float norm = exact.optimizer.gradientNorm();
      assertEquals(norm, fast.optimizer.gradientNorm(), 1e-6f * norm);
      assertArrayEquals(
          exact.store.gradients().toFloats(), fast.store.gradients().toFloats(), 1e-6f * norm);
    }
  }

  @Test
  void threadsDoNotChangeABit() {
    try (Training one = new Training("cpu", 1);
        Training three = new Training("cpu", 3)) {
      for (int i = 0; i < 5; i++) {
        one.step();
        three.step();
      }
      assertArrayEquals(one.store.values().toFloats(), three.store.values().toFloats());
      assertEquals(one.loss.mean(), three.loss.mean());
    }
  }
}
