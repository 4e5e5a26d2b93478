// Layer normalisation, forward and backward.
//
// A row is read for its mean, again for its variance (about the mean: no cancellation), and once more to write; the
// second and third reads come from L1 or L2. Backward for x works a row at a time, for gain and bias a column at a
// time.
//
// Cost: forward one read and one write of N * F from memory; backward two reads and one write, and two reads for gain
// and bias.
// Launch: 256 threads; N blocks when F > 1,024, else cdiv(N, 8); layer_norm_partials as column_partials.
#include "columns.cuh"
#include "groups.cuh"

template <typename T, int THREADS>
__device__ inline void layerNormRow(const LayerNormForward& a, long long row) {
  const T* x = static_cast<const T*>(a.x) + row * a.columns;
  T* y = static_cast<T*>(a.y) + row * a.columns;
  const int rank = Group<THREADS>::rank();
  const bool readable = packable(x, a.columns);
  float sum = 0;
  overRow<PACK<T>, THREADS>(rank, a.columns, readable, [&](auto width, int column) {
    constexpr int N = decltype(width)::value;
    const Floats<N> values = load<N>(x + column);
    for (int k = 0; k < N; k++) {
      sum += values.at[k];
    }
  });
  const float mean = Group<THREADS>::sum(sum) / (float)a.columns;
  float squares = 0;
  overRow<PACK<T>, THREADS>(rank, a.columns, readable, [&](auto width, int column) {
    constexpr int N = decltype(width)::value;
    const Floats<N> values = load<N>(x + column);
    for (int k = 0; k < N; k++) {
      squares += (values.at[k] - mean) * (values.at[k] - mean);
    }
  });
  const float rstd = 1 / sqrtf(Group<THREADS>::sum(squares) / (float)a.columns + a.epsilon);
  const bool packed = readable && aligned16(y) && aligned16(a.gain) && aligned16(a.bias);
  overRow<PACK<T>, THREADS>(rank, a.columns, packed, [&](auto width, int column) {
    constexpr int N = decltype(width)::value;
    Floats<N> values = load<N>(x + column);
    const Floats<N> gain = load<N>(a.gain + column);
    const Floats<N> bias = load<N>(a.bias + column);
    for (int k = 0; k < N; k++) {
      values.at[k] = gain.at[k] * ((values.at[k] - mean) * rstd) + bias.at[k];
    }
    store<N>(y + column, values);
  });
  if (rank == 0) {
    a.mean[row] = mean;
    a.rstd[row] = rstd;
  }
}

// With q = gain * dy and x̂ = (x - mean) * rstd: dx = rstd * (q - Σq/F - x̂ * Σ(q x̂)/F).
template <typename T, int THREADS>
__device__ inline void layerNormRowBackward(const LayerNormBackward& a, long long row) {
  const T* x = static_cast<const T*>(a.x) + row * a.columns;
  const T* dy = static_cast<const T*>(a.dy) + row * a.columns;
  T* dx = static_cast<T*>(a.dx) + row * a.columns;
  const int rank = Group<THREADS>::rank();
  const float mean = a.mean[row];
  const float rstd = a.rstd[row];
  const bool packed = packable(x, a.columns) && aligned16(dy) && aligned16(dx) && aligned16(a.gain);
  float sum = 0;
  float products = 0;
  overRow<PACK<T>, THREADS>(rank, a.columns, packed, [&](auto width, int column) {
    constexpr int N = decltype(width)::value;
    const Floats<N> values = load<N>(x + column);
    const Floats<N> gradient = load<N>(dy + column);
    const Floats<N> gain = load<N>(a.gain + column);
    for (int k = 0; k < N; k++) {
      const float q = gain.at[k] * gradient.at[k];
      sum += q;
      products += q * ((values.at[k] - mean) * rstd);
    }
  });
  const float meanOfQ = Group<THREADS>::sum(sum) / (float)a.columns;
  const float meanOfProduct = Group<THREADS>::sum(products) / (float)a.columns;
  overRow<PACK<T>, THREADS>(rank, a.columns, packed, [&](auto width, int column) {
    constexpr int N = decltype(width)::value;
    Floats<N> values = load<N>(x + column);
    const Floats<N> gradient = load<N>(dy + column);
    const Floats<N> gain = load<N>(a.gain + column);
    for (int k = 0; k < N; k++) {
      const float normal = (values.at[k] - mean) * rstd;
      values.at[k] = rstd * (gain.at[k] * gradient.at[k] - meanOfQ - normal * meanOfProduct);
    }
    store<N>(dx + column, values);
  });
}

template <typename T>
__device__ inline void layerNormForward(const LayerNormForward& a) {
  if (a.columns > WARP_ROW) {
    layerNormRow<T, BLOCK>(a, blockIdx.x);
  } else if ((long long)blockIdx.x * WARPS + threadIdx.x / WARP < a.rows) {
    layerNormRow<T, WARP>(a, (long long)blockIdx.x * WARPS + threadIdx.x / WARP);
  }
}

template <typename T>
__device__ inline void layerNormBackward(const LayerNormBackward& a) {
  if (a.columns > WARP_ROW) {
    layerNormRowBackward<T, BLOCK>(a, blockIdx.x);
  } else if ((long long)blockIdx.x * WARPS + threadIdx.x / WARP < a.rows) {
    layerNormRowBackward<T, WARP>(a, (long long)blockIdx.x * WARPS + threadIdx.x / WARP);
  }
}

template <typename T>
__device__ inline void layerNormPartials(const LayerNormPartials& a) {
  const T* x = static_cast<const T*>(a.x);
  const T* dy = static_cast<const T*>(a.dy);
  columnPartials<T, 2>(a.rows, a.columns, a.chunkRows, packable(x, a.columns) && aligned16(dy), a.partials,
                       [&](auto width, long long row, int column, auto* sums) {
                         constexpr int N = decltype(width)::value;
                         const Floats<N> values = load<N>(x + row * a.columns + column);
                         const Floats<N> gradient = load<N>(dy + row * a.columns + column);
                         const float mean = a.mean[row];
                         const float rstd = a.rstd[row];
                         for (int k = 0; k < N; k++) {
                           sums[0].at[k] += gradient.at[k] * ((values.at[k] - mean) * rstd);
                           sums[1].at[k] += gradient.at[k];
                         }
                       });
}

SLUICE_KERNEL(sluice_layer_norm_forward_f32, LayerNormForward, BLOCK) { layerNormForward<float>(a); }
SLUICE_KERNEL(sluice_layer_norm_forward_bf16, LayerNormForward, BLOCK) { layerNormForward<bf16>(a); }
SLUICE_KERNEL(sluice_layer_norm_backward_f32, LayerNormBackward, BLOCK) { layerNormBackward<float>(a); }
SLUICE_KERNEL(sluice_layer_norm_backward_bf16, LayerNormBackward, BLOCK) { layerNormBackward<bf16>(a); }
SLUICE_KERNEL(sluice_layer_norm_partials_f32, LayerNormPartials, BLOCK) { layerNormPartials<float>(a); }
SLUICE_KERNEL(sluice_layer_norm_partials_bf16, LayerNormPartials, BLOCK) { layerNormPartials<bf16>(a); }
