package dev.sluice.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.optim.Schedule.Constant;
import dev.sluice.optim.Schedule.Cosine;
import dev.sluice.optim.Schedule.Exponential;
import dev.sluice.optim.Schedule.Plateau;
import dev.sluice.optim.Schedule.Step;
import dev.sluice.optim.Schedule.Unit;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Learning rates worked out by hand. */
class ScheduleTest {
  private static final double EXACT = 1e-15;

  @Test
  void constant() {
    assertEquals(0.1, new Constant(0.1).rate(1000, 17));
    assertEquals(Map.of(), new Constant(0.1).state());
  }

  @Test
  void stepsByEpochs() {
    Schedule schedule = new Step(8, 0.5, 2, Unit.EPOCHS);
    assertEquals(8, schedule.rate(0, 0));
    assertEquals(8, schedule.rate(1_000_000, 1.99));
    assertEquals(4, schedule.rate(0, 2));
    assertEquals(2, schedule.rate(0, 5.5));
  }

  @Test
  void stepsBySteps() {
    Schedule schedule = new Step(8, 0.5, 3, Unit.STEPS);
    assertEquals(8, schedule.rate(2, 99));
    assertEquals(4, schedule.rate(3, 0));
    assertEquals(1, schedule.rate(9, 0));
  }

  /** char-rnn: ten epochs at 0.002, the eleventh at 0.002 · 0.97, the twelfth at 0.002 · 0.97². */
  @Test
  void exponential() {
    Schedule schedule = new Exponential(0.002, 0.97, 10);
    assertEquals(0.002, schedule.rate(0, 0));
    assertEquals(0.002, schedule.rate(0, 9.999));
    assertEquals(0.00194, schedule.rate(0, 10), EXACT);
    assertEquals(0.00194, schedule.rate(0, 10.5), EXACT);
    assertEquals(0.0018818, schedule.rate(0, 11), EXACT);
    assertEquals(0.5, new Exponential(1, 0.5, 0).rate(0, 0));
  }

  @Test
  void cosineWithWarmUp() {
    Schedule schedule = new Cosine(1, 0.2, 4, 12);
    assertEquals(0.25, schedule.rate(0, 0));
    assertEquals(0.5, schedule.rate(1, 0));
    assertEquals(1, schedule.rate(3, 0));
    assertEquals(1, schedule.rate(4, 0));
    // A quarter of the way: (1 + cos 45°) / 2 = 0.853553...
    assertEquals(0.2 + 0.8 * 0.8535533905932737, schedule.rate(6, 0), EXACT);
    assertEquals(0.6, schedule.rate(8, 0), EXACT);
    assertEquals(0.2, schedule.rate(12, 0));
    assertEquals(0.2, schedule.rate(1000, 0));
    assertEquals(1, new Cosine(1, 0, 0, 10).rate(0, 0));
  }

  @Test
  void plateau() {
    Plateau schedule = new Plateau(1, 0.5, 1, 0.2);
    schedule.validated(3);
    schedule.validated(2);
    assertEquals(1, schedule.rate(0, 0));
    schedule.validated(2);
    assertEquals(1, schedule.rate(0, 0));
    schedule.validated(Double.NaN);
    assertEquals(0.5, schedule.rate(0, 0));
    schedule.validated(5);
    schedule.validated(1.9);
    schedule.validated(5);
    assertEquals(0.5, schedule.rate(0, 0));
    schedule.validated(5);
    assertEquals(0.25, schedule.rate(0, 0));
    schedule.validated(5);
    schedule.validated(5);
    assertEquals(0.2, schedule.rate(0, 0));
  }

  /** A restored plateau goes on as the unbroken one does. */
  @Test
  void plateauResumes() {
    Plateau unbroken = new Plateau(1, 0.5, 2, 0);
    unbroken.validated(2);
    unbroken.validated(3);
    unbroken.validated(3);
    Plateau resumed = new Plateau(1, 0.5, 2, 0);
    resumed.restore(unbroken.state());
    for (double loss : new double[] {2.5, 1, 4, 4, 4}) {
      unbroken.validated(loss);
      resumed.validated(loss);
      assertEquals(unbroken.rate(0, 0), resumed.rate(0, 0));
    }
    assertEquals(0.25, resumed.rate(0, 0));
    assertThrows(IllegalArgumentException.class, () -> resumed.restore(Map.of("rate", 1.0)));
  }

  @Test
  void wrongOptionsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Constant(0));
    assertThrows(IllegalArgumentException.class, () -> new Constant(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> new Constant(Double.POSITIVE_INFINITY));
    assertThrows(IllegalArgumentException.class, () -> new Step(1, 2, 1, Unit.STEPS));
    assertThrows(IllegalArgumentException.class, () -> new Step(1, 0.5, 0, Unit.STEPS));
    assertThrows(IllegalArgumentException.class, () -> new Exponential(1, 0.5, -1));
    assertThrows(IllegalArgumentException.class, () -> new Cosine(1, 2, 0, 10));
    assertThrows(IllegalArgumentException.class, () -> new Cosine(1, 0, 10, 10));
    assertThrows(IllegalArgumentException.class, () -> new Plateau(1, 0.5, -1, 0));
  }
}
