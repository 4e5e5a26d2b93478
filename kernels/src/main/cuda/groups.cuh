// Sums and maxima over a group of threads that shares a row: a warp, or a whole block. Every thread gets the result,
// and the order of the additions is fixed: a butterfly in the warp, then the warps in turn.
#pragma once
#include "device.cuh"

constexpr unsigned ALL_LANES = 0xffffffffu;

__device__ inline float warpSum(float x) {
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    x += __shfl_xor_sync(ALL_LANES, x, distance);
  }
  return x;
}

__device__ inline float warpMax(float x) {
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    x = fmaxf(x, __shfl_xor_sync(ALL_LANES, x, distance));
  }
  return x;
}

template <int THREADS>
struct Group;

template <>
struct Group<WARP> {
  static __device__ int rank() { return threadIdx.x % WARP; }
  static __device__ float sum(float x) { return warpSum(x); }
  static __device__ float max(float x) { return warpMax(x); }
  static __device__ void sync() { __syncwarp(); }
};

template <>
struct Group<BLOCK> {
  static __device__ int rank() { return threadIdx.x; }

  static __device__ float sum(float x) {
    SLUICE_SHARED(float, parts, WARPS);
    const float part = warpSum(x);
    if (threadIdx.x % WARP == 0) {
      parts[threadIdx.x / WARP] = part;
    }
    __syncthreads();
    float total = parts[0];
    for (int w = 1; w < WARPS; w++) {
      total += parts[w];
    }
    __syncthreads();  // parts is written again by the next call
    return total;
  }

  static __device__ float max(float x) {
    SLUICE_SHARED(float, parts, WARPS);
    const float part = warpMax(x);
    if (threadIdx.x % WARP == 0) {
      parts[threadIdx.x / WARP] = part;
    }
    __syncthreads();
    float largest = parts[0];
    for (int w = 1; w < WARPS; w++) {
      largest = fmaxf(largest, parts[w]);
    }
    __syncthreads();
    return largest;
  }

  static __device__ void sync() { __syncthreads(); }
};

// Sum of a count that each thread of the block brings; only thread 0 gets it.
__device__ inline long long blockCount(long long mine) {
  SLUICE_SHARED(long long, counts, BLOCK);
  counts[threadIdx.x] = mine;
  __syncthreads();
  long long total = 0;
  if (threadIdx.x == 0) {
    for (int k = 0; k < BLOCK; k++) {
      total += counts[k];
    }
  }
  return total;
}

// Rows up to this long are a warp's work, eight rows to a block; longer ones a block's. At 1,024 columns a lane holds
// 32 elements: enough loads in flight, and no barrier.
constexpr int WARP_ROW = 1024;
