package dev.sluice.backend.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The polynomials: their error, their ends, and that lane and scalar twin agree to the bit. */
class VectorMathTest {
  private static final int LANES = Lanes.LANES;

  /** The functions under test with the bounds that their Javadoc states. */
  enum Function {
    EXP(1.04, StrictMath::exp) {
      @Override
      float scalar(float x) {
        return VectorMath.exp(x);
      }

      @Override
      FloatVector vector(FloatVector x) {
        return VectorMath.exp(x);
      }
    },
    SIGMOID(2.5, x -> 1 / (1 + StrictMath.exp(-x))) {
      @Override
      float scalar(float x) {
        return VectorMath.sigmoid(x);
      }

      @Override
      FloatVector vector(FloatVector x) {
        return VectorMath.sigmoid(x);
      }
    },
    TANH(4.8, StrictMath::tanh) {
      @Override
      float scalar(float x) {
        return VectorMath.tanh(x);
      }

      @Override
      FloatVector vector(FloatVector x) {
        return VectorMath.tanh(x);
      }
    };

    final double bound;
    final DoubleUnaryOperator exact;

    Function(double bound, DoubleUnaryOperator exact) {
      this.bound = bound;
      this.exact = exact;
    }

    abstract float scalar(float x);

    abstract FloatVector vector(FloatVector x);
  }

  /** Every 1013th float of those whose result is a normal number, so some million of them. */
  @ParameterizedTest
  @EnumSource
  void errorStaysWithinTheDocumentedBound(Function function) {
    double worst = 0;
    float worstAt = 0;
    for (long bits = 0; bits < 1L << 32; bits += 1013) {
      float x = Float.intBitsToFloat((int) bits);
      double exact = function.exact.applyAsDouble(x);
      double size = Math.abs(exact);
      if (!(size >= 0x1p-125 && size <= Float.MAX_VALUE)) {
        continue;
      }
      double error = Math.abs(function.scalar(x) - exact) / Math.ulp((float) belowPower(size));
      if (error > worst) {
        worst = error;
        worstAt = x;
      }
    }
    assertTrue(
        worst <= function.bound && worst > function.bound / 2,
        function + ": " + worst + " ulp at " + worstAt + ", documented: " + function.bound);
  }

  /** Rounding up to a power of two must not double the unit. */
  private static double belowPower(double exact) {
    float rounded = (float) exact;
    return rounded > exact ? Math.nextDown(rounded) : rounded;
  }

  /** Every 10,007th bit pattern: denormals, infinities and NaN are among them. */
  @ParameterizedTest
  @EnumSource
  void lanesAgreeWithTheScalarTwin(Function function) {
    float[] inputs = new float[LANES];
    float[] outputs = new float[LANES];
    for (long bits = 0; bits < 1L << 32; bits += 10_007L * LANES) {
      for (int lane = 0; lane < LANES; lane++) {
        inputs[lane] = Float.intBitsToFloat((int) (bits + lane * 10_007L));
      }
      agree(function, inputs, outputs);
    }
  }

  @ParameterizedTest
  @EnumSource
  void lanesAgreeAtTheEnds(Function function) {
    float[] ends = {
      0f,
      -0f,
      Float.MIN_VALUE,
      -Float.MIN_VALUE,
      Float.MIN_NORMAL,
      1e30f,
      -1e30f,
      Float.NaN,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.MAX_VALUE,
      -Float.MAX_VALUE,
      89f,
      88.7f,
      -87.5f,
      -86.99f,
      8.1f,
      -8.1f,
      -88.5f,
      87f
    };
    float[] outputs = new float[LANES];
    for (float end : ends) {
      float[] inputs = new float[LANES];
      Arrays.fill(inputs, end);
      inputs[LANES - 1] = Math.nextUp(end);
      inputs[LANES - 2] = Math.nextDown(end);
      agree(function, inputs, outputs);
    }
  }

  private static void agree(Function function, float[] inputs, float[] outputs) {
    function.vector(FloatVector.fromArray(Lanes.SPECIES, inputs, 0)).intoArray(outputs, 0);
    for (int lane = 0; lane < LANES; lane++) {
      int scalar = Float.floatToIntBits(function.scalar(inputs[lane]));
      if (Float.floatToIntBits(outputs[lane]) != scalar) {
        assertEquals(Float.intBitsToFloat(scalar), outputs[lane], function + " of " + inputs[lane]);
      }
    }
  }

  @Test
  void endsAreWhatTheJavadocSays() {
    assertEquals(1f, VectorMath.exp(0f));
    assertEquals(0f, VectorMath.exp(-87.1f));
    assertEquals(0f, VectorMath.exp(Float.NEGATIVE_INFINITY));
    assertEquals(Float.POSITIVE_INFINITY, VectorMath.exp(88.73f));
    assertEquals(Float.POSITIVE_INFINITY, VectorMath.exp(Float.POSITIVE_INFINITY));
    assertTrue(Float.isNaN(VectorMath.exp(Float.NaN)));

    assertEquals(0.5f, VectorMath.sigmoid(0f));
    assertEquals(0f, VectorMath.sigmoid(-88.4f));
    assertEquals(0f, VectorMath.sigmoid(Float.NEGATIVE_INFINITY));
    assertEquals(1f, VectorMath.sigmoid(17.4f));
    assertEquals(1f, VectorMath.sigmoid(Float.POSITIVE_INFINITY));
    assertTrue(Float.isNaN(VectorMath.sigmoid(Float.NaN)));

    assertEquals(1 / Float.NEGATIVE_INFINITY, VectorMath.tanh(-0f));
    assertEquals(Float.MIN_VALUE, VectorMath.tanh(Float.MIN_VALUE));
    assertEquals(1f, VectorMath.tanh(8.2f));
    assertEquals(1f, VectorMath.tanh(Float.POSITIVE_INFINITY));
    assertEquals(-1f, VectorMath.tanh(Float.NEGATIVE_INFINITY));
    assertTrue(Float.isNaN(VectorMath.tanh(Float.NaN)));
  }

  /** 1 - y² and y(1 - y) are used as gradients, so they must not turn negative. */
  @Test
  void saturatedValuesDoNotPassTheirLimits() {
    for (int bits = Float.floatToIntBits(4f); bits < Float.floatToIntBits(9f); bits += 3) {
      float x = Float.intBitsToFloat(bits);
      assertTrue(VectorMath.tanh(x) <= 1, () -> "tanh " + x);
      assertTrue(VectorMath.sigmoid(4 * x) <= 1, () -> "sigmoid " + 4 * x);
      assertTrue(VectorMath.sigmoid(-12 * x) >= 0, () -> "sigmoid " + -12 * x);
    }
  }

  @Test
  void arraysOfAnyLengthAreDoneInPlaceAndNothingBeyond() {
    for (int n : new int[] {0, 1, LANES - 1, LANES, LANES + 1, 37}) {
      float[] values = new float[n + 5];
      for (int i = 0; i < values.length; i++) {
        values[i] = 0.3f * i - 4;
      }
      float[] sigmoid = values.clone();
      VectorMath.sigmoid(sigmoid, 2, sigmoid, 2, n);
      float[] tanh = values.clone();
      VectorMath.tanh(tanh, 2, tanh, 2, n);
      for (int i = 0; i < values.length; i++) {
        boolean within = i >= 2 && i < 2 + n;
        assertEquals(within ? VectorMath.sigmoid(values[i]) : values[i], sigmoid[i]);
        assertEquals(within ? VectorMath.tanh(values[i]) : values[i], tanh[i]);
      }
    }
  }
}
