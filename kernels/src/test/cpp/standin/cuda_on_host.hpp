// Lets the kernels' sources compile as host C++: read before them (-include), it defines the CUDA words that they use.
// Threads are fibres (engine.hpp): a barrier, a shuffle and a pause each switch to another thread of the block.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#define __device__
#define __global__

struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};

namespace standin {

struct Index {
  unsigned x = 1, y = 1, z = 1;
};

// Where the running thread is.
extern Index threadIdx;
extern Index blockIdx;
extern Index blockDim;
extern Index gridDim;

// A kernel that can be launched by name; `run` calls it for the running thread.
struct KernelEntry {
  const char* name;
  size_t argumentBytes;
  unsigned maxThreads;
  unsigned registers;  // a thread may have
  void (*run)(const void* arguments);
};

struct Registration {
  explicit Registration(const KernelEntry& entry);
};

// One __shared__ declaration; each block sees its own memory behind it, poisoned before first use.
struct SharedSlot {
  int id = -1;
  size_t offset = 0;
};

void* sharedArray(SharedSlot& slot, size_t bytes);
void barrier(const char* file, int line);
uint64_t shuffle(unsigned mask, uint64_t value, int sourceLane);
unsigned ballot(unsigned mask, bool predicate);
// All 32 lanes leave `count` words each and read all: those of lane k begin at k * LANE_WORDS. Lanes that meet here in
// different operations (numbers from 0 on) are a failure.
constexpr int LANE_WORDS = 12;
const uint32_t* exchangeWords(const uint32_t* words, int count, int operation);
void* dynamicArray();
void pause();
void giveWay();
uint64_t pollClock();
void checkAligned(const void* pointer, size_t bytes);
int laneOfThread();

template <typename T>
T shuffleFrom(unsigned mask, T value, int sourceLane) {
  static_assert(sizeof(T) <= sizeof(uint64_t));
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof(T));
  bits = shuffle(mask, bits, sourceLane);
  memcpy(&value, &bits, sizeof(T));
  return value;
}

}  // namespace standin

using standin::blockDim;
using standin::blockIdx;
using standin::gridDim;
using standin::threadIdx;

#define STANDIN_KERNEL(name, Arguments, threads, registers)                                                           \
  static void name(const Arguments& a);                                                                               \
  static const standin::Registration name##_registration(standin::KernelEntry{                                        \
      #name, sizeof(Arguments), threads, registers, [](const void* p) { name(*static_cast<const Arguments*>(p)); }}); \
  static void name([[maybe_unused]] const Arguments& a)
#define SLUICE_KERNEL(name, Arguments, threads) STANDIN_KERNEL(name, Arguments, threads, 32)
#define SLUICE_PERSISTENT_KERNEL(name, Arguments, threads) STANDIN_KERNEL(name, Arguments, threads, 255)

#define SLUICE_SHARED(type, name, count)  \
  static standin::SharedSlot name##_slot; \
  type* const name = static_cast<type*>(standin::sharedArray(name##_slot, sizeof(type) * (count)))

#define SLUICE_DYNAMIC_SHARED(name) uint4* const name = static_cast<uint4*>(standin::dynamicArray())

#define SLUICE_UNROLL
#define SLUICE_NOINLINE

#define SLUICE_CHECK_ALIGNED(pointer, bytes) standin::checkAligned(pointer, bytes)

#define __syncthreads() standin::barrier(__FILE__, __LINE__)

inline void __syncwarp(unsigned mask = 0xffffffffu) { standin::shuffle(mask, 0, standin::laneOfThread()); }

template <typename T>
T __shfl_sync(unsigned mask, T value, int lane) {
  return standin::shuffleFrom(mask, value, lane % 32);
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lanes) {
  return standin::shuffleFrom(mask, value, standin::laneOfThread() ^ lanes);
}

template <typename T>
T __shfl_down_sync(unsigned mask, T value, int lanes) {
  const int source = standin::laneOfThread() + lanes;
  return standin::shuffleFrom(mask, value, source < 32 ? source : standin::laneOfThread());
}

inline unsigned __ballot_sync(unsigned mask, bool predicate) { return standin::ballot(mask, predicate); }

inline void __nanosleep(unsigned) { standin::pause(); }

inline void __threadfence() {}

// exchange.cuh: after a flag is raised other blocks may run first (giveWay), between two looks at one they do, and the
// clock counts the times that it was read.
#define SLUICE_EXCHANGE

inline void storeRelease(unsigned* flag, unsigned value) {
  *flag = value;
  standin::giveWay();
}

inline unsigned loadAcquire(const unsigned* flag) { return *static_cast<const volatile unsigned*>(flag); }

inline uint4 loadFresh(const void* p) {
  standin::checkAligned(p, sizeof(uint4));
  return *static_cast<const uint4*>(p);
}

inline unsigned long long nanoseconds() { return standin::pollClock(); }

inline void beforeNextPoll() { standin::pause(); }

// Blocks run one after another or take turns at barriers only, so a plain update is atomic.
template <typename T>
T atomicAdd(T* address, T value) {
  const T old = *address;
  *address = old + value;
  return old;
}

inline unsigned long long atomicMax(unsigned long long* address, unsigned long long value) {
  const unsigned long long old = *address;
  if (value > old) {
    *address = value;
  }
  return old;
}

inline int min(int x, int y) { return x < y ? x : y; }

inline int max(int x, int y) { return x > y ? x : y; }

inline unsigned __umulhi(unsigned x, unsigned y) { return (unsigned)((uint64_t)x * y >> 32); }

inline unsigned __float_as_uint(float x) {
  unsigned bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline float __uint_as_float(unsigned bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

#include "matrix_on_host.hpp"
