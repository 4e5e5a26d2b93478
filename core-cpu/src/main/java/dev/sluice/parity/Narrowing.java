package dev.sluice.parity;

import dev.sluice.backend.Precision;
import dev.sluice.backend.reference.Rounding;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;

/** Rounding to the numbers that a reduced precision has. */
final class Narrowing {
  /** The least exponent of a normal number, in fp32 as in bf16 and TF32. */
  private static final int LEAST_EXPONENT = -126;

  private Narrowing() {}

  /**
   * To the nearest, at the points where a backend of that precision rounds. Ties go to even in bf16
   * and away from zero in TF32, as CUDA's conversions do ({@code cvt.rn.bf16}, {@code
   * cvt.rna.tf32}).
   */
  static Rounding nearest(Precision precision) {
    return switch (precision) {
      case FP32 -> Rounding.NONE;
      case TF32 -> operands(x -> {
        double unit = unit(x, 10);
        return Math.copySign(Math.floor(Math.abs(x) / unit + 0.5) * unit, x);
      });
      case BF16 -> everywhere(x -> Math.rint(x / unit(x, 7)) * unit(x, 7));
    };
  }

  /** To one of the two neighbours by a throw of a coin, at the same points. */
  static Rounding random(Precision precision, Random random) {
    return switch (precision) {
      case FP32 -> Rounding.NONE;
      case TF32 -> operands(x -> upOrDown(x, unit(x, 10), random));
      case BF16 -> everywhere(x -> upOrDown(x, unit(x, 7), random));
    };
  }

  private static Rounding operands(DoubleUnaryOperator operands) {
    DoubleUnaryOperator exact = DoubleUnaryOperator.identity();
    return new Rounding(exact, operands, exact);
  }

  private static Rounding everywhere(DoubleUnaryOperator numbers) {
    return new Rounding(DoubleUnaryOperator.identity(), numbers, numbers);
  }

  private static double upOrDown(double x, double unit, Random random) {
    double below = Math.floor(x / unit) * unit;
    return below == x || random.nextBoolean() ? below : below + unit;
  }

  /** Distance between the neighbours of x that have {@code bits} bits of mantissa. */
  private static double unit(double x, int bits) {
    return Math.scalb(1.0, Math.max(Math.getExponent(x), LEAST_EXPONENT) - bits);
  }
}
