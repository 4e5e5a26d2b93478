#include "gemm.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace standin {

namespace {

constexpr int ROWS = 16;    // of C in a register tile: one or more vectors
constexpr int COLUMNS = 6;  // of C in a register tile
constexpr int DEPTH = 256;  // of K in cache

typedef float Vector __attribute__((vector_size(ROWS * sizeof(float))));

float fromBits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

uint32_t toBits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// To the nearest, ties away from zero, keeping 10 bits of the 23.
float roundToTf32(float value) {
  const uint32_t bits = toBits(value);
  return (bits & 0x7f800000u) == 0x7f800000u ? value : fromBits((bits + 0x1000u) & ~0x1fffu);
}

// To nearest even, keeping `kept` bits of the 23.
float roundMantissa(float value, int kept) {
  const uint32_t bits = toBits(value);
  if ((bits & 0x7f800000u) == 0x7f800000u) {
    return value;
  }
  const int dropped = 23 - kept;
  const uint32_t half = (1u << (dropped - 1)) - 1 + (bits >> dropped & 1);
  return fromBits((bits + half) & ~((1u << dropped) - 1));
}

float rounded(float value, Factors factors) {
  switch (factors) {
    case Factors::TF32:
      return roundToTf32(value);
    case Factors::BFLOAT16:
      return roundMantissa(value, 7);
    default:
      return value;
  }
}

// Copies part of op(X) into panels of WIDTH rows (of A) or columns (of B), zeros beyond the end.
template <int WIDTH, typename Read>
void packPanels(std::vector<float>& to, int count, int from, int depth, Factors factors, Read read) {
  const int panels = (count + WIDTH - 1) / WIDTH;
  to.resize((size_t)panels * depth * WIDTH);
  for (int panel = 0; panel < panels; panel++) {
    float* out = to.data() + (size_t)panel * depth * WIDTH;
    for (int p = 0; p < depth; p++) {
      for (int i = 0; i < WIDTH; i++) {
        const int at = panel * WIDTH + i;
        const float value = at < count ? read(at, from + p) : 0;
        out[p * WIDTH + i] = rounded(value, factors);
      }
    }
  }
}

// sums [COLUMNS][ROWS] += A panel * B panel, over depth terms in order.
void multiplyTile(const float* a, const float* b, int depth, float* sums) {
  Vector tile[COLUMNS];
  memcpy(tile, sums, sizeof tile);
  for (int p = 0; p < depth; p++) {
    Vector column;
    memcpy(&column, a + (size_t)p * ROWS, sizeof column);
    for (int j = 0; j < COLUMNS; j++) {
      tile[j] += column * b[p * COLUMNS + j];
    }
  }
  memcpy(sums, tile, sizeof tile);
}

}  // namespace

float Matrix::read(long long row, long long column) const {
  const long long at = transposed ? row * stride + column : column * stride + row;
  if (type == Element::FLOAT32) {
    return static_cast<const float*>(data)[at];
  }
  return fromBits((uint32_t)static_cast<const uint16_t*>(data)[at] << 16);
}

void Matrix::write(long long row, long long column, float value) const {
  const long long at = column * stride + row;
  if (type == Element::FLOAT32) {
    static_cast<float*>(data)[at] = value;
  } else if (value != value) {
    static_cast<uint16_t*>(data)[at] = 0x7fc0;
  } else {
    static_cast<uint16_t*>(data)[at] = (uint16_t)(toBits(roundMantissa(value, 7)) >> 16);
  }
}

void gemm(int m, int n, int k, float alpha, const Matrix& a, const Matrix& b, float beta, const Matrix& c,
          Factors factors, bool partsInType) {
  static std::vector<float> packedA;
  static std::vector<float> packedB;
  static std::vector<float> sums;  // tile after tile
  const int rowPanels = (m + ROWS - 1) / ROWS;
  const int columnPanels = (n + COLUMNS - 1) / COLUMNS;
  constexpr int TILE = ROWS * COLUMNS;
  sums.assign((size_t)rowPanels * columnPanels * TILE, 0);
  const int half = partsInType && c.type == Element::BFLOAT16 ? k / 2 : 0;
  for (int from = 0, depth; from < k; from += depth) {
    if (from > 0 && from == half) {
      std::transform(sums.begin(), sums.end(), sums.begin(), [](float sum) { return roundMantissa(sum, 7); });
    }
    depth = std::min(DEPTH, (from < half ? half : k) - from);
    packPanels<ROWS>(packedA, m, from, depth, factors, [&](int row, int p) { return a.read(row, p); });
    packPanels<COLUMNS>(packedB, n, from, depth, factors, [&](int column, int p) { return b.read(p, column); });
    for (int j = 0; j < columnPanels; j++) {
      for (int i = 0; i < rowPanels; i++) {
        multiplyTile(packedA.data() + (size_t)i * depth * ROWS, packedB.data() + (size_t)j * depth * COLUMNS, depth,
                     sums.data() + ((size_t)j * rowPanels + i) * TILE);
      }
    }
  }
  for (int column = 0; column < n; column++) {
    for (int row = 0; row < m; row++) {
      const size_t tile = (size_t)(column / COLUMNS) * rowPanels + row / ROWS;
      const float sum = sums[tile * TILE + column % COLUMNS * ROWS + row % ROWS];
      c.write(row, column, beta == 0 ? alpha * sum : alpha * sum + beta * c.read(row, column));
    }
  }
}

}  // namespace standin
