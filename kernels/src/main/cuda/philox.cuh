// Philox 4x32-10 (Salmon et al., SC 2011): four random words from key and counter alone, so any thread draws any
// element's number, and every backend draws the same. About 40 integer operations for four elements: never the
// bottleneck.
#pragma once
#include "device.cuh"

struct Words {
  unsigned at[4];
};

__device__ inline Words philox(unsigned long long seed, unsigned long long block, unsigned stream, unsigned step) {
  unsigned k0 = (unsigned)seed;
  unsigned k1 = (unsigned)(seed >> 32);
  unsigned c0 = (unsigned)block;
  unsigned c1 = (unsigned)(block >> 32);
  unsigned c2 = stream;
  unsigned c3 = step;
  for (int round = 0; round < 10; round++) {
    const unsigned high0 = __umulhi(0xD2511F53u, c0);
    const unsigned low0 = 0xD2511F53u * c0;
    const unsigned high1 = __umulhi(0xCD9E8D57u, c2);
    const unsigned low1 = 0xCD9E8D57u * c2;
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return Words{{c0, c1, c2, c3}};
}

// In [0, 1), a multiple of 2^-24.
__device__ inline float uniform(unsigned bits) { return (float)(bits >> 8) * 0x1p-24f; }
