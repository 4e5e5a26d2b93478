package dev.sluice.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Precision;
import dev.sluice.backend.reference.ReferenceBackend;
import dev.sluice.backend.reference.Rounding;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The rule for reduced precision: what it rounds, what it lets pass and what it finds. */
class ReducedBoundTest {
  @ParameterizedTest
  @CsvSource({
    "BF16, 1.00390625, 1", // half a unit above an even number
    "BF16, 1.0039064, 1.0078125",
    "BF16, 1.01171875, 1.015625", // half a unit above an odd number
    "BF16, -0.3, -0.30078125",
    "BF16, 0, 0",
    "TF32, 1.00048828125, 1.0009765625", // half a unit, away from zero
    "TF32, 1.0004882, 1",
    "TF32, -1.00048828125, -1.0009765625",
  })
  void roundsToTheNearest(Precision precision, double x, double rounded) {
    assertEquals(rounded, Narrowing.nearest(precision).operands().applyAsDouble(x));
  }

  @Test
  void bf16RoundsWhatIsKeptAndTf32DoesNot() {
    assertEquals(1, Narrowing.nearest(Precision.BF16).stored().applyAsDouble(1.001));
    assertEquals(1.001, Narrowing.nearest(Precision.TF32).stored().applyAsDouble(1.001));
    assertEquals(Rounding.NONE, Narrowing.nearest(Precision.FP32));
  }

  @Test
  void randomRoundingTakesBothNeighbours() {
    DoubleUnaryOperator random =
        Narrowing.random(Precision.BF16, new SplittableRandom(1)).operands();
    double[] seen = random(random, 1.001).distinct().sorted().mapToDouble(x -> x).toArray();
    assertEquals(2, seen.length);
    assertEquals(1, seen[0]);
    assertEquals(1.0078125, seen[1]);
    assertEquals(1, random(random, 1.5).distinct().count(), "what it has stays as it is");
  }

  private static Stream<Double> random(DoubleUnaryOperator random, double x) {
    return Stream.generate(() -> random.applyAsDouble(x)).limit(50);
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void aBackendThatRoundsAsItSaysPasses(Precision precision) {
    assertTrue(passes(precision, Narrowing.nearest(precision)));
  }

  @ParameterizedTest
  @CsvSource({"FP32, TF32", "TF32, BF16", "FP32, BF16"})
  void aBackendThatRoundsMoreThanItSaysDoesNot(Precision says, Precision rounds) {
    assertFalse(passes(says, Narrowing.nearest(rounds)));
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"TF32", "BF16"})
  void twoBitsLessAreFound(Precision precision) {
    int bits = precision == Precision.TF32 ? 8 : 5;
    DoubleUnaryOperator coarse =
        x -> {
          double unit = Math.scalb(1.0, Math.getExponent(x) - bits);
          return x == 0 ? 0 : Math.rint(x / unit) * unit;
        };
    Rounding right = Narrowing.nearest(precision);
    assertFalse(passes(precision, new Rounding(right.functions(), coarse, right.stored())));
  }

  /** Some of the small cases that round anything. */
  private static boolean passes(Precision says, Rounding rounding) {
    Backend backend = backend(says, rounding);
    int[] index = {0};
    return ParitySuite.trials().stream()
        .filter(trial -> trial instanceof ComparisonTrial)
        .filter(trial -> trial.parityCase().operation().matches("gemm|recurrent.*"))
        .filter(trial -> !trial.parityCase().size().matches(".*H=(3|6).*"))
        .filter(_ -> index[0]++ % 23 == 0)
        .allMatch(trial -> trial.run(backend).passed());
  }

  /** The reference with a rounding, and with the precision that it says it has. */
  private static Backend backend(Precision says, Rounding rounding) {
    Backend reference = new ReferenceBackend(rounding);
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (_, method, arguments) -> {
              if (method.getName().equals("precision")) {
                return says;
              }
              try {
                return method.invoke(reference, arguments);
              } catch (InvocationTargetException failure) {
                throw failure.getCause();
              }
            });
  }
}
