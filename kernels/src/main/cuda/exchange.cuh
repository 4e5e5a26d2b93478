// How the blocks of one launch hand numbers to one another while all of them run: a producer writes its numbers, then
// raises a flag; a consumer waits for the flag, then reads.
//
// Order comes from the memory model of PTX, not from fences over everything. A producer's block writes with plain
// stores, meets at __syncthreads, and one thread raises the flag with a release: it carries the whole block's writes,
// since the barrier orders them before. A lane that sees the flag with an acquire has them, and after __syncwarp so has
// its warp. The numbers themselves are read past the L1 cache (loadFresh), whose lines may be older.
//
// A flag counts publications, so it is never lowered; it is cleared before each launch. A wait ends after a limit of
// time, or soon when any other wait of the launch did: the kernel then runs to its end without further waiting, and
// the host finds the note. Blocks that are not resident together therefore cost seconds, not a hung device.
#pragma once
#include "device.cuh"

#ifndef SLUICE_EXCHANGE  // the stand-in driver defines its own
#define SLUICE_EXCHANGE

__device__ inline void storeRelease(unsigned* flag, unsigned value) {
  asm volatile("st.release.gpu.global.u32 [%0], %1;" ::"l"(flag), "r"(value) : "memory");
}

__device__ inline unsigned loadAcquire(const unsigned* flag) {
  unsigned value;
  asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(flag) : "memory");
  return value;
}

// 16 bytes that another block has written, from the L2 cache.
__device__ inline uint4 loadFresh(const void* p) {
  uint4 x;
  asm volatile("ld.relaxed.gpu.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(x.x), "=r"(x.y), "=r"(x.z), "=r"(x.w)
               : "l"(p)
               : "memory");
  return x;
}

__device__ inline unsigned long long nanoseconds() {
  unsigned long long now;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
  return now;
}

// Between two looks at a flag. A sleep would only lengthen the wait, which is most of a step's latency.
__device__ inline void beforeNextPoll() {}

#endif

// A wait is given up after this time; a step takes microseconds, and a debugger may stop a block for a while.
constexpr int WAIT_SECONDS = 10;
// Looks at a flag between two at the clock and at the other waits' note: about 50 us.
constexpr unsigned POLLS_BETWEEN_CHECKS = 64;

// Waits until the flag is at least `wanted`. Given up, it notes WAIT_SECONDS as the limit and `producer` as the value.
__device__ inline void awaitFlag(const unsigned* flag, unsigned wanted, int producer, unsigned long long* fault) {
  unsigned long long begin = 0;
  for (unsigned polls = 1; loadAcquire(flag) < wanted; polls++) {
    if (polls % POLLS_BETWEEN_CHECKS == 0) {
      const unsigned long long now = nanoseconds();
      if (begin == 0) {
        begin = now;
      }
      if (*static_cast<volatile unsigned long long*>(fault) != 0) {
        return;
      }
      if (now - begin >= WAIT_SECONDS * 1000000000ull) {
        noteFault(fault, WAIT_SECONDS, producer);
        return;
      }
    }
    beforeNextPoll();
  }
}
