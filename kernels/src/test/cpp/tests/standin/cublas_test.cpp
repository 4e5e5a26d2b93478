// The cuBLAS stand-in against plain double loops: every transpose, type, stride and scale.
#include <cmath>

#include "session.hpp"

typedef struct cublasContext* cublasHandle_t;
extern "C" {
int cublasCreate_v2(cublasHandle_t* handle);
int cublasDestroy_v2(cublasHandle_t handle);
int cublasSetStream_v2(cublasHandle_t handle, CUstream stream);
int cublasSetMathMode(cublasHandle_t handle, int mode);
int cublasGemmEx(cublasHandle_t handle, int transA, int transB, int m, int n, int k, const void* alpha, const void* a,
                 int typeA, int lda, const void* b, int typeB, int ldb, const void* beta, void* c, int typeC, int ldc,
                 int computeType, int algorithm);
int cublasGemmStridedBatchedEx(cublasHandle_t handle, int transA, int transB, int m, int n, int k, const void* alpha,
                               const void* a, int typeA, int lda, long long strideA, const void* b, int typeB, int ldb,
                               long long strideB, const void* beta, void* c, int typeC, int ldc, long long strideC,
                               int count, int computeType, int algorithm);
int cublasSgemm_v2(cublasHandle_t handle, int transA, int transB, int m, int n, int k, const float* alpha,
                   const float* a, int lda, const float* b, int ldb, const float* beta, float* c, int ldc);
}

namespace {

enum { R_32F = 0, R_16BF = 14, COMPUTE_32F = 68, FAST_16BF = 75, FAST_TF32 = 77 };

float fromBits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

double number(int k) { return ((k * 7919 + 13) % 2001 - 1000) / 1000.0; }

// A matrix in device memory: NaN between its columns, which must be neither read nor written.
struct Matrix {
  bool half;
  int rows, columns, stride;
  std::vector<double> values;
  CUdeviceptr memory;

  Matrix(Session& session, bool half, int rows, int columns, int seed)
      : half(half), rows(rows), columns(columns), stride(rows + 3), values((size_t)stride * columns, NAN) {
    std::vector<char> bytes(values.size() * width());
    for (int c = 0; c < columns; c++) {
      for (int r = 0; r < rows; r++) {
        float value = (float)number(seed + r * 31 + c * 17);
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        bits = half ? bits & 0xffff0000u : bits;
        values[at(r, c)] = fromBits(bits);
      }
    }
    for (size_t k = 0; k < values.size(); k++) {
      const float value = (float)values[k];
      uint32_t bits;
      memcpy(&bits, &value, sizeof bits);
      const uint16_t upper = (uint16_t)(bits >> 16);
      memcpy(bytes.data() + k * width(), half ? (const void*)&upper : (const void*)&bits, width());
    }
    memory = session.allocate(bytes.size());
    cuMemcpyHtoD_v2(memory, bytes.data(), bytes.size());
  }

  size_t width() const { return half ? 2 : 4; }
  size_t at(int r, int c) const { return (size_t)c * stride + r; }
  const void* data() const { return reinterpret_cast<const void*>(memory); }

  std::vector<double> download() const {
    std::vector<char> bytes(values.size() * width());
    cuMemcpyDtoH_v2(bytes.data(), memory, bytes.size());
    std::vector<double> result(values.size());
    for (size_t k = 0; k < values.size(); k++) {
      uint32_t bits = 0;
      memcpy(reinterpret_cast<char*>(&bits) + 4 - width(), bytes.data() + k * width(), width());
      result[k] = fromBits(bits);
    }
    return result;
  }
};

double tf32(double x) {
  int exponent;
  std::frexp(x, &exponent);
  const double unit = std::ldexp(1.0, exponent - 11);
  return std::copysign(std::floor(std::abs(x) / unit + 0.5) * unit, x);
}

// The product of two numbers, as cuBLAS computes it in some way.
float product(Session& session, cublasHandle_t handle, float x, float y, int computeType) {
  const CUdeviceptr a = session.floats({x});
  const CUdeviceptr b = session.floats({y});
  const CUdeviceptr c = session.allocate(4);
  const float one = 1, zero = 0;
  check(cublasGemmEx(handle, 0, 0, 1, 1, 1, &one, (void*)a, R_32F, 1, (void*)b, R_32F, 1, &zero, (void*)c, R_32F, 1,
                     computeType, -1) == 0,
        "cublasGemmEx");
  return session.download(c, 1)[0];
}

}  // namespace

TEST(gemm) {
  Session session;
  cublasHandle_t handle;
  check(cublasCreate_v2(&handle) == 0, "cublasCreate");
  check(cublasSetMathMode(handle, 16) == 0, "partial sums stay fp32");
  const int sizes[][3] = {{1, 1, 1}, {3, 5, 7}, {16, 6, 256}, {17, 7, 257}, {33, 13, 600}, {64, 1, 31}};
  for (const auto& size : sizes) {
    for (int transposes = 0; transposes < 4; transposes++) {
      for (int types = 0; types < 4; types++) {  // fp32, tf32, bf16 -> fp32, bf16 -> bf16
        for (const float beta : {0.0f, 0.5f}) {
          const int m = size[0], n = size[1], k = size[2];
          const bool ta = transposes & 1, tb = transposes & 2;
          inCase("m=%d n=%d k=%d ta=%d tb=%d types=%d beta=%g", m, n, k, ta, tb, types, (double)beta);
          const Matrix a(session, types >= 2, ta ? k : m, ta ? m : k, 1);
          const Matrix b(session, types >= 2, tb ? n : k, tb ? k : n, 2);
          const Matrix c(session, types == 3, m, n, 3);
          const float alpha = 1.5f;
          check(cublasGemmEx(handle, ta, tb, m, n, k, &alpha, a.data(), types >= 2 ? R_16BF : R_32F, a.stride, b.data(),
                             types >= 2 ? R_16BF : R_32F, b.stride, &beta, const_cast<void*>(c.data()),
                             types == 3 ? R_16BF : R_32F, c.stride, types == 1 ? FAST_TF32 : COMPUTE_32F, -1) == 0,
                "cublasGemmEx");
          const std::vector<double> got = c.download();
          for (int column = 0; column < n; column++) {
            for (int row = 0; row < m; row++) {
              double sum = 0, sizeOfSum = 0;
              for (int p = 0; p < k; p++) {
                double x = a.values[ta ? a.at(p, row) : a.at(row, p)];
                double y = b.values[tb ? b.at(column, p) : b.at(p, column)];
                if (types == 1) {
                  x = tf32(x);
                  y = tf32(y);
                }
                sum += x * y;
                sizeOfSum += std::abs(x * y);
              }
              const double want = alpha * sum + beta * c.values[c.at(row, column)];
              const double bound = (k + 2) * 1.2e-7 * sizeOfSum + (types == 3 ? 0.004 * std::abs(want) : 0) + 1e-6;
              if (!(std::abs(got[c.at(row, column)] - want) <= bound)) {
                fail("c[%d, %d] = %g, not %g", row, column, got[c.at(row, column)], want);
              }
            }
            check(std::isnan(got[c.at(m, column)]), "the room between columns is left alone");
          }
        }
      }
    }
  }
  cublasDestroy_v2(handle);
}

// Both factors, and no more than the factors, are rounded: to TF32 with ties away from zero, to bf16 with ties to even.
TEST(gemm_rounds_factors) {
  Session session;
  cublasHandle_t handle;
  cublasCreate_v2(&handle);
  const struct {
    float x, tf32, bf16;
  } numbers[] = {
      {0x1.004p0f, 0x1.004p0f, 0x1p0f},           // 10 bits of mantissa; below half a bf16 unit
      {0x1.002p0f, 0x1.004p0f, 0x1p0f},           // half a TF32 unit
      {0x1.001ffep0f, 0x1p0f, 0x1p0f},            // one fp32 unit less
      {0x1.006p0f, 0x1.008p0f, 0x1p0f},           // half a TF32 unit above an odd number
      {0x1.01p0f, 0x1.01p0f, 0x1p0f},             // half a bf16 unit above an even number
      {0x1.010002p0f, 0x1.01p0f, 0x1.02p0f},      // one fp32 unit more
      {0x1.03p0f, 0x1.03p0f, 0x1.04p0f},          // half a bf16 unit above an odd number
      {0x1.fffffep-3f, 0x1p-2f, 0x1p-2f},         // into the next exponent
      {0x1.b52p90f, 0x1.b54p90f, 0x1.b6p90f},
  };
  for (const auto& number : numbers) {
    for (const float sign : {1.0f, -1.0f}) {
      inCase("%a", (double)(sign * number.x));
      const float x = sign * number.x;
      check(product(session, handle, x, 1, COMPUTE_32F) == x, "fp32 is not rounded");
      check(product(session, handle, x, 1, FAST_TF32) == sign * number.tf32, "TF32, left");
      check(product(session, handle, 1, x, FAST_TF32) == sign * number.tf32, "TF32, right");
      check(product(session, handle, x, 1, FAST_16BF) == sign * number.bf16, "bf16, left");
      check(product(session, handle, 1, x, FAST_16BF) == sign * number.bf16, "bf16, right");
    }
  }
  const float third = 0x1.555556p-2f;
  check(product(session, handle, 0x1.554p-2f, 0x1.554p-2f, FAST_TF32) == 0x1.554p-2f * 0x1.554p-2f,
        "the product is not rounded");
  check(product(session, handle, third, third, COMPUTE_32F) == third * third, "nor in fp32");
  cublasDestroy_v2(handle);
}

// A bf16 result of which the halves cancel but for what bf16 cannot hold of either.
TEST(gemm_rounds_parts_unless_forbidden) {
  Session session;
  cublasHandle_t handle;
  cublasCreate_v2(&handle);
  const uint16_t left[] = {0x3f81, 0x3f82};   // 1 + 2^-7, 1 + 2^-6
  const uint16_t right[] = {0x3f81, 0xbf80};  // 1 + 2^-7, -1
  CUdeviceptr a = session.allocate(4), b = session.allocate(4), c = session.allocate(2);
  cuMemcpyHtoD_v2(a, left, 4);
  cuMemcpyHtoD_v2(b, right, 4);
  const float one = 1, zero = 0;
  for (const bool forbidden : {false, true}) {
    inCase("forbidden=%d", forbidden);
    cublasSetMathMode(handle, forbidden ? 16 : 0);
    cublasGemmEx(handle, 0, 0, 1, 1, 2, &one, (void*)a, R_16BF, 1, (void*)b, R_16BF, 2, &zero, (void*)c, R_16BF, 1,
                 COMPUTE_32F, -1);
    uint16_t got = 1;
    cuMemcpyDtoH_v2(&got, c, 2);
    check(got == (forbidden ? 0x3880 : 0), "2^-14 or nothing");
  }
  cublasDestroy_v2(handle);
}

TEST(gemm_batched_and_refused) {
  Session session;
  cublasHandle_t handle;
  cublasCreate_v2(&handle);
  const CUdeviceptr a = session.floats({1, 2, 3, 4, 5, 6, 7, 8});
  const CUdeviceptr b = session.floats({1, 0, 0, 1});
  const CUdeviceptr c = session.allocate(32);
  const float one = 1, zero = 0;
  const CUstream stream = session.stream();
  cublasSetStream_v2(handle, stream);
  check(cublasGemmStridedBatchedEx(handle, 0, 0, 2, 2, 2, &one, (void*)a, R_32F, 2, 4, (void*)b, R_32F, 2, 0, &zero,
                                   (void*)c, R_32F, 2, 4, 2, COMPUTE_32F, -1) == 0,
        "cublasGemmStridedBatchedEx");
  cuStreamSynchronize(stream);
  check(session.download(c, 8) == session.download(a, 8), "the identity changes nothing");
  check(cublasSgemm_v2(handle, 0, 0, 3, 2, 2, &one, (float*)a, 2, (float*)b, 2, &zero, (float*)c, 3) == 7,
        "lda below m");
  check(cublasGemmEx(handle, 0, 0, 2, 2, 2, &one, (void*)a, 2, 2, (void*)b, 2, 2, &zero, (void*)c, 2, 2, COMPUTE_32F,
                     -1) == 15,
        "fp16 is not supported");
  for (const int fast : {FAST_TF32, FAST_16BF}) {
    check(cublasGemmEx(handle, 0, 0, 2, 2, 2, &one, (void*)a, R_16BF, 2, (void*)b, R_16BF, 2, &zero, (void*)c, R_32F, 2,
                       fast, -1) == 15,
          "the fast ways take fp32 matrices only");
  }
  check(cublasSgemm_v2(handle, 0, 0, 2, 5, 2, &one, (float*)a, 2, (float*)b, 2, &zero, (float*)c, 2) == 0, "enqueued");
  expectCode(cuStreamSynchronize(stream), CU_ILLEGAL_ADDRESS);
  expectMessage(CU_ILLEGAL_ADDRESS, "cublasGemmEx: read");
  check(cublasDestroy_v2(handle) == 0 && cublasDestroy_v2(handle) == 1, "destroyed once");
}
