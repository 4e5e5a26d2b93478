// The matrix units against plain loops: the place of every number, and the rounding of TF32.
#include <cmath>

#include "matrix.hpp"
#include "matrix_probes.hpp"

namespace {

constexpr int WARPS = 8;
constexpr int ROWS = 16;
constexpr int SEQUENCES = 8;

std::vector<double> products(const std::vector<double>& weights, const std::vector<double>& activations, int columns) {
  std::vector<double> sums(WARPS * ROWS * SEQUENCES);
  for (int w = 0; w < WARPS; w++) {
    for (int row = 0; row < ROWS; row++) {
      for (int b = 0; b < SEQUENCES; b++) {
        double sum = 0;
        for (int k = 0; k < columns; k++) {
          sum += weights[(w * ROWS + row) * columns + k] * activations[(w * SEQUENCES + b) * columns + k];
        }
        sums[(w * ROWS + row) * SEQUENCES + b] = sum;
      }
    }
  }
  return sums;
}

std::vector<double> multiplied(bool half, const Array& weights, const Array& activations, int chunks) {
  Array sum(false, WARPS * ROWS * SEQUENCES);
  launch(half ? "probe_matrix_bf16" : "probe_matrix_tf32", 1,
         MatrixProbe{weights.data(), activations.data(), sum.floats(), chunks});
  return sum.download();
}

std::vector<double> wholeNumbers(size_t count) {
  std::vector<double> values(count);
  for (double& each : values) {
    each = std::floor(uniformNumber(-100, 101));
  }
  return values;
}

}  // namespace

// Whole numbers of at most 100 are exact in both types, and so are their sums: one number in a wrong place shows.
TEST(matrix_units_take_every_number_from_its_place) {
  for (const bool half : {false, true}) {
    for (const int chunks : {1, 2, 5}) {
      inCase("%s, %d chunks", half ? "bf16" : "tf32", chunks);
      const int columns = chunks * (half ? 32 : 16);
      const Array weights = Array::of(half, wholeNumbers((size_t)WARPS * ROWS * columns));
      const Array activations = Array::of(half, wholeNumbers((size_t)WARPS * SEQUENCES * columns));
      close("sums", multiplied(half, weights, activations, chunks),
            products(weights.host(), activations.host(), columns), 0, 0);
    }
  }
}

TEST(matrix_units_keep_what_each_type_keeps) {
  for (const bool half : {false, true}) {
    inCase("%s", half ? "bf16" : "tf32");
    const int columns = half ? 64 : 32;
    const Array weights = Array::random(half, WARPS * ROWS * columns);
    const Array activations = Array::random(half, WARPS * SEQUENCES * columns);
    std::vector<double> left = weights.host();
    std::vector<double> right = activations.host();
    if (!half) {
      for (std::vector<double>* each : {&left, &right}) {
        for (double& value : *each) {
          value = roundToTf32(value);
        }
      }
    }
    // 64 sums of numbers up to 1 in fp32, whatever their order: far below one rounding to TF32.
    close("sums", multiplied(half, weights, activations, 2), products(left, right, columns), 0, 64 * 64 * 0x1p-24);
  }
}
