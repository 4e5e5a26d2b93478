// Kernels that show what matrix_units.cuh computes: for the tests of the stand-in, and of a GPU.
#include "matrix_probes.hpp"
#include "matrix_units.cuh"

template <typename Units>
__device__ inline void probeMatrix(const MatrixProbe& a) {
  using Number = typename Units::Number;
  const int warp = threadIdx.x / WARP;
  const int lane = threadIdx.x % WARP;
  const int columns = a.chunks * Units::CHUNK;
  const Number* weights = static_cast<const Number*>(a.weights) + warp * 16 * columns;
  const Number* activations = static_cast<const Number*>(a.activations) + warp * 8 * columns;
  float sum[4] = {};
  for (int c = 0; c < a.chunks; c++) {
    const int from = c * Units::CHUNK;
    const WeightChunk chunk =
        weightChunk(Units{}, lane, [&](int row, int k) { return widen(weights[row * columns + from + k]); });
    const Number* mine = activations + lane / 4 * columns + from + lane % 4 * LANE_NUMBERS<Units>;
    multiplyAdd(Units{}, sum, chunk, operands(Units{}, [&](int k) { return widen(mine[k]); }));
  }
  for (int k = 0; k < 4; k++) {
    a.sum[(warp * 16 + lane / 4 + k / 2 * 8) * 8 + lane % 4 * 2 + k % 2] = sum[k];
  }
}

SLUICE_KERNEL(probe_matrix_bf16, MatrixProbe, BLOCK) { probeMatrix<Bf16Units>(a); }
SLUICE_KERNEL(probe_matrix_tf32, MatrixProbe, BLOCK) { probeMatrix<Tf32Units>(a); }
