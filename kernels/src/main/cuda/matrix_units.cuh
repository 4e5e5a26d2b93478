// The GPU's matrix units: products of a 16-row piece of weights with the activations of 8 sequences, in bf16 or TF32.
//
// One warp multiplies a "chunk", 64 bytes of each row: 32 k in bf16, 16 k in TF32, which are two products of the unit
// (m16n8k16 or m16n8k8). The order of k within a chunk is ours to choose, as long as weights and activations have the
// same; here it is the one in which all that a lane needs of one row is 16 neighbouring bytes. So activations are read
// with one 16-byte load a lane straight from row-major memory, and weights are put in registers (or in shared memory,
// as they are in registers: two conflict-free 16-byte loads) once.
//
// With group = lane / 4 and member = lane % 4:
//
//                 weights, 16 rows of 64 bytes             activations: 8 sequences, rows of 64 bytes
//                 member:  0     1     2     3                            member:  0     1     2     3
//        row  group      [16 B][16 B][16 B][16 B] upper       row group          [16 B][16 B][16 B][16 B]
//        row  group + 8  [16 B][16 B][16 B][16 B] lower
//
//        sum, 16 rows by 8 sequences: a lane has
//          at[0] row group,     sequence 2 member         at[1] row group,     sequence 2 member + 1
//          at[2] row group + 8, sequence 2 member         at[3] row group + 8, sequence 2 member + 1
//
// All 32 lanes of a warp must take part. Products are exact (TF32 operands must have been rounded with tf32Bits; the
// unit ignores their lower 13 bits); sums are fp32, in an order that is the GPU's own but always the same. On the host
// the stand-in's functions of the same names add in the order of memory.
#pragma once
#include "numbers.cuh"

// Sequences of one product.
constexpr int TILE_SEQUENCES = 8;

#ifndef SLUICE_MATRIX_UNITS

// x rounded to TF32, to nearest, ties away from zero.
__device__ inline unsigned tf32Bits(float x) {
  unsigned bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
}

// sum += weights * activations over one chunk.
__device__ inline void multiplyBf16(float (&sum)[4], const uint4& upper, const uint4& lower, const uint4& activations) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(upper.x), "r"(lower.x), "r"(upper.y), "r"(lower.y), "r"(activations.x), "r"(activations.y));
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(upper.z), "r"(lower.z), "r"(upper.w), "r"(lower.w), "r"(activations.z), "r"(activations.w));
}

__device__ inline void multiplyTf32(float (&sum)[4], const uint4& upper, const uint4& lower, const uint4& activations) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(upper.x), "r"(lower.x), "r"(upper.y), "r"(lower.y), "r"(activations.x), "r"(activations.y));
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(upper.z), "r"(lower.z), "r"(upper.w), "r"(lower.w), "r"(activations.z), "r"(activations.w));
}

#endif

// The two kinds of product: how operands are stored in global memory, and how many k a chunk has.
struct Bf16Units {
  using Number = bf16;
  static constexpr int CHUNK = 32;
};

struct Tf32Units {
  using Number = float;
  static constexpr int CHUNK = 16;
};

// Neighbouring k of one row that one lane holds: 16 bytes.
template <typename Units>
constexpr int LANE_NUMBERS = Units::CHUNK / 4;

// What a lane holds of a chunk of weights.
struct WeightChunk {
  uint4 upper;
  uint4 lower;
};

__device__ inline void multiplyAdd(Bf16Units, float (&sum)[4], const WeightChunk& weights, const uint4& activations) {
  multiplyBf16(sum, weights.upper, weights.lower, activations);
}

__device__ inline void multiplyAdd(Tf32Units, float (&sum)[4], const WeightChunk& weights, const uint4& activations) {
  multiplyTf32(sum, weights.upper, weights.lower, activations);
}

// The 16 bytes of a lane from at(k), k in 0..LANE_NUMBERS-1: operands of the unit, rounded where they are not yet.
template <typename At>
__device__ inline uint4 operands(Bf16Units, At at) {
  return {pack(at(0), at(1)), pack(at(2), at(3)), pack(at(4), at(5)), pack(at(6), at(7))};
}

template <typename At>
__device__ inline uint4 operands(Tf32Units, At at) {
  return {tf32Bits(at(0)), tf32Bits(at(1)), tf32Bits(at(2)), tf32Bits(at(3))};
}

// This lane's part of a chunk of weights from at(row, k), row in 0..15, k in 0..CHUNK-1.
template <typename Units, typename At>
__device__ inline WeightChunk weightChunk(Units units, int lane, At at) {
  const int group = lane / 4;
  const int first = lane % 4 * LANE_NUMBERS<Units>;
  return {operands(units, [&](int k) { return at(group, first + k); }),
          operands(units, [&](int k) { return at(group + 8, first + k); })};
}

// Two neighbouring activations as operands, to an address that is a multiple of their size.
__device__ inline void storeOperands(Bf16Units, void* to, float first, float second) {
  *static_cast<unsigned*>(to) = pack(first, second);
}

__device__ inline void storeOperands(Tf32Units, void* to, float first, float second) {
  *static_cast<uint2*>(to) = {tf32Bits(first), tf32Bits(second)};
}
