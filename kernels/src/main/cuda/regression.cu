// Squared, absolute and Huber loss with their gradients.
//
// One pass reads prediction and target and writes the gradient; each block leaves the sum of its losses, and
// sluice_total adds those up. The grid follows from the size alone, so the order of the additions does too.
// Cost: two reads and one write an element. Launch: cdiv(n, 4096) blocks of 256, at most 1,024.
#include "arguments.cuh"
#include "groups.cuh"
#include "numbers.cuh"

SLUICE_KERNEL(sluice_count_rows, CountRows, BLOCK) {
  long long mine = 0;
  for (long long row = threadIdx.x; row < a.rows; row += BLOCK) {
    mine += !a.rowWeights || a.rowWeights[row] != 0;
  }
  const long long total = blockCount(mine);
  if (threadIdx.x == 0) {
    a.counted[0] = total * a.columns;
  }
}

// Loss of one difference; `slope` receives its derivative.
__device__ inline float pointLoss(int kind, float delta, float r, float& slope) {
  const float size = fabsf(r);
  if (kind == 0) {
    slope = 2 * r;
    return r * r;
  }
  const float sign = r > 0 ? 1.0f : r < 0 ? -1.0f : 0 * r;  // NaN stays NaN
  if (kind == 1) {
    slope = sign;
    return size;
  }
  if (size <= delta) {
    slope = r;
    return 0.5f * r * r;
  }
  slope = delta * sign;
  return delta * (size - 0.5f * delta);
}

template <typename T>
__device__ inline void regression(const Regression& a) {
  const T* prediction = static_cast<const T*>(a.prediction);
  const T* target = static_cast<const T*>(a.target);
  T* gradient = static_cast<T*>(a.gradient);
  const bool packed = aligned16(prediction) && aligned16(target) && aligned16(gradient);
  const float scale = a.gradientScale / (float)a.counted[0];
  float loss = 0;
  overElements<PACK<T>>(a.rows * a.columns, packed, [&](auto width, long long at) {
    constexpr int N = decltype(width)::value;
    Floats<N> x = load<N>(prediction + at);
    const Floats<N> wanted = load<N>(target + at);
    for (int k = 0; k < N; k++) {
      float slope = 0;
      const float each = pointLoss(a.kind, a.delta, x.at[k] - wanted.at[k], slope);
      const bool counts = !a.rowWeights || a.rowWeights[(at + k) / a.columns] != 0;
      loss += counts ? each : 0;
      x.at[k] = counts ? scale * slope : 0;
    }
    storeIfPresent<N>(gradient, at, x);
  });
  const float sum = Group<BLOCK>::sum(loss);
  if (threadIdx.x == 0) {
    a.partials[blockIdx.x] = sum;
  }
}

SLUICE_KERNEL(sluice_regression_f32, Regression, BLOCK) { regression<float>(a); }
SLUICE_KERNEL(sluice_regression_bf16, Regression, BLOCK) { regression<bf16>(a); }
