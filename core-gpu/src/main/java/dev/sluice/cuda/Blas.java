package dev.sluice.cuda;

import static dev.sluice.cuda.CudaCallException.checkBlas;

import dev.sluice.backend.DType;
import dev.sluice.backend.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasOperation;

/**
 * Matrix products of row-major matrices by cuBLAS, which thinks in columns: to it each is its own
 * transpose, so it computes Cᵀ = op(B)ᵀ op(A)ᵀ.
 *
 * <p>cuBLAS chooses the algorithm: its argument for that has no effect from compute capability 8.0 on
 * (NVIDIA's cuBLAS documentation, {@code cublasGemmAlgo_t}). What is left to choose is the layout of
 * a factor, and that is as stored. A layout chosen by timing would change the order of sums with the
 * outcome of a measurement: kept in the cache, which may be deleted, is private to a machine and
 * cannot always be written, it would leave the same run with other bits.
 */
final class Blas {
  private final Device device;
  private final int floatCompute;
  private final MemorySegment factors = Arena.ofAuto().allocate(2L * Float.BYTES, 8);
  private final NativeAddress alphaAddress = new NativeAddress(factors.address());
  private final NativeAddress betaAddress = new NativeAddress(factors.address() + Float.BYTES);

  Blas(Device device, Precision precision) {
    this.device = device;
    // In bf16 the factors arrive as bf16; a product of fp32 ones is then of full precision.
    this.floatCompute =
        precision == Precision.TF32
            ? cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32
            : cublasComputeType.CUBLAS_COMPUTE_32F;
  }

  /**
   * One matrix in device memory.
   *
   * @param pointer to its first element
   * @param type FLOAT32 or BFLOAT16
   * @param stride elements from one row to the next
   * @param transposed whether op transposes it
   */
  record Matrix(Pointer pointer, DType type, long stride, boolean transposed) {
    /** As stored, fp32. */
    static Matrix of(long address, long stride) {
      return of(address, DType.FLOAT32, stride);
    }

    /** As stored. */
    static Matrix of(long address, DType type, long stride) {
      return new Matrix(new NativeAddress(address), type, stride, false);
    }

    /** The same, transposed. */
    Matrix transpose() {
      return new Matrix(pointer, type, stride, !transposed);
    }
  }

  /**
   * C [m, n] = alpha · op(A) [m, k] · op(B) [k, n] + beta · C, added up in fp32. A and B are of one
   * type, C is of that or fp32. When beta is 0, C is not read.
   */
  void multiply(
      Lane lane, int m, int n, int k, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
    device.enter();
    factors.set(ValueLayout.JAVA_FLOAT, 0, alpha);
    factors.set(ValueLayout.JAVA_FLOAT, Float.BYTES, beta);
    // JCuda's cublasGemmEx is the call of before CUDA 11; _new is the one that cuBLAS has.
    int code =
        JCublas2.cublasGemmEx_new(
            lane.blas(),
            operation(b),
            operation(a),
            n,
            m,
            k,
            alphaAddress,
            b.pointer(),
            dataType(b),
            Math.toIntExact(b.stride()),
            a.pointer(),
            dataType(a),
            Math.toIntExact(a.stride()),
            betaAddress,
            c.pointer(),
            dataType(c),
            Math.toIntExact(c.stride()),
            a.type() == DType.FLOAT32 ? floatCompute : cublasComputeType.CUBLAS_COMPUTE_32F,
            cublasGemmAlgo.CUBLAS_GEMM_DEFAULT);
    if (code != 0) {
      checkBlas(code, "cublasGemmEx", "[%d, %d] x [%d, %d]".formatted(m, k, k, n));
    }
  }

  private static int operation(Matrix matrix) {
    return matrix.transposed() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
  }

  private static int dataType(Matrix matrix) {
    return matrix.type() == DType.FLOAT32 ? cudaDataType.CUDA_R_32F : cudaDataType.CUDA_R_16BF;
  }
}
