// Kernels for the stand-in's own tests: some break one rule each, which the stand-in must notice; the others use what
// it offers and no kernel of the product uses yet.
#include "device.cuh"
#include "exchange.cuh"
#include "matrix_units.cuh"
#include "probes.hpp"

// Each thread shows its neighbour's number. With the barrier left out a thread reads before its neighbour wrote.
SLUICE_KERNEL(probe_with_barrier, Probe, BLOCK) {
  SLUICE_SHARED(float, shared, BLOCK);
  shared[threadIdx.x] = (float)threadIdx.x;
  __syncthreads();
  a.data[threadIdx.x] = shared[(threadIdx.x + 1) % BLOCK];
}

SLUICE_KERNEL(probe_without_barrier, Probe, BLOCK) {
  SLUICE_SHARED(float, shared, BLOCK);
  shared[threadIdx.x] = (float)threadIdx.x;
  a.data[threadIdx.x] = shared[(threadIdx.x + 1) % BLOCK];
}

// A sum by halves whose barrier in the loop is left out: whether it goes wrong depends on the order of the threads.
SLUICE_KERNEL(probe_without_second_barrier, Probe, BLOCK) {
  SLUICE_SHARED(float, shared, BLOCK);
  shared[threadIdx.x] = a.data[threadIdx.x];
  __syncthreads();
  for (unsigned distance = BLOCK / 2; distance > 0; distance /= 2) {
    if (threadIdx.x < distance) {
      shared[threadIdx.x] += shared[threadIdx.x + distance];
    }
  }
  __syncthreads();
  a.data[threadIdx.x] = shared[0];
}

SLUICE_KERNEL(probe_writes_behind, Probe, BLOCK) {
  if ((int)threadIdx.x <= a.count) {
    a.data[threadIdx.x] = 1;
  }
}

SLUICE_KERNEL(probe_writes_before, Probe, BLOCK) {
  if (threadIdx.x == 0) {
    a.data[-1] = 1;
  }
}

SLUICE_KERNEL(probe_reads_behind, Probe, BLOCK) {
  if (threadIdx.x == 0) {
    a.data[0] = a.data[a.count + 100];
  }
}

SLUICE_KERNEL(probe_copies, Probe, BLOCK) {
  if ((int)threadIdx.x < a.count) {
    a.data[a.count + threadIdx.x] = a.data[threadIdx.x];
  }
}

SLUICE_KERNEL(probe_misaligned, Probe, BLOCK) {
  if (threadIdx.x == 0) {
    store<4>(a.data + 1, constant<4>(0));
  }
}

SLUICE_KERNEL(probe_overruns_shared, Probe, BLOCK) {
  SLUICE_SHARED(float, shared, 8);
  if (threadIdx.x < 9) {
    shared[threadIdx.x] = 1;
  }
}

SLUICE_KERNEL(probe_two_barriers, Probe, BLOCK) {
  if (threadIdx.x % 2 == 0) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

SLUICE_KERNEL(probe_lanes_missing, Probe, BLOCK) {
  if (threadIdx.x % 32 != 5) {
    a.data[threadIdx.x] = __shfl_xor_sync(0xffffffffu, 1.0f, 1);
  }
}

SLUICE_KERNEL(probe_waits_for_ever, Probe, BLOCK) {
  volatile unsigned* flag = a.counter;
  while (*flag == 0) {
    __nanosleep(20);
  }
}

// Every kind of warp operation, whole and in two halves.
SLUICE_KERNEL(probe_warp, Probe, BLOCK) {
  const int lane = threadIdx.x % WARP;
  float sum = (float)lane;
  sum += __shfl_xor_sync(0xffffffffu, sum, 16);
  const unsigned half = lane < 16 ? 0x0000ffffu : 0xffff0000u;
  sum += __shfl_down_sync(half, sum, 3);
  sum += 100 * __shfl_sync(half, (float)lane, lane < 16 ? 2 : 17);
  const unsigned odd = __ballot_sync(0xffffffffu, lane % 2 == 1);
  __syncwarp();
  a.data[threadIdx.x] = sum + (odd == 0xaaaaaaaau ? 0.5f : 0);
}

// Two phases with a barrier over the whole grid between them, as a persistent kernel has: needs a cooperative launch.
SLUICE_KERNEL(probe_grid_barrier, Probe, BLOCK) {
  const int index = blockIdx.x * BLOCK + threadIdx.x;
  a.data[index] = (float)index;
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    atomicAdd(a.counter, 1u);
    while (*(volatile unsigned*)a.counter < gridDim.x) {
      __nanosleep(20);
    }
    __threadfence();
  }
  __syncthreads();
  const int other = (int)(gridDim.x * BLOCK) - 1 - index;
  a.data[a.count + index] = a.data[other];
}

// Each block hands a number a thread to the next. counter: a flag for each of up to 14 blocks, then a note of faults.
__device__ inline void handToNextBlock(const Probe& a, bool tooEarly, bool wait) {
  const int blocks = (int)gridDim.x;
  const int next = ((int)blockIdx.x + 1) % blocks;
  if (tooEarly && threadIdx.x == 0) {
    storeRelease(a.counter + blockIdx.x, 1);
  }
  a.data[blockIdx.x * BLOCK + threadIdx.x] = (float)(blockIdx.x * BLOCK + threadIdx.x);
  __syncthreads();
  if (!tooEarly && threadIdx.x == 0) {
    storeRelease(a.counter + blockIdx.x, 1);
  }
  if (wait && threadIdx.x % WARP == 0) {
    awaitFlag(a.counter + next, 1, next, reinterpret_cast<unsigned long long*>(a.counter + 14));
  }
  __syncwarp();
  a.data[(blocks + (int)blockIdx.x) * BLOCK + threadIdx.x] = a.data[next * BLOCK + threadIdx.x];
}

SLUICE_KERNEL(probe_hands_over, Probe, BLOCK) { handToNextBlock(a, false, true); }

SLUICE_KERNEL(probe_raises_flag_too_early, Probe, BLOCK) { handToNextBlock(a, true, true); }

SLUICE_KERNEL(probe_does_not_wait, Probe, BLOCK) { handToNextBlock(a, false, false); }

// Blocks and threads in three dimensions.
SLUICE_KERNEL(probe_indices, Probe, BLOCK) {
  const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const unsigned threads = blockDim.x * blockDim.y * blockDim.z;
  a.data[block * threads + thread] = (float)(block * 1000 + thread);
}

// Dynamic shared memory: reversed through it. Its size in floats is a.count.
SLUICE_KERNEL(probe_dynamic_shared, Probe, BLOCK) {
  SLUICE_DYNAMIC_SHARED(shared);
  float* floats = reinterpret_cast<float*>(shared);
  for (int k = threadIdx.x; k < a.count; k += BLOCK) {
    floats[k] = a.data[k];
  }
  __syncthreads();
  for (int k = threadIdx.x; k < a.count; k += BLOCK) {
    a.data[k] = floats[a.count - 1 - k];
  }
}

// What shared memory holds before anything was written to it.
SLUICE_KERNEL(probe_new_dynamic_shared, Probe, BLOCK) {
  SLUICE_DYNAMIC_SHARED(shared);
  a.data[threadIdx.x] = reinterpret_cast<const float*>(shared)[threadIdx.x];
}

SLUICE_KERNEL(probe_writes_behind_dynamic_shared, Probe, BLOCK) {
  SLUICE_DYNAMIC_SHARED(shared);
  if (threadIdx.x == 0) {
    reinterpret_cast<float*>(shared)[a.count] = 1;
  }
}

SLUICE_KERNEL(probe_reads_behind_dynamic_shared, Probe, BLOCK) {
  SLUICE_DYNAMIC_SHARED(shared);
  if (threadIdx.x == 0) {
    a.data[0] = reinterpret_cast<const float*>(shared)[a.count];
  }
}

SLUICE_KERNEL(probe_writes_before_dynamic_shared, Probe, BLOCK) {
  SLUICE_DYNAMIC_SHARED(shared);
  if (threadIdx.x == 0) {
    reinterpret_cast<float*>(shared)[-1] = 1;
  }
}

// Matrix products that not all lanes take part in, or not in the same.
SLUICE_KERNEL(probe_matrix_lane_missing, Probe, BLOCK) {
  float sum[4] = {};
  if (threadIdx.x != 5) {
    multiplyAdd(Bf16Units{}, sum, {}, {});
  }
}

SLUICE_KERNEL(probe_matrix_lane_at_barrier, Probe, BLOCK) {
  float sum[4] = {};
  if (threadIdx.x != 5) {
    multiplyAdd(Bf16Units{}, sum, {}, {});
  }
  __syncthreads();
}

SLUICE_KERNEL(probe_matrix_two_products, Probe, BLOCK) {
  float sum[4] = {};
  if (threadIdx.x < 5) {
    multiplyAdd(Bf16Units{}, sum, {}, {});
  } else {
    multiplyAdd(Tf32Units{}, sum, {}, {});
  }
}

SLUICE_KERNEL(probe_matrix_and_shuffle, Probe, BLOCK) {
  float sum[4] = {};
  if (threadIdx.x < 5) {
    multiplyAdd(Bf16Units{}, sum, {}, {});
  } else {
    __syncwarp();
  }
}

SLUICE_KERNEL(probe_matrix_part_of_warp, Probe, BLOCK) {
  float sum[4] = {};
  multiplyAdd(Bf16Units{}, sum, {}, {});
}

SLUICE_PERSISTENT_KERNEL(probe_persistent, Probe, BLOCK) {
  SLUICE_DYNAMIC_SHARED(shared);
  a.data[blockIdx.x * BLOCK + threadIdx.x] = (float)blockIdx.x;
  (void)shared;
}
