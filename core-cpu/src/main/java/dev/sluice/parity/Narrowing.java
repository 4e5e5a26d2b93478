package dev.sluice.parity;

import dev.sluice.backend.Precision;
import dev.sluice.backend.reference.Rounding;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;

/** Rounding to the numbers that a reduced precision has, of what fp32 makes of a number. */
public final class Narrowing {
  /** Bits of an fp32 mantissa that TF32 drops. */
  private static final int TF32_DROPS = 13;

  /** Bits of an fp32 number that bf16 drops. */
  private static final int BF16_DROPS = 16;

  private Narrowing() {}

  /**
   * To the nearest, at the points where a backend of that precision rounds. Ties go to even in bf16
   * and away from zero in TF32, as CUDA's conversions do ({@code cvt.rn.bf16}, {@code
   * cvt.rna.tf32}).
   */
  public static Rounding nearest(Precision precision) {
    return switch (precision) {
      case FP32 -> Rounding.NONE;
      case TF32 ->
          operands(x -> {
            int bits = Float.floatToRawIntBits((float) x);
            return upper(bits + (1 << TF32_DROPS - 1), TF32_DROPS);
          });
      case BF16 ->
          everywhere(x -> {
            int bits = Float.floatToRawIntBits((float) x);
            return upper(bits + 0x7fff + (bits >>> BF16_DROPS & 1), BF16_DROPS);
          });
    };
  }

  /** To one of the two neighbours by a throw of a coin, at the same points. */
  static Rounding random(Precision precision, SplittableRandom random) {
    return switch (precision) {
      case FP32 -> Rounding.NONE;
      case TF32 -> operands(x -> upOrDown(x, TF32_DROPS, random));
      case BF16 -> everywhere(x -> upOrDown(x, BF16_DROPS, random));
    };
  }

  private static Rounding operands(DoubleUnaryOperator operands) {
    DoubleUnaryOperator exact = DoubleUnaryOperator.identity();
    return new Rounding(exact, operands, exact);
  }

  private static Rounding everywhere(DoubleUnaryOperator numbers) {
    return new Rounding(DoubleUnaryOperator.identity(), numbers, numbers);
  }

  private static double upOrDown(double x, int drops, SplittableRandom random) {
    int bits = Float.floatToRawIntBits((float) x);
    boolean between = (bits & (1 << drops) - 1) != 0;
    return upper(between && random.nextBoolean() ? bits + (1 << drops) : bits, drops);
  }

  private static float upper(int bits, int drops) {
    return Float.intBitsToFloat(bits >> drops << drops);
  }
}
