// The twin of matrix_units.cuh: the same products for the stand-in, from the words that the lanes of a warp exchange.
//
// Which word belongs where is read from the instructions' definition, not from matrix_units.cuh: a lane's words a0..a3
// and b0, b1 are placed at their rows and k of the instruction, and the product is taken there.
#pragma once

#define SLUICE_MATRIX_UNITS

namespace standin {

// Operands of one instruction: what a lane gives, and how many numbers a word holds.
struct MatrixOperands {
  uint32_t a[4];
  uint32_t b[2];
};

// Numbers of a word: two in bf16, the lower half first; one in TF32, whose lower 13 bits the unit does not read.
struct Bf16Word {
  static constexpr int NUMBERS = 2;
  static float number(uint32_t word, int which) {
    const uint32_t bits = which == 0 ? word << 16 : word & 0xffff0000u;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
  }
};

struct Tf32Word {
  static constexpr int NUMBERS = 1;
  static float number(uint32_t word, int) {
    const uint32_t bits = word & 0xffffe000u;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
  }
};

// The two instructions of a chunk; this lane keeps its four elements of the sum. Each is a product of 16 rows of 8 words
// with 8 words of 8 columns: word k of row r of the left is a[k / 4 * 2 + r / 8] of lane (r % 8) * 4 + k % 4, and word k
// of column n of the right is b[k / 4] of lane n * 4 + k % 4. A product of two numbers is exact in fp32. They are added
// one after another, in the order in which a row of the chunk lies in memory.
template <typename Word>
void multiplyChunk(float (&sum)[4], const MatrixOperands& first, const MatrixOperands& second) {
  uint32_t mine[LANE_WORDS];
  memcpy(mine, &first, sizeof first);
  memcpy(mine + 6, &second, sizeof second);
  const uint32_t* all = exchangeWords(mine, LANE_WORDS, Word::NUMBERS);
  const int group = laneOfThread() / 4;
  const int member = laneOfThread() % 4;
  for (int k = 0; k < 4; k++) {             // the lane that gives
    for (int half = 0; half < 4; half++) {  // instruction half / 2, its word k + half % 2 * 4
      const int from = half / 2 * 6;
      const uint32_t* left = all + (group * 4 + k) * LANE_WORDS + from + half % 2 * 2;
      const uint32_t* right = all + (member * 8 + k) * LANE_WORDS + from + 4 + half % 2;
      for (int n = 0; n < Word::NUMBERS; n++) {
        const float even = Word::number(right[0], n);
        const float odd = Word::number(right[4 * LANE_WORDS], n);
        sum[0] += Word::number(left[0], n) * even;
        sum[1] += Word::number(left[0], n) * odd;
        sum[2] += Word::number(left[1], n) * even;
        sum[3] += Word::number(left[1], n) * odd;
      }
    }
  }
}

template <typename Word>
void multiplyChunk(float (&sum)[4], const uint4& upper, const uint4& lower, const uint4& activations) {
  multiplyChunk<Word>(sum, MatrixOperands{{upper.x, lower.x, upper.y, lower.y}, {activations.x, activations.y}},
                      MatrixOperands{{upper.z, lower.z, upper.w, lower.w}, {activations.z, activations.w}});
}

}  // namespace standin

inline void multiplyBf16(float (&sum)[4], const uint4& upper, const uint4& lower, const uint4& activations) {
  standin::multiplyChunk<standin::Bf16Word>(sum, upper, lower, activations);
}

inline void multiplyTf32(float (&sum)[4], const uint4& upper, const uint4& lower, const uint4& activations) {
  standin::multiplyChunk<standin::Tf32Word>(sum, upper, lower, activations);
}

// As cvt.rna.tf32.f32: to nearest, ties away from zero; every NaN becomes one.
inline unsigned tf32Bits(float x) {
  unsigned bits;
  memcpy(&bits, &x, sizeof bits);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return 0x7fffffffu;
  }
  return (bits + 0x1000u) & 0xffffe000u;
}
