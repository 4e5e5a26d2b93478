// The stand-in for cuBLAS: handles and the GEMMs, each a plain host product put into the handle's stream.
#include <cstring>
#include <set>

#include "driver_api.h"
#include "gemm.hpp"

using standin::Element;
using standin::Factors;
using standin::Matrix;

struct cublasContext {
  CUstream stream = nullptr;
  int mathMode = 0;
  bool partsInType = true;  // unless forbidden: partial sums may be rounded to C's type
  int pointerMode = 0;
  int atomicsMode = 0;
  void* workspace = nullptr;
  size_t workspaceBytes = 0;
};

typedef cublasContext* cublasHandle_t;
typedef int cublasStatus_t;

namespace {

enum { SUCCESS = 0, NOT_INITIALIZED = 1, INVALID_VALUE = 7, EXECUTION_FAILED = 13, NOT_SUPPORTED = 15 };
enum { R_32F = 0, R_16BF = 14 };
enum { COMPUTE_32F = 68, COMPUTE_32F_PEDANTIC = 69, COMPUTE_32F_FAST_16BF = 75, COMPUTE_32F_FAST_TF32 = 77 };
enum { TF32_MATH = 3, DISALLOW_REDUCED_PRECISION_REDUCTION = 16 };

std::set<cublasHandle_t>& handles() {
  static std::set<cublasHandle_t>& all = *new std::set<cublasHandle_t>;
  return all;
}

bool known(cublasHandle_t handle) { return handles().count(handle) > 0; }

struct Gemm {
  int m, n, k, count;
  float alpha, beta;  // in host pointer mode
  const float* alphaOnDevice;
  const float* betaOnDevice;
  Matrix a, b, c;
  long long strideA, strideB, strideC;
  Factors factors;
  bool partsInType;
};

void* offset(const Matrix& x, long long elements) {
  return static_cast<char*>(x.data) + elements * (x.type == Element::FLOAT32 ? 4 : 2);
}

void run(const void* data) {
  const Gemm& g = *static_cast<const Gemm*>(data);
  const float alpha = g.alphaOnDevice ? *g.alphaOnDevice : g.alpha;
  const float beta = g.betaOnDevice ? *g.betaOnDevice : g.beta;
  for (int each = 0; each < g.count; each++) {
    Matrix a = g.a;
    Matrix b = g.b;
    Matrix c = g.c;
    a.data = offset(a, each * g.strideA);
    b.data = offset(b, each * g.strideB);
    c.data = offset(c, each * g.strideC);
    standin::gemm(g.m, g.n, g.k, alpha, a, b, beta, c, g.factors, g.partsInType);
  }
}

bool elementOf(int type, Element& element) {
  element = type == R_32F ? Element::FLOAT32 : Element::BFLOAT16;
  return type == R_32F || type == R_16BF;
}

cublasStatus_t enqueue(cublasHandle_t handle, int transA, int transB, int m, int n, int k, const void* alpha,
                       const void* a, int typeA, int lda, long long strideA, const void* b, int typeB, int ldb,
                       long long strideB, const void* beta, void* c, int typeC, int ldc, long long strideC, int count,
                       int computeType) {
  if (!known(handle)) {
    return NOT_INITIALIZED;
  }
  const bool computes = computeType == COMPUTE_32F || computeType == COMPUTE_32F_PEDANTIC ||
                        computeType == COMPUTE_32F_FAST_16BF || computeType == COMPUTE_32F_FAST_TF32;
  Gemm g;
  if (!computes || !elementOf(typeA, g.a.type) || !elementOf(typeB, g.b.type) || !elementOf(typeC, g.c.type) ||
      typeA != typeB || (typeA == R_32F && typeC != R_32F) ||
      // As in cuBLAS's table of types: the fast ways are for fp32 matrices.
      (typeA != R_32F && (computeType == COMPUTE_32F_FAST_16BF || computeType == COMPUTE_32F_FAST_TF32))) {
    return NOT_SUPPORTED;
  }
  const int rowsA = transA ? k : m;
  const int rowsB = transB ? n : k;
  if (m < 0 || n < 0 || k < 0 || count < 0 || lda < (rowsA > 1 ? rowsA : 1) || ldb < (rowsB > 1 ? rowsB : 1) ||
      ldc < (m > 1 ? m : 1) || transA < 0 || transA > 2 || transB < 0 || transB > 2 || !alpha || !beta) {
    return INVALID_VALUE;
  }
  g.m = m;
  g.n = n;
  g.k = k;
  g.count = m == 0 || n == 0 ? 0 : count;
  const bool onHost = handle->pointerMode == 0;
  g.alpha = onHost ? *static_cast<const float*>(alpha) : 0;
  g.beta = onHost ? *static_cast<const float*>(beta) : 0;
  g.alphaOnDevice = onHost ? nullptr : static_cast<const float*>(alpha);
  g.betaOnDevice = onHost ? nullptr : static_cast<const float*>(beta);
  g.a.data = const_cast<void*>(a);
  g.a.stride = lda;
  g.a.transposed = transA != 0;
  g.b.data = const_cast<void*>(b);
  g.b.stride = ldb;
  g.b.transposed = transB != 0;
  g.c.data = c;
  g.c.stride = ldc;
  g.c.transposed = false;
  g.strideA = strideA;
  g.strideB = strideB;
  g.strideC = strideC;
  const bool tf32 =
      typeA == R_32F &&
      (computeType == COMPUTE_32F_FAST_TF32 || (computeType == COMPUTE_32F && handle->mathMode == TF32_MATH));
  g.factors = tf32                                      ? Factors::TF32
              : computeType == COMPUTE_32F_FAST_16BF    ? Factors::BFLOAT16
                                                        : Factors::EXACT;
  g.partsInType = handle->partsInType;
  if (sluiceStandInBlas("cublasGemmEx", 0) != CU_OK) {
    return EXECUTION_FAILED;
  }
  return sluiceStandInEnqueue(handle->stream, "cublasGemmEx", run, &g, sizeof g) == CU_OK ? SUCCESS : EXECUTION_FAILED;
}

}  // namespace

STANDIN_API cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  CUcontext context = nullptr;
  if (cuCtxGetCurrent(&context) != CU_OK || !context) {
    return NOT_INITIALIZED;
  }
  if (cublasStatus_t refused = sluiceStandInBlas(__func__, 1)) {
    return refused;
  }
  *handle = new cublasContext;
  handles().insert(*handle);
  return SUCCESS;
}

STANDIN_API cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  if (handles().erase(handle) == 0) {
    return NOT_INITIALIZED;
  }
  sluiceStandInBlas(__func__, -1);
  delete handle;
  return SUCCESS;
}

STANDIN_API cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, CUstream stream) {
  if (!known(handle)) {
    return NOT_INITIALIZED;
  }
  if (cublasStatus_t refused = sluiceStandInBlas(__func__, 0)) {
    return refused;
  }
  handle->stream = stream;
  handle->workspace = nullptr;  // as documented: back to the default workspace
  return SUCCESS;
}

STANDIN_API cublasStatus_t cublasGetStream_v2(cublasHandle_t handle, CUstream* stream) {
  *stream = known(handle) ? handle->stream : nullptr;
  return known(handle) ? SUCCESS : NOT_INITIALIZED;
}

STANDIN_API cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace, size_t bytes) {
  if (!known(handle)) {
    return NOT_INITIALIZED;
  }
  if (cublasStatus_t refused = sluiceStandInBlas(__func__, 0)) {
    return refused;
  }
  if (workspace && bytes > 0) {
    CUdeviceptr base;
    size_t size;
    const CUdeviceptr pointer = reinterpret_cast<CUdeviceptr>(workspace);
    if (cuMemGetAddressRange_v2(&base, &size, pointer) != CU_OK || pointer + bytes > base + size) {
      return INVALID_VALUE;
    }
  }
  handle->workspace = workspace;
  handle->workspaceBytes = bytes;
  return SUCCESS;
}

STANDIN_API cublasStatus_t cublasSetMathMode(cublasHandle_t handle, int mode) {
  if (!known(handle)) {
    return NOT_INITIALIZED;
  }
  if (cublasStatus_t refused = sluiceStandInBlas(__func__, 0)) {
    return refused;
  }
  handle->mathMode = mode & 15;
  handle->partsInType = !(mode & DISALLOW_REDUCED_PRECISION_REDUCTION);
  return SUCCESS;
}

STANDIN_API cublasStatus_t cublasGetMathMode(cublasHandle_t handle, int* mode) {
  *mode = known(handle) ? handle->mathMode | (handle->partsInType ? 0 : DISALLOW_REDUCED_PRECISION_REDUCTION) : 0;
  return known(handle) ? SUCCESS : NOT_INITIALIZED;
}

STANDIN_API cublasStatus_t cublasSetPointerMode_v2(cublasHandle_t handle, int mode) {
  if (!known(handle)) {
    return NOT_INITIALIZED;
  }
  handle->pointerMode = mode;
  return SUCCESS;
}

STANDIN_API cublasStatus_t cublasGetPointerMode_v2(cublasHandle_t handle, int* mode) {
  *mode = known(handle) ? handle->pointerMode : 0;
  return known(handle) ? SUCCESS : NOT_INITIALIZED;
}

STANDIN_API cublasStatus_t cublasSetAtomicsMode(cublasHandle_t handle, int mode) {
  if (!known(handle)) {
    return NOT_INITIALIZED;
  }
  handle->atomicsMode = mode;
  return SUCCESS;
}

STANDIN_API cublasStatus_t cublasGetAtomicsMode(cublasHandle_t handle, int* mode) {
  *mode = known(handle) ? handle->atomicsMode : 0;
  return known(handle) ? SUCCESS : NOT_INITIALIZED;
}

STANDIN_API cublasStatus_t cublasGetVersion_v2(cublasHandle_t, int* version) {
  *version = 120600;
  return SUCCESS;
}

// 0 major, 1 minor, 2 patch.
STANDIN_API cublasStatus_t cublasGetProperty(int type, int* value) {
  *value = type == 0 ? 12 : type == 1 ? 6 : 0;
  return SUCCESS;
}

STANDIN_API size_t cublasGetCudartVersion(void) { return 12060; }

STANDIN_API const char* cublasGetStatusName(cublasStatus_t status) {
  switch (status) {
    case SUCCESS:
      return "CUBLAS_STATUS_SUCCESS";
    case NOT_INITIALIZED:
      return "CUBLAS_STATUS_NOT_INITIALIZED";
    case INVALID_VALUE:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case EXECUTION_FAILED:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
    case NOT_SUPPORTED:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
    default:
      return "CUBLAS_STATUS_INTERNAL_ERROR";
  }
}

STANDIN_API const char* cublasGetStatusString(cublasStatus_t status) { return cublasGetStatusName(status); }

STANDIN_API cublasStatus_t cublasGemmEx(cublasHandle_t handle, int transA, int transB, int m, int n, int k,
                                        const void* alpha, const void* a, int typeA, int lda, const void* b, int typeB,
                                        int ldb, const void* beta, void* c, int typeC, int ldc, int computeType, int) {
  return enqueue(handle, transA, transB, m, n, k, alpha, a, typeA, lda, 0, b, typeB, ldb, 0, beta, c, typeC, ldc, 0, 1,
                 computeType);
}

STANDIN_API cublasStatus_t cublasGemmStridedBatchedEx(cublasHandle_t handle, int transA, int transB, int m, int n,
                                                      int k, const void* alpha, const void* a, int typeA, int lda,
                                                      long long strideA, const void* b, int typeB, int ldb,
                                                      long long strideB, const void* beta, void* c, int typeC, int ldc,
                                                      long long strideC, int count, int computeType, int) {
  return enqueue(handle, transA, transB, m, n, k, alpha, a, typeA, lda, strideA, b, typeB, ldb, strideB, beta, c, typeC,
                 ldc, strideC, count, computeType);
}

STANDIN_API cublasStatus_t cublasSgemm_v2(cublasHandle_t handle, int transA, int transB, int m, int n, int k,
                                          const float* alpha, const float* a, int lda, const float* b, int ldb,
                                          const float* beta, float* c, int ldc) {
  return enqueue(handle, transA, transB, m, n, k, alpha, a, R_32F, lda, 0, b, R_32F, ldb, 0, beta, c, R_32F, ldc, 0, 1,
                 COMPUTE_32F);
}

STANDIN_API cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, int transA, int transB, int m, int n, int k,
                                                     const float* alpha, const float* a, int lda, long long strideA,
                                                     const float* b, int ldb, long long strideB, const float* beta,
                                                     float* c, int ldc, long long strideC, int count) {
  return enqueue(handle, transA, transB, m, n, k, alpha, a, R_32F, lda, strideA, b, R_32F, ldb, strideB, beta, c, R_32F,
                 ldc, strideC, count, COMPUTE_32F);
}
