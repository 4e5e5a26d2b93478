// What every kernel file needs: how an entry point and its shared memory are declared, and the two ways in which
// threads are laid over data.
//
// The same sources are compiled three times: by nvcc into the fatbin, by NVRTC at run time where there was no nvcc, and
// as host C++ for the stand-in driver of the tests, which defines its own versions of the macros before this file is
// read. So nothing here includes a header, of CUDA or of the host.
#pragma once

#ifndef SLUICE_KERNEL
// An entry point: one plain struct by value, at most `threads` threads a block. The 2 gives a thread up to 128
// registers; without it ptxas aims at full occupancy and spills a few bytes in four kernels. Two blocks an SM have
// enough loads in flight: 512 threads of 16 bytes are 8 KB a load instruction, and about 22 KB an SM cover an H200's
// latency.
#define SLUICE_KERNEL(name, Arguments, threads) \
  extern "C" __global__ void __launch_bounds__(threads, 2) name(const __grid_constant__ Arguments a)
// The same for a kernel that holds its weights in registers: up to 255 a thread, and a multiprocessor to itself.
#define SLUICE_PERSISTENT_KERNEL(name, Arguments, threads) \
  extern "C" __global__ void __launch_bounds__(threads, 1) name(const __grid_constant__ Arguments a)
#define SLUICE_SHARED(type, name, count) __shared__ type name[count]
// The shared memory whose size the launch says, as 16-byte units.
#define SLUICE_DYNAMIC_SHARED(name) extern __shared__ uint4 name[]
#define SLUICE_CHECK_ALIGNED(pointer, bytes)
// Before a function that is compiled once and called, where inlining it everywhere would take the compiler long.
#define SLUICE_NOINLINE __noinline__
// Before a loop whose counter indexes registers.
#define SLUICE_UNROLL _Pragma("unroll")
#endif

// Threads of a block in every kernel.
constexpr int BLOCK = 256;
constexpr int WARP = 32;
constexpr int WARPS = BLOCK / WARP;

// Notes for the host that an id, a target or a length does not fit its limit: of several the largest, so that the note
// does not depend on the order of the threads; 0 is "none". Limits are at least 1.
__device__ inline void noteFault(unsigned long long* fault, int limit, int value) {
  atomicMax(fault, (unsigned long long)(unsigned)limit << 32 | (unsigned)value);
}

// Elements that are one 16-byte access.
template <typename T>
constexpr int PACK = 16 / (int)sizeof(T);

// A number as a type, so that a loop body can be compiled once for whole packs and once for single elements.
template <int N>
struct Width {
  static constexpr int value = N;
};

__device__ inline bool aligned16(const void* pointer) { return (unsigned long long)pointer % 16 == 0; }

// Whether rows of `columns` elements of T, one after another from `pointer` on, can be read in packs. Null counts as
// yes.
template <typename T>
__device__ inline bool packable(const T* pointer, long long columns) {
  return aligned16(pointer) && columns % PACK<T> == 0;
}

// Calls body(width, first) so that the grid covers 0..count-1 once: packs of N as far as `packed` allows, then single
// elements. Any grid will do; a thread takes every (threads in the grid)-th pack.
template <int N, typename Body>
__device__ inline void overElements(long long count, bool packed, Body body) {
  const long long threads = (long long)gridDim.x * BLOCK;
  const long long thread = (long long)blockIdx.x * BLOCK + threadIdx.x;
  const long long packs = packed ? count / N : 0;
  for (long long i = thread; i < packs; i += threads) {
    body(Width<N>{}, i * N);
  }
  for (long long i = packs * N + thread; i < count; i += threads) {  // tail, or everything when not aligned
    body(Width<1>{}, i);
  }
}

// The same over one row of `columns` elements, by a group of THREADS threads of which this one is number `rank`.
template <int N, int THREADS, typename Body>
__device__ inline void overRow(int rank, int columns, bool packed, Body body) {
  if (packed) {  // then columns is a multiple of N
    for (int column = rank * N; column < columns; column += THREADS * N) {
      body(Width<N>{}, column);
    }
  } else {
    for (int column = rank; column < columns; column += THREADS) {
      body(Width<1>{}, column);
    }
  }
}
