package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.DType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Reduced precision is held to twice the error of a product computed exactly from factors rounded
 * to it, beside what fp32 itself may be off.
 */
class CudaPrecisionTest {
  private static final int M = 17;
  private static final int N = 13;
  private static final int K = 65;

  @ParameterizedTest
  @EnumSource(Precision.class)
  void productsAreAsExactAsTheirPrecision(Precision precision) {
    int bits =
        switch (precision) {
          case FP32 -> 24;
          case TF32 -> 11;
          case BF16 -> 8;
        };
    try (Backend backend = open(precision)) {
      Tensor a = RecurrentRuns.filled(backend, 1, 1, Shape.of(M, K));
      Tensor b = RecurrentRuns.filled(backend, 2, 1, Shape.of(N, K));
      Tensor c = backend.allocate(DType.FLOAT32, Shape.of(M, N));
      backend.matrix().gemm(false, true, 1, a, b, 0, c);
      float[] left = a.toFloats();
      float[] right = b.toFloats();
      float[] result = c.toFloats();
      double worst = 0;
      double worstRounded = 0;
      double sum = 0;
      for (int i = 0; i < M * N; i++) {
        double exact = 0;
        double rounded = 0;
        double magnitude = 0;
        for (int k = 0; k < K; k++) {
          float x = left[i / N * K + k];
          float y = right[i % N * K + k];
          exact += (double) x * y;
          rounded += (double) round(x, bits) * round(y, bits);
          magnitude += Math.abs((double) x * y);
        }
        worst = Math.max(worst, Math.abs(result[i] - exact));
        worstRounded = Math.max(worstRounded, Math.abs(rounded - exact));
        sum = Math.max(sum, magnitude);
      }
      double bound = 2 * worstRounded + 2 * K * 0x1p-24 * sum;
      assertTrue(worst <= bound, worst + " > " + bound);
    }
  }

  /**
   * A bf16 result of two products that cancel but for what bf16 holds of neither, 2^-14: partial
   * sums are fp32 whatever the type of the result.
   */
  @Test
  void partialSumsAreNotRounded() {
    try (Backend backend = open(Precision.BF16)) {
      Tensor a = backend.allocate(DType.BFLOAT16, Shape.of(1, 2));
      Tensor b = backend.allocate(DType.BFLOAT16, Shape.of(2, 1));
      Tensor c = backend.allocate(DType.BFLOAT16, Shape.of(1, 1));
      a.upload(new float[] {1 + 0x1p-7f, 1 + 0x1p-6f}, 0);
      b.upload(new float[] {1 + 0x1p-7f, -1}, 0);
      backend.matrix().gemm(false, false, 1, a, b, 0, c);
      assertEquals(0x1p-14f, c.toFloats()[0]);
    }
  }

  /** To that many significant bits. */
  private static float round(float x, int bits) {
    if (x == 0) {
      return 0;
    }
    double unit = Math.scalb(1.0, Math.getExponent(x) - bits + 1);
    return (float) (Math.rint(x / unit) * unit);
  }

  @Test
  void theCpuRefusesReducedPrecision() {
    BackendOptions options = new BackendOptions(1, 0, Precision.BF16);
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> Backends.choose("cpu", options));
    assertEquals(
        "--precision bf16 is for GPUs and the device cpu computes in fp32; use --precision fp32",
        refused.getMessage());
  }

  private static Backend open(Precision precision) {
    return StandIn.open(new BackendOptions(0, 0, precision));
  }
}
