// Matrix product on the host, for the cuBLAS stand-in.
#pragma once
#include <cstddef>

namespace standin {

enum class Element { FLOAT32, BFLOAT16 };

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
// multiply-add). C is not read when beta is 0. `tf32` rounds A and B to 10 bits of mantissa first.
void gemm(int m, int n, int k, float alpha, const Matrix& a, const Matrix& b, float beta, const Matrix& c, bool tf32);

}  // namespace standin
