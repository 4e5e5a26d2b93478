// Numbers in memory and in registers: bf16 storage, 16-byte packs, and the two squashing functions.
//
// bf16 is the upper half of an fp32 number. It is stored, never computed with: load() widens it, store() rounds it to
// nearest even. Its own six lines here rather than cuda_bf16.h, so that NVRTC needs no CUDA headers at run time.
#pragma once
#include "device.cuh"

struct bf16 {
  unsigned short bits;
};

__device__ inline float widen(float x) { return x; }

__device__ inline float widen(bf16 x) { return __uint_as_float((unsigned)x.bits << 16); }

__device__ inline unsigned bf16Bits(float x) {
  const unsigned bits = __float_as_uint(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return (bits >> 16) | 0x40u;  // NaN: keep its sign, make it quiet; rounding could turn it into infinity
  }
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

__device__ inline void narrow(float x, float& to) { to = x; }

__device__ inline void narrow(float x, bf16& to) { to.bits = (unsigned short)bf16Bits(x); }

// N neighbouring elements, widened.
template <int N>
struct Floats {
  float at[N];
};

template <int N>
__device__ inline Floats<N> constant(float value) {
  Floats<N> x;
  for (int k = 0; k < N; k++) {
    x.at[k] = value;
  }
  return x;
}

// N elements from p on: one element, or 16-byte reads from an aligned address.
template <int N>
__device__ inline Floats<N> load(const float* p) {
  Floats<N> x;
  if constexpr (N == 1) {
    x.at[0] = *p;
  } else {
    SLUICE_CHECK_ALIGNED(p, 16);
    for (int k = 0; k < N; k += 4) {
      const float4 four = *reinterpret_cast<const float4*>(p + k);
      x.at[k] = four.x;
      x.at[k + 1] = four.y;
      x.at[k + 2] = four.z;
      x.at[k + 3] = four.w;
    }
  }
  return x;
}

__device__ inline void unpack(unsigned word, float& first, float& second) {
  first = __uint_as_float(word << 16);
  second = __uint_as_float(word & 0xffff0000u);
}

template <int N>
__device__ inline Floats<N> load(const bf16* p) {
  Floats<N> x;
  if constexpr (N == 1) {
    x.at[0] = widen(*p);
  } else {
    SLUICE_CHECK_ALIGNED(p, 16);
    for (int k = 0; k < N; k += 8) {
      const uint4 eight = *reinterpret_cast<const uint4*>(p + k);
      unpack(eight.x, x.at[k], x.at[k + 1]);
      unpack(eight.y, x.at[k + 2], x.at[k + 3]);
      unpack(eight.z, x.at[k + 4], x.at[k + 5]);
      unpack(eight.w, x.at[k + 6], x.at[k + 7]);
    }
  }
  return x;
}

template <int N>
__device__ inline void store(float* p, const Floats<N>& x) {
  if constexpr (N == 1) {
    *p = x.at[0];
  } else {
    SLUICE_CHECK_ALIGNED(p, 16);
    for (int k = 0; k < N; k += 4) {
      *reinterpret_cast<float4*>(p + k) = float4{x.at[k], x.at[k + 1], x.at[k + 2], x.at[k + 3]};
    }
  }
}

__device__ inline unsigned pack(float first, float second) { return bf16Bits(first) | (bf16Bits(second) << 16); }

template <int N>
__device__ inline void store(bf16* p, const Floats<N>& x) {
  if constexpr (N == 1) {
    narrow(x.at[0], *p);
  } else {
    SLUICE_CHECK_ALIGNED(p, 16);
    for (int k = 0; k < N; k += 8) {
      *reinterpret_cast<uint4*>(p + k) = uint4{pack(x.at[k], x.at[k + 1]), pack(x.at[k + 2], x.at[k + 3]),
                                               pack(x.at[k + 4], x.at[k + 5]), pack(x.at[k + 6], x.at[k + 7])};
    }
  }
}

// As load, with zeros where there is no array.
template <int N, typename T>
__device__ inline Floats<N> loadOrZero(const T* base, long long offset) {
  return base ? load<N>(base + offset) : constant<N>(0);
}

// x += base[offset..], where there is an array.
template <int N, typename T>
__device__ inline void addIfPresent(Floats<N>& x, const T* base, long long offset) {
  if (base) {
    const Floats<N> y = load<N>(base + offset);
    for (int k = 0; k < N; k++) {
      x.at[k] += y.at[k];
    }
  }
}

template <int N, typename T>
__device__ inline void storeIfPresent(T* base, long long offset, const Floats<N>& x) {
  if (base) {
    store<N>(base + offset, x);
  }
}

// Within 3 ulp everywhere: expf is within 2, and for very negative x it overflows to infinity, which gives the right 0.
__device__ inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
