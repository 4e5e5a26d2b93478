// Sums in a fixed order: of columns (bias gradients), of squares (the gradient's norm), of partial sums.
//
// Every sum is a tree whose shape follows from the size alone, not from the device: the same data give the same bits on
// every GPU. The first kernel of each pair reads the data once and leaves at most 1,024 partial sums (or 256 a column);
// the second is a single block, or a thread a column.
// Cost: one read. Launch: see arguments.cuh.
#include "columns.cuh"
#include "groups.cuh"

template <typename T>
__device__ inline void sumColumns(const ColumnPartials& a) {
  const T* x = static_cast<const T*>(a.x);
  columnPartials<T, 1>(a.rows, a.columns, a.chunkRows, packable(x, a.columns), a.partials,
                       [&](auto width, long long row, int column, auto* sums) {
                         constexpr int N = decltype(width)::value;
                         const Floats<N> values = load<N>(x + row * a.columns + column);
                         for (int k = 0; k < N; k++) {
                           sums[0].at[k] += values.at[k];
                         }
                       });
}

SLUICE_KERNEL(sluice_column_totals, ColumnTotals, BLOCK) {
  const int column = blockIdx.x * BLOCK + threadIdx.x;
  if (column >= a.columns) {
    return;
  }
  float total = 0;
  for (int chunk = 0; chunk < a.chunks; chunk++) {
    total += a.partials[(long long)chunk * a.columns + column];
  }
  a.out[column] += total;
  if (a.second) {
    a.second[column] += total;
  }
}

template <typename T>
__device__ inline void squarePartials(const SquarePartials& a) {
  const T* x = static_cast<const T*>(a.x);
  float mine = 0;
  overElements<PACK<T>>(a.count, aligned16(x), [&](auto width, long long at) {
    constexpr int N = decltype(width)::value;
    const Floats<N> values = load<N>(x + at);
    for (int k = 0; k < N; k++) {
      mine += values.at[k] * values.at[k];
    }
  });
  const float sum = Group<BLOCK>::sum(mine);
  if (threadIdx.x == 0) {
    a.partials[blockIdx.x] = sum;
  }
}

SLUICE_KERNEL(sluice_total, Total, BLOCK) {
  float mine = 0;
  for (long long k = threadIdx.x; k < a.count; k += BLOCK) {
    mine += a.partials[k];
  }
  const float sum = Group<BLOCK>::sum(mine);
  if (threadIdx.x == 0) {
    a.out[0] = a.accumulate ? a.out[0] + sum : sum;
    if (a.counted) {
      a.out[1] += (float)a.counted[0];
    }
  }
}

SLUICE_KERNEL(sluice_column_partials_f32, ColumnPartials, BLOCK) { sumColumns<float>(a); }
SLUICE_KERNEL(sluice_column_partials_bf16, ColumnPartials, BLOCK) { sumColumns<bf16>(a); }
SLUICE_KERNEL(sluice_square_partials_f32, SquarePartials, BLOCK) { squarePartials<float>(a); }
SLUICE_KERNEL(sluice_square_partials_bf16, SquarePartials, BLOCK) { squarePartials<bf16>(a); }
