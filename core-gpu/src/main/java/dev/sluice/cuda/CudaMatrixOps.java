package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.MatrixOps;
import dev.sluice.backend.Precision;
import dev.sluice.backend.Tensor;

/** Matrix products by cuBLAS; in bf16, of rounded copies of fp32 factors. */
final class CudaMatrixOps implements MatrixOps {
  private final CudaRuntime runtime;
  private final Casts casts;

  CudaMatrixOps(CudaRuntime runtime, Casts casts) {
    this.runtime = runtime;
    this.casts = casts;
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
    CudaTensor left = runtime.own(a);
    CudaTensor right = runtime.own(b);
    CudaTensor result = runtime.own(c);
    if (left.type() != right.type()
        || (left.type() == DType.FLOAT32 && result.type() != DType.FLOAT32)) {
      throw new IllegalArgumentException(
          ("gemm: a is %s, b is %s and c is %s; a and b must be of one type, and c too "
                  + "unless it is FLOAT32")
              .formatted(left.type(), right.type(), result.type()));
    }
    int inner = transposeA ? left.shape().rows() : left.shape().columns();
    long room = narrows(left) ? bytes(left.size()) : 0;
    long work = narrows(left) ? runtime.scratch().take(room + bytes(right.size())) : 0;
    runtime
        .blas()
        .multiply(
            runtime.lane(),
            result.shape().rows(),
            result.shape().columns(),
            inner,
            alpha,
            factor(left, work, transposeA),
            factor(right, work + room, transposeB),
            beta,
            new Blas.Matrix(result.pointer(), result.type(), result.shape().columns(), false));
  }

  /** Whether a factor is rounded to bf16 first. */
  private boolean narrows(CudaTensor factor) {
    return runtime.precision() == Precision.BF16 && factor.type() == DType.FLOAT32;
  }

  /** Of that many bf16 numbers, so that the next ones are aligned to 16 bytes too. */
  private static long bytes(long count) {
    return Grid.divide(count * DType.BFLOAT16.bytes(), 16) * 16;
  }

  /** A factor as it is, or its bf16 copy at {@code work}. */
  private Blas.Matrix factor(CudaTensor from, long work, boolean transposed) {
    int columns = from.shape().columns();
    if (!narrows(from)) {
      return new Blas.Matrix(from.pointer(), from.type(), columns, transposed);
    }
    casts.narrow(runtime.lane(), from.address(), work, from.size());
    return new Blas.Matrix(new NativeAddress(work), DType.BFLOAT16, columns, transposed);
  }
}
