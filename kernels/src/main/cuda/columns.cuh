// Sums over the rows of a matrix, for each column, in a fixed order: the gradient of everything that was added to, or
// multiplied into, every row.
//
// A block takes a chunk of rows and a tile of 32 packs of columns; its eight warps take every eighth row, then add up
// their sums in turn. The chunks are added by sluice_column_totals. One read of the matrix; 2 KB in flight a warp.
#pragma once
#include "arguments.cuh"
#include "numbers.cuh"

// KINDS sums at once: value(width, row, column, sums) adds row's share to sums[0..KINDS-1].
// partials: [KINDS, chunks, columns]. Launch: chunks, cdiv(columns, 32 * PACK<T>) blocks of 256.
template <typename T, int KINDS, typename Value>
__device__ inline void columnPartials(long long rows, int columns, int chunkRows, bool packed, float* partials,
                                      Value value) {
  constexpr int N = PACK<T>;
  constexpr int TILE_COLUMNS = WARP * N;
  SLUICE_SHARED(float, sums, KINDS * WARPS * TILE_COLUMNS);
  const int lane = threadIdx.x % WARP;
  const int warp = threadIdx.x / WARP;
  const int tile = blockIdx.y * TILE_COLUMNS;
  const long long first = (long long)blockIdx.x * chunkRows;
  const long long end = first + chunkRows < rows ? first + chunkRows : rows;
  Floats<N> mine[KINDS];
  for (int kind = 0; kind < KINDS; kind++) {
    mine[kind] = constant<N>(0);
  }
  // A lane's columns: neighbours when they are read as a pack, else every 32nd, so that a warp reads neighbours.
  const int column = packed ? tile + lane * N : tile + lane;
  for (long long row = first + warp; row < end; row += WARPS) {
    if (packed) {
      if (column < columns) {
        value(Width<N>{}, row, column, mine);
      }
    } else {
      for (int k = 0; k < N; k++) {
        if (column + k * WARP < columns) {
          Floats<1> one[KINDS];
          for (int kind = 0; kind < KINDS; kind++) {
            one[kind].at[0] = mine[kind].at[k];
          }
          value(Width<1>{}, row, column + k * WARP, one);
          for (int kind = 0; kind < KINDS; kind++) {
            mine[kind].at[k] = one[kind].at[0];
          }
        }
      }
    }
  }
  for (int kind = 0; kind < KINDS; kind++) {
    for (int k = 0; k < N; k++) {
      const int offset = packed ? lane * N + k : lane + k * WARP;
      sums[(kind * WARPS + warp) * TILE_COLUMNS + offset] = mine[kind].at[k];
    }
  }
  __syncthreads();
  for (int item = threadIdx.x; item < KINDS * TILE_COLUMNS; item += BLOCK) {
    const int kind = item / TILE_COLUMNS;
    const int offset = item % TILE_COLUMNS;
    if (tile + offset < columns) {
      float total = 0;
      for (int w = 0; w < WARPS; w++) {
        total += sums[(kind * WARPS + w) * TILE_COLUMNS + offset];
      }
      partials[((long long)kind * gridDim.x + blockIdx.x) * columns + tile + offset] = total;
    }
  }
}
