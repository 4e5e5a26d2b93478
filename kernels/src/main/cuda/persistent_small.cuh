// What the small persistent kernels share: who owns what, R in registers, and the activations that warps exchange.
//
// A block of 8 warps takes 8 sequences through all steps of a direction, H at most 128. It keeps R in registers, and
// what does not fit there in shared memory; so a step reads of global memory only its own pre-activations (or saved
// gates), and nothing waits for another block. Warp w owns the units 16 w to 16 w + 15 with all their gates. Of these a
// thread (group, member; see matrix_units.cuh) owns two, 16 w + 2 group and the next, in two sequences, 2 member and
// the next: just what the products give it of each gate, since row r of a tile is unit 2 r for r < 8 and 2 (r - 8) + 1
// from there on. So gates, c and the gradients of h and c never leave their thread, and neighbours are read and written
// as one access.
//
// Activations (h forward, the gates' gradients backward) go to all warps through shared memory. Two buffers take turns,
// with one barrier a step: who writes a buffer has passed the barrier that everybody reached after reading it last. A
// thread fetches its operands of the next step before the barrier, so that their way from memory passes behind it and
// the products.
//
// There is one instance a cell, direction and type. Smaller H leave out warps and chunks of k at run time. A tile is 8
// sequences, what the matrix unit takes; 16 would halve the blocks of a large batch, but gates, not products, are most
// of a step, so each would take nearly twice as long.
//
// Registers a thread at most (nvcc 13.0, sm_80 to sm_120), of which R has 96 in fp32 and TF32, and in bf16 128 (LSTM)
// or 96 (GRU):       f32  tf32  bf16
//     LSTM forward   234   232   230
//     LSTM backward  242   243   240
//     GRU forward    220   216   181
//     GRU backward   226   232   197
//
// Floor of a step at H = 128 on an H200 at 1.98 GHz, not yet measured on a GPU, an estimate in cycles of a scheduler,
// which has two of the warps: gates, 4 cells a thread of about 120 instructions (LSTM) or 85 (GRU), 960 or 680;
// products of an LSTM, in bf16 64 instructions of 4 to 6 cycles, in TF32 128 of these and 1,280 cycles to read 160 KB
// of R from shared memory, in fp32 4,096 of fmaf; about 300 of latencies that nothing hides (a chain of sums, the
// barrier, reading h). That makes LSTM 0.7 us in bf16, 1.2 in TF32 and 2.7 in fp32; GRU 0.55, 0.8 and 2.0. At H = 64,
// where half of the warps have a quarter of R: LSTM 0.4, 0.5 and 0.9 us. Reading R costs once a launch, in 12 to 32
// rounds of 8 to 16 loads, some 4 to 10 us. The step kernels take at least two launches a step, about 3 us in a graph.
#pragma once
#include "arguments.cuh"
#include "cells.cuh"
#include "matrix_units.cuh"

constexpr int TILE_UNITS = 16;
constexpr int SMALL_UNITS = WARPS * TILE_UNITS;

// Products in fp32 by the ordinary units, on operands that lie as those of the matrix units do.
struct ExactUnits {
  using Number = float;
  static constexpr int CHUNK = 16;
};

template <typename At>
__device__ inline uint4 operands(ExactUnits, At at) {
  return {__float_as_uint(at(0)), __float_as_uint(at(1)), __float_as_uint(at(2)), __float_as_uint(at(3))};
}

__device__ inline void storeOperands(ExactUnits, void* to, float first, float second) {
  *static_cast<float2*>(to) = {first, second};
}

template <typename Units>
constexpr int SMALL_CHUNKS = SMALL_UNITS / Units::CHUNK;

// Chunks of each gate that are kept in registers, 8 words a thread each.
template <typename Units, int GATES>
constexpr int REGISTER_CHUNKS = Units::CHUNK == 16 && GATES == 4 ? 3 : 4;

// The two units of two sequences that a thread owns, 4 cells: number s * 2 + b is unit + s in sequence row + b.
struct OwnedCells {
  int unit;
  int row;
  int present[2];  // how many of the two units there are in row, row + 1: 0 to 2
  int length[2];   // steps of row, row + 1
  bool warpWorks;  // whether its warp has units at all
};

template <typename Arguments>
__device__ inline OwnedCells ownedCells(const Arguments& a) {
  const int lane = threadIdx.x % WARP;
  const int firstUnit = threadIdx.x / WARP * TILE_UNITS;
  OwnedCells cells;
  cells.warpWorks = firstUnit < a.units;
  cells.unit = firstUnit + lane / 4 * 2;
  cells.row = blockIdx.x * TILE_SEQUENCES + lane % 4 * 2;
  SLUICE_UNROLL
  for (int b = 0; b < 2; b++) {
    const bool there = cells.row + b < a.batch;
    cells.present[b] = there ? max(0, min(2, a.units - cells.unit)) : 0;
    cells.length[b] = there && a.lengths ? min(a.steps, a.lengths[cells.row + b]) : a.steps;
  }
  return cells;
}

// Two neighbouring numbers as they are in memory.
template <typename T>
struct Pair;

template <>
struct Pair<float> {
  using Access = float2;
  float2 both;
  __device__ float at(int k) const { return k == 0 ? both.x : both.y; }
  __device__ static Access of(float first, float second) { return {first, second}; }
};

template <>
struct Pair<bf16> {
  using Access = unsigned;
  unsigned both;
  __device__ float at(int k) const { return __uint_as_float(k == 0 ? both << 16 : both & 0xffff0000u); }
  __device__ static Access of(float first, float second) { return pack(first, second); }
};

// Whether every pair that begins at an even unit can be read as one access. Null counts as yes.
template <typename T>
__device__ inline bool pairs(const T* base, long long stride) {
  return (unsigned long long)base % (2 * sizeof(T)) == 0 && stride % 2 == 0;
}

// `present` numbers from base + offset on, and zeros for the others; all zeros when base is null.
template <typename T>
__device__ inline Pair<T> loadPair(const T* base, long long offset, int present, bool paired) {
  Pair<T> x = {Pair<T>::of(0, 0)};
  if (base && present > 0) {
    if (paired) {
      SLUICE_CHECK_ALIGNED(base + offset, sizeof x);
      x.both = *reinterpret_cast<const typename Pair<T>::Access*>(base + offset);
    } else {
      x.both = Pair<T>::of(widen(base[offset]), present > 1 ? widen(base[offset + 1]) : 0.0f);
    }
  }
  return x;
}

template <typename T>
__device__ inline void storePair(T* base, long long offset, int present, bool paired, float first, float second) {
  if (base && present > 0) {
    if (paired) {
      SLUICE_CHECK_ALIGNED(base + offset, 2 * sizeof(T));
      *reinterpret_cast<typename Pair<T>::Access*>(base + offset) = Pair<T>::of(first, second);
    } else {
      narrow(first, base[offset]);
      if (present > 1) {
        narrow(second, base[offset + 1]);
      }
    }
  }
}

// [B, H] of cells, or zeros, and back: once a launch, so one by one.
__device__ inline void loadCells(float (&x)[4], const float* base, const OwnedCells& cells, int units) {
  SLUICE_UNROLL
  for (int b = 0; b < 2; b++) {
    const long long at = (long long)(cells.row + b) * units + cells.unit;
    const Pair<float> pair = loadPair(base, at, cells.present[b], false);
    x[b] = pair.at(0);
    x[2 + b] = pair.at(1);
  }
}

__device__ inline void storeCells(float* base, const float (&x)[4], const OwnedCells& cells, int units) {
  SLUICE_UNROLL
  for (int b = 0; b < 2; b++) {
    const long long at = (long long)(cells.row + b) * units + cells.unit;
    storePair(base, at, cells.present[b], false, x[b], x[2 + b]);
  }
}

// The activations of a step, [8 sequences, `blocks` chunks of 64 bytes], twice. Rows are an odd number of 64 bytes
// long and every second one begins 32 bytes later still, so that neither the 16-byte reads of the products nor the
// writes of pairs meet in a bank.
struct Activations {
  char* memory;
  int rowBytes;

  __device__ Activations(uint4* shared, int blocks)
      : memory(reinterpret_cast<char*>(shared)), rowBytes(64 * (blocks | 1)) {}

  __device__ int bytes() const { return TILE_SEQUENCES * rowBytes + 128; }

  __device__ char* row(int buffer, int sequence) const {
    return memory + buffer * bytes() + sequence * rowBytes + sequence / 2 * 32;
  }

  // Both buffers to zero, by all threads; a barrier must follow.
  __device__ void clear() const {
    for (int at = threadIdx.x * 16; at < 2 * bytes(); at += BLOCK * 16) {
      *reinterpret_cast<uint4*>(memory + at) = {0, 0, 0, 0};
    }
  }

  // Where 16 bytes of a sequence's first chunk are, those that this lane multiplies.
  __device__ const uint4* operand(int buffer, int sequence) const {
    return reinterpret_cast<const uint4*>(row(buffer, sequence)) + threadIdx.x % 4;
  }
};

// This thread's two neighbouring columns, from the first on, of its sequence number b.
template <typename Units>
__device__ inline void storeActivations(Units units, const Activations& to, int buffer, int b, int column, float first,
                                        float second) {
  constexpr int BYTES = sizeof(typename Units::Number);
  storeOperands(units, to.row(buffer, threadIdx.x % 4 * 2 + b) + column * BYTES, first, second);
}

// The same of both its sequences.
template <typename Units>
__device__ inline void storeActivations(Units units, const Activations& to, int buffer, int column,
                                        const float (&x)[4]) {
  storeActivations(units, to, buffer, 0, column, x[0], x[2]);
  storeActivations(units, to, buffer, 1, column, x[1], x[3]);
}

// The unit that row `row` of this warp's tiles stands for.
__device__ inline int tileUnit(int row) { return threadIdx.x / WARP * TILE_UNITS + row % 8 * 2 + row / 8; }

// This lane's part of a chunk of R [.., H] from `gate` on, which is one gate's [H, H]: rows are this warp's units and k
// the units before the step (forward: unit, k), or transposed (backward: k, unit). Zero outside of H.
template <typename Units>
SLUICE_NOINLINE __device__ WeightChunk tileWeights(const typename Units::Number* gate, int units, bool transposed,
                                                   int firstK) {
  return weightChunk(Units{}, threadIdx.x % WARP, [&](int row, int k) {
    const int unit = tileUnit(row);
    const int at = transposed ? (firstK + k) * units + unit : unit * units + firstK + k;
    return unit < units && firstK + k < units ? widen(gate[at]) : 0.0f;
  });
}

// What a warp holds of R: for each gate a tile of 16 units by all k.
template <typename Units, int GATES>
struct TileWeights {
  static constexpr int KEPT = REGISTER_CHUNKS<Units, GATES>;
  WeightChunk registers[GATES][KEPT];
  uint4* rest;  // of this lane: chunks from KEPT on, [chunk, gate, upper or lower], each 32 lanes apart
  int chunks;

  // `shared` is where the block's rest begins. A warp without units has no chunks.
  __device__ TileWeights(uint4* shared, const void* weights, int units, int count, bool transposed) : chunks(count) {
    using T = typename Units::Number;
    const T* r = static_cast<const T*>(weights);
    rest = shared + threadIdx.x / WARP * max(0, chunks - KEPT) * GATES * 2 * WARP + threadIdx.x % WARP;
    SLUICE_UNROLL
    for (int c = 0; c < KEPT; c++) {
      SLUICE_UNROLL
      for (int gate = 0; gate < GATES; gate++) {
        registers[gate][c] = tileWeights<Units>(r + gate * units * units, units, transposed, c * Units::CHUNK);
      }
    }
    for (int c = KEPT; c < chunks; c++) {
      for (int gate = 0; gate < GATES; gate++) {
        const WeightChunk each = tileWeights<Units>(r + gate * units * units, units, transposed, c * Units::CHUNK);
        uint4* to = rest + ((c - KEPT) * GATES + gate) * 2 * WARP;
        to[0] = each.upper;
        to[WARP] = each.lower;
      }
    }
  }

  // Chunk c of a gate, from KEPT on.
  __device__ WeightChunk shared(int gate, int c) const {
    const uint4* from = rest + ((c - KEPT) * GATES + gate) * 2 * WARP;
    return {from[0], from[WARP]};
  }
};

// sum[gate] = tile of the gate * activations, whose chunks for a gate are from gate * stride on: by the matrix units.
template <typename Units, int GATES>
__device__ inline void multiply(float (&sum)[GATES][4], const TileWeights<Units, GATES>& weights,
                                const Activations& activations, int buffer, int stride) {
  const uint4* operand = activations.operand(buffer, threadIdx.x % WARP / 4);
  SLUICE_UNROLL
  for (int gate = 0; gate < GATES; gate++) {
    SLUICE_UNROLL
    for (int k = 0; k < 4; k++) {
      sum[gate][k] = 0;
    }
  }
  SLUICE_UNROLL
  for (int c = 0; c < weights.KEPT; c++) {
    if (c < weights.chunks) {
      SLUICE_UNROLL
      for (int gate = 0; gate < GATES; gate++) {
        multiplyAdd(Units{}, sum[gate], weights.registers[gate][c], operand[(gate * stride + c) * 4]);
      }
    }
  }
  if constexpr (SMALL_CHUNKS<Units> > REGISTER_CHUNKS<Units, GATES>) {
    for (int c = weights.KEPT; c < weights.chunks; c++) {
      SLUICE_UNROLL
      for (int gate = 0; gate < GATES; gate++) {
        multiplyAdd(Units{}, sum[gate], weights.shared(gate, c), operand[(gate * stride + c) * 4]);
      }
    }
  }
}

// acc[row or row + 8][sequence] += this lane's four k of a chunk of weights * those of the activations.
__device__ inline void multiplyAdd(float (&acc)[2][TILE_SEQUENCES], const WeightChunk& weights,
                                   const Activations& activations, int buffer, int chunk) {
  SLUICE_UNROLL
  for (int b = 0; b < TILE_SEQUENCES; b++) {
    const uint4 x = activations.operand(buffer, b)[chunk * 4];
    SLUICE_UNROLL
    for (int half = 0; half < 2; half++) {
      const uint4& w = half == 0 ? weights.upper : weights.lower;
      acc[half][b] = fmaf(__uint_as_float(w.x), __uint_as_float(x.x), acc[half][b]);
      acc[half][b] = fmaf(__uint_as_float(w.y), __uint_as_float(x.y), acc[half][b]);
      acc[half][b] = fmaf(__uint_as_float(w.z), __uint_as_float(x.z), acc[half][b]);
      acc[half][b] = fmaf(__uint_as_float(w.w), __uint_as_float(x.w), acc[half][b]);
    }
  }
}

// The same product in fp32. A lane holds the same four k of each chunk as for the matrix units, and multiplies them for
// all 8 sequences; then the four members of a group add their sums, which leaves each the two sequences that it owns.
template <int GATES>
__device__ inline void multiply(float (&sum)[GATES][4], const TileWeights<ExactUnits, GATES>& weights,
                                const Activations& activations, int buffer, int stride) {
  const bool second = threadIdx.x & 1;
  const bool fourth = threadIdx.x & 2;
  SLUICE_UNROLL
  for (int gate = 0; gate < GATES; gate++) {
    float acc[2][TILE_SEQUENCES] = {};
    SLUICE_UNROLL
    for (int c = 0; c < weights.KEPT; c++) {
      if (c < weights.chunks) {
        multiplyAdd(acc, weights.registers[gate][c], activations, buffer, gate * stride + c);
      }
    }
    for (int c = weights.KEPT; c < weights.chunks; c++) {
      multiplyAdd(acc, weights.shared(gate, c), activations, buffer, gate * stride + c);
    }
    SLUICE_UNROLL
    for (int half = 0; half < 2; half++) {
      float four[4];  // members 0, 1: sequences 0 to 3; members 2, 3: 4 to 7
      SLUICE_UNROLL
      for (int b = 0; b < 4; b++) {
        const float kept = fourth ? acc[half][b + 4] : acc[half][b];
        four[b] = kept + __shfl_xor_sync(0xffffffffu, fourth ? acc[half][b] : acc[half][b + 4], 2);
      }
      SLUICE_UNROLL
      for (int b = 0; b < 2; b++) {
        const float kept = second ? four[b + 2] : four[b];
        sum[gate][half * 2 + b] = kept + __shfl_xor_sync(0xffffffffu, second ? four[b] : four[b + 2], 1);
      }
    }
  }
}
