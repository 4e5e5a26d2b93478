package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * exp, sigmoid and tanh as polynomials of our own: a library's differ from machine to machine in
 * the last bits, these do not. Each has a form for vectors and one for a single number, which
 * return the same bits, so that a scalar tail agrees with the vector loop. NaN gives NaN.
 *
 * <p><b>One of these functions in a loop.</b> C2 stops inlining after some 18,000 nodes, and what
 * it does not inline it boxes: 20 times slower, and 70 bytes on the heap for each vector. An
 * exponential or a sigmoid takes 9,300 nodes, a tanh 7,000, an array access or an addition 450. So
 * an LSTM's gates take a pass each over a row that stays in the first-level cache: 0.54 G units/s,
 * all five functions.
 *
 * <p>Figures are from one core of a 2.6 GHz Zen 4. Errors are the largest over all floats, in units
 * in the last place of the exact result.
 */
final class VectorMath {
  /** Bits of a float below its exponent. */
  private static final int FRACTION_BITS = 23;

  private static final float LOG2_E = 0x1.715476p0f;

  /** ln 2 = LN2_HIGH + LN2_LOW, to 48 bits. */
  private static final float LN2_HIGH = 0x1.62e43p-1f;

  private static final float LN2_LOW = -0x1.05c61p-29f;

  /**
   * Adding 1.5 · 2^23 rounds to an integer n and leaves it in the low bits; adding the exponent's
   * bias as well leaves the exponent field of 2^n there, so that one shift makes 2^n.
   */
  private static final float ROUND_TO_POWER = 0x1.8p23f + 127;

  /** As {@link #ROUND_TO_POWER}, for 2^(n-1). */
  private static final float ROUND_TO_HALF_POWER = 0x1.8p23f + 126;

  /** e^r = 1 + r + E2 r² + ... + E6 r^6 for |r| up to ln(2)/2, fitted in single precision. */
  private static final float E2 = 0x1.000008p-1f;

  private static final float E3 = 0x1.5555b8p-3f;
  private static final float E4 = 0x1.5551d8p-5f;
  private static final float E5 = 0x1.118488p-7f;
  private static final float E6 = 0x1.6b559cp-10f;

  /** Beyond these, e^x is 0 and infinity. */
  private static final float EXP_LOWEST = -87.5f;

  private static final float EXP_HIGHEST = 89f;

  /** Beyond these, the sigmoid is 0 and 1. */
  private static final float SIGMOID_LOWEST = -88.5f;

  private static final float SIGMOID_HIGHEST = 87f;

  /** From here on tanh is 1; it falls short of it by 3.1 units in the last place. */
  private static final float TANH_ONE = 8.1f;

  /**
   * tanh x = x (1 + P1 u + ... + P4 u^4) / (1 + Q1 u + ... + Q4 u^4), u = x²: minimax on ±8.1, then
   * searched in single precision for the smallest error that never passes 1.
   */
  private static final float P1 = 0x1.1343eep-3f;

  private static final float P2 = 0x1.d386c8p-9f;
  private static final float P3 = 0x1.6dee84p-16f;
  private static final float P4 = 0x1.035deap-26f;
  private static final float Q1 = 0x1.def74cp-2f;
  private static final float Q2 = 0x1.ac64d8p-6f;
  private static final float Q3 = 0x1.64df9ap-12f;
  private static final float Q4 = 0x1.c6d584p-21f;

  private VectorMath() {}

  /**
   * e^x, 1.04 ulp; 0 below 2^-125.5, where x is under -86.99. With n = round(x / ln 2) it is 2^n
   * times a polynomial in x - n ln 2. The polynomial is doubled and the power halved, since 2^128
   * is no float. 4.3 G elements/s with 512-bit vectors, 3.4 with 256.
   */
  static FloatVector exp(FloatVector x) {
    FloatVector limited =
        x.blend(EXP_LOWEST, x.compare(VectorOperators.LT, EXP_LOWEST))
            .blend(EXP_HIGHEST, x.compare(VectorOperators.GT, EXP_HIGHEST));
    FloatVector rounder = broadcast(SPECIES, ROUND_TO_HALF_POWER);
    FloatVector rounded = limited.fma(broadcast(SPECIES, LOG2_E), rounder);
    FloatVector n = rounded.sub(rounder);
    FloatVector r = n.fma(broadcast(SPECIES, -LN2_HIGH), limited);
    r = n.fma(broadcast(SPECIES, -LN2_LOW), r);
    FloatVector p = r.fma(broadcast(SPECIES, 2 * E6), broadcast(SPECIES, 2 * E5));
    p = p.fma(r, broadcast(SPECIES, 2 * E4));
    p = p.fma(r, broadcast(SPECIES, 2 * E3));
    p = p.fma(r, broadcast(SPECIES, 2 * E2));
    p = p.fma(r, broadcast(SPECIES, 2));
    p = p.fma(r, broadcast(SPECIES, 2));
    return p.mul(
        rounded
            .reinterpretAsInts()
            .lanewise(VectorOperators.LSHL, FRACTION_BITS)
            .reinterpretAsFloats());
  }

  /** e^x: the bits of a lane of {@link #exp(FloatVector)}. */
  static float exp(float x) {
    float limited = x < EXP_LOWEST ? EXP_LOWEST : x;
    limited = limited > EXP_HIGHEST ? EXP_HIGHEST : limited;
    float rounded = Math.fma(limited, LOG2_E, ROUND_TO_HALF_POWER);
    float n = rounded - ROUND_TO_HALF_POWER;
    float r = Math.fma(n, -LN2_HIGH, limited);
    r = Math.fma(n, -LN2_LOW, r);
    float p = Math.fma(r, 2 * E6, 2 * E5);
    p = Math.fma(p, r, 2 * E4);
    p = Math.fma(p, r, 2 * E3);
    p = Math.fma(p, r, 2 * E2);
    p = Math.fma(p, r, 2);
    p = Math.fma(p, r, 2);
    return p * Float.intBitsToFloat(Float.floatToRawIntBits(rounded) << FRACTION_BITS);
  }

  /**
   * 1 / (1 + e^-x), 2.5 ulp; 0 below -88.38. The exponential is that of {@link #exp(FloatVector)}
   * with the signs of the odd terms turned, so that x need not be negated. 3.6 G elements/s with
   * 512-bit vectors, 2.8 with 256.
   */
  static FloatVector sigmoid(FloatVector x) {
    FloatVector limited =
        x.blend(SIGMOID_LOWEST, x.compare(VectorOperators.LT, SIGMOID_LOWEST))
            .blend(SIGMOID_HIGHEST, x.compare(VectorOperators.GT, SIGMOID_HIGHEST));
    FloatVector rounder = broadcast(SPECIES, ROUND_TO_POWER);
    FloatVector rounded = limited.fma(broadcast(SPECIES, -LOG2_E), rounder);
    FloatVector n = rounded.sub(rounder);
    FloatVector r = n.fma(broadcast(SPECIES, LN2_HIGH), limited);
    r = n.fma(broadcast(SPECIES, LN2_LOW), r);
    FloatVector p = r.fma(broadcast(SPECIES, E6), broadcast(SPECIES, -E5));
    p = p.fma(r, broadcast(SPECIES, E4));
    p = p.fma(r, broadcast(SPECIES, -E3));
    p = p.fma(r, broadcast(SPECIES, E2));
    p = p.fma(r, broadcast(SPECIES, -1));
    FloatVector one = broadcast(SPECIES, 1);
    p = p.fma(r, one);
    FloatVector power =
        rounded
            .reinterpretAsInts()
            .lanewise(VectorOperators.LSHL, FRACTION_BITS)
            .reinterpretAsFloats();
    return one.div(p.fma(power, one));
  }

  /** 1 / (1 + e^-x): the bits of a lane of {@link #sigmoid(FloatVector)}. */
  static float sigmoid(float x) {
    float limited = x < SIGMOID_LOWEST ? SIGMOID_LOWEST : x;
    limited = limited > SIGMOID_HIGHEST ? SIGMOID_HIGHEST : limited;
    float rounded = Math.fma(limited, -LOG2_E, ROUND_TO_POWER);
    float n = rounded - ROUND_TO_POWER;
    float r = Math.fma(n, LN2_HIGH, limited);
    r = Math.fma(n, LN2_LOW, r);
    float p = Math.fma(r, E6, -E5);
    p = Math.fma(p, r, E4);
    p = Math.fma(p, r, -E3);
    p = Math.fma(p, r, E2);
    p = Math.fma(p, r, -1);
    p = Math.fma(p, r, 1);
    float power = Float.intBitsToFloat(Float.floatToRawIntBits(rounded) << FRACTION_BITS);
    return 1 / Math.fma(p, power, 1);
  }

  /**
   * tanh x, 4.8 ulp; never beyond ±1. A ratio of polynomials rather than exponentials: 4.1 G
   * elements/s with 512-bit vectors, 3.3 with 256.
   */
  static FloatVector tanh(FloatVector x) {
    FloatVector u = x.mul(x);
    FloatVector one = broadcast(SPECIES, 1);
    FloatVector p = u.fma(broadcast(SPECIES, P4), broadcast(SPECIES, P3));
    p = p.fma(u, broadcast(SPECIES, P2));
    p = p.fma(u, broadcast(SPECIES, P1));
    p = p.fma(u.mul(x), x);
    FloatVector q = u.fma(broadcast(SPECIES, Q4), broadcast(SPECIES, Q3));
    q = q.fma(u, broadcast(SPECIES, Q2));
    q = q.fma(u, broadcast(SPECIES, Q1));
    q = q.fma(u, one);
    return p.div(q)
        .blend(one, x.compare(VectorOperators.GT, TANH_ONE))
        .blend(-1, x.compare(VectorOperators.LT, -TANH_ONE));
  }

  /** tanh x: the bits of a lane of {@link #tanh(FloatVector)}. */
  static float tanh(float x) {
    float u = x * x;
    float p = Math.fma(u, P4, P3);
    p = Math.fma(p, u, P2);
    p = Math.fma(p, u, P1);
    p = Math.fma(p, u * x, x);
    float q = Math.fma(u, Q4, Q3);
    q = Math.fma(q, u, Q2);
    q = Math.fma(q, u, Q1);
    q = Math.fma(q, u, 1);
    float y = x > TANH_ONE ? 1 : p / q;
    return x < -TANH_ONE ? -1 : y;
  }

  /** y[i] = σ(x[i]) for n numbers; y may be x. */
  static void sigmoid(float[] x, int fromX, float[] y, int fromY, int n) {
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += Lanes.LANES) { // vector main
      sigmoid(FloatVector.fromArray(SPECIES, x, fromX + i)).intoArray(y, fromY + i);
    }
    for (; i < n; i++) { // scalar tail
      y[fromY + i] = sigmoid(x[fromX + i]);
    }
  }

  /** y[i] = tanh(x[i]) for n numbers; y may be x. */
  static void tanh(float[] x, int fromX, float[] y, int fromY, int n) {
    int i = 0;
    for (int bound = SPECIES.loopBound(n); i < bound; i += Lanes.LANES) { // vector main
      tanh(FloatVector.fromArray(SPECIES, x, fromX + i)).intoArray(y, fromY + i);
    }
    for (; i < n; i++) { // scalar tail
      y[fromY + i] = tanh(x[fromX + i]);
    }
  }
}
