package dev.sluice.backend.reference;

import dev.sluice.backend.Checks;
import dev.sluice.backend.MatrixOps;
import dev.sluice.backend.Tensor;

/**
 * Matrix products, element by element:
 *
 * <pre>
 *   C[m, n] = alpha · Σ_k op(A)[m, k] · op(B)[k, n] + beta · C[m, n]
 * </pre>
 *
 * where op(A)[m, k] is A[k, m] when A is transposed, and C is not read when beta is 0.
 */
final class ReferenceMatrix implements MatrixOps {
  private final Rounding rounding;

  ReferenceMatrix(Rounding rounding) {
    this.rounding = rounding;
  }

  @Override
  public void gemm(
      boolean transposeA,
      boolean transposeB,
      float alpha,
      Tensor a,
      Tensor b,
      float beta,
      Tensor c) {
    Checks.gemm(transposeA, transposeB, a, b, c);
    ReferenceTensor left = ReferenceTensor.of(a);
    ReferenceTensor right = ReferenceTensor.of(b);
    ReferenceTensor result = ReferenceTensor.of(c);
    int rows = c.shape().rows();
    int columns = c.shape().columns();
    int inner = transposeA ? a.shape().rows() : a.shape().columns();
    for (int m = 0; m < rows; m++) {
      for (int n = 0; n < columns; n++) {
        double sum = 0;
        for (int k = 0; k < inner; k++) {
          double x = left.get(transposeA ? k * rows + m : m * inner + k);
          double y = right.get(transposeB ? n * inner + k : k * columns + n);
          sum += rounding.operand(x) * rounding.operand(y);
        }
        int at = m * columns + n;
        result.set(at, alpha * sum + (beta == 0 ? 0 : beta * result.get(at)));
      }
    }
  }
}
