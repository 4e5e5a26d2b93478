package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.MatrixOps;
import dev.sluice.backend.Tensor;
import jcuda.cudaDataType;

/** Matrix products by cuBLAS. */
final class CudaMatrixOps implements MatrixOps {
  private final CudaRuntime runtime;

  CudaMatrixOps(CudaRuntime runtime) {
    this.runtime = runtime;
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
    runtime
        .blas()
        .multiply(
            runtime.lane(),
            result.shape().rows(),
            result.shape().columns(),
            transposeA ? left.shape().rows() : left.shape().columns(),
            alpha,
            new Blas.Matrix(left.pointer(), left.shape().columns(), transposeA),
            dataType(left.type()),
            new Blas.Matrix(right.pointer(), right.shape().columns(), transposeB),
            beta,
            new Blas.Matrix(result.pointer(), result.shape().columns(), false),
            dataType(result.type()));
  }

  private static int dataType(DType type) {
    return type == DType.FLOAT32 ? cudaDataType.CUDA_R_32F : cudaDataType.CUDA_R_16BF;
  }
}
