// What the recurrent cells share: which thread owns which unit, when a sequence has ended, and where h is written.
//
// One thread owns one hidden unit of one sequence, or `pack` neighbouring ones, with all its gates: nothing is
// exchanged between threads, so a step is one launch without a barrier. Offsets are 64-bit; the unit's number within a
// step is 32-bit, which keeps the division cheap (B * H is below 2^31).
#pragma once
#include "arguments.cuh"
#include "numbers.cuh"

// Calls body(width, row, unit) for the units that this thread owns: row in 0..batch-1, unit in 0..units-1.
template <typename T, typename Body>
__device__ inline void overUnits(int batch, int units, int pack, Body body) {
  const unsigned index = blockIdx.x * BLOCK + threadIdx.x;
  if (pack == 1) {
    if (index < (unsigned)batch * (unsigned)units) {
      body(Width<1>{}, (int)(index / (unsigned)units), (int)(index % (unsigned)units));
    }
  } else {
    constexpr int N = PACK<T>;
    const unsigned packs = (unsigned)units / N;
    if (index < (unsigned)batch * packs) {
      body(Width<N>{}, (int)(index / packs), (int)(index % packs) * N);
    }
  }
}

__device__ inline bool hasEnded(const int* lengths, int row, int step) { return lengths && step >= lengths[row]; }

// Writes h to the state, its copy in T and the output. Works on every struct that has these fields.
template <typename T, int N, typename Arguments>
__device__ inline void storeHidden(const Arguments& a, int row, int unit, const Floats<N>& h) {
  const long long at = (long long)row * a.units + unit;
  store<N>(a.state + at, h);
  storeIfPresent<N>(static_cast<T*>(a.hidden), at, h);
  storeIfPresent<N>(static_cast<T*>(a.output), row * a.outputStride + unit, h);
}

// An ended sequence keeps its state, and its output is zero.
template <typename T, int N, typename Arguments>
__device__ inline void storeEnded(const Arguments& a, int row, int unit) {
  storeIfPresent<N>(static_cast<T*>(a.output), row * a.outputStride + unit, constant<N>(0));
}

// Pre-activation of one gate: the input's product, the recurrent product where it is apart, and the biases. `at` is the
// gate's place in the input's product and in the biases' row `biasAt`; `recurrentAt` its place in the other.
template <typename T, int N, typename Arguments>
__device__ inline Floats<N> preActivation(const Arguments& a, long long at, long long recurrentAt, int biasAt) {
  Floats<N> x = load<N>(static_cast<const T*>(a.gates) + at);
  addIfPresent<N>(x, a.recurrent, recurrentAt);
  addIfPresent<N>(x, a.biasInput, biasAt);
  addIfPresent<N>(x, a.biasHidden, biasAt);
  return x;
}

// Gradient of h after the step: what came back through later steps, and the output's own.
template <typename T, int N, typename Arguments>
__device__ inline Floats<N> hiddenGradient(const Arguments& a, int row, int unit) {
  Floats<N> dh = load<N>(a.stateGradient + (long long)row * a.units + unit);
  addIfPresent<N>(dh, static_cast<const T*>(a.outputGradient), row * a.outputGradientStride + unit);
  return dh;
}

// h before the step: the output of the step before, or h0 at the sequence's first step in this direction.
template <typename T, int N, typename Arguments>
__device__ inline Floats<N> stateBefore(const Arguments& a, int row, int unit) {
  const int first = !a.reverse ? 0 : a.lengths ? a.lengths[row] - 1 : -1;
  if (a.step == first || !a.previous) {
    return loadOrZero<N>(a.initial, (long long)row * a.units + unit);
  }
  return load<N>(static_cast<const T*>(a.previous) + row * a.previousStride + unit);
}

// count gates, each `units` apart, set to zero from `at` on.
template <typename T, int N>
__device__ inline void storeZeros(void* gates, long long at, int units, int count) {
  for (int g = 0; g < count; g++) {
    store<N>(static_cast<T*>(gates) + at + (long long)g * units, constant<N>(0));
  }
}
