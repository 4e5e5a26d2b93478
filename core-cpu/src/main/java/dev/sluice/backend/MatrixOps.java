package dev.sluice.backend;

/** General matrix products. */
public interface MatrixOps {
  /**
   * C = alpha · op(A) · op(B) + beta · C, where op transposes or not.
   *
   * <p>Tensors of more than two axes are read as [rows, columns], all axes but the last folded. With
   * op(A) [M, K] and op(B) [K, N], C is [M, N]. When beta is 0, C is not read: it may hold NaN.
   *
   * @param transposeA whether A is stored [K, M] rather than [M, K]
   * @param transposeB whether B is stored [N, K] rather than [K, N]
   * @param a first factor
   * @param b second factor
   * @param c result; may not overlap A or B
   * @throws IllegalArgumentException when the inner or outer extents do not fit
   */
  void gemm(
      boolean transposeA,
      boolean transposeB,
      float alpha,
      Tensor a,
      Tensor b,
      float beta,
      Tensor c);
}
