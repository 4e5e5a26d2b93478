// Matrix product on the host, for the cuBLAS stand-in.
#pragma once
#include <cstddef>

namespace standin {

enum class Element { FLOAT32, BFLOAT16 };

// What the factors of a product are rounded to before they are multiplied: nothing; TF32, 10 bits of mantissa, to the
// nearest with ties away from zero, as the only conversion that PTX has for sm_80 to sm_90 (cvt.rna.tf32.f32); or bf16,
// 7 bits of mantissa, to the nearest with ties to even (cvt.rn.bf16.f32).
enum class Factors { EXACT, TF32, BFLOAT16 };

// One column-major matrix in device memory.
struct Matrix {
  void* data;
  Element type;
  long long stride;  // between columns
  bool transposed;

  float read(long long row, long long column) const;
  void write(long long row, long long column, float value) const;
};

// C = alpha * op(A) * op(B) + beta * C, C [m, n], K terms an element, each sum in the order of k in fp32 (with fused
// multiply-add). C is not read when beta is 0. A and B are rounded to `factors` first. With `partsInType` the sum of
// the first half of the terms is rounded to C's type, as cuBLAS may when it splits K and nobody forbids it.
void gemm(int m, int n, int k, float alpha, const Matrix& a, const Matrix& b, float beta, const Matrix& c,
          Factors factors, bool partsInType);

}  // namespace standin
