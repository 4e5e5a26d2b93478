// Column sums, sums of squares and totals, and that they do not depend on chance.
#include <cmath>
#include <limits>

#include "../gpu.hpp"
#include "arguments.cuh"

TEST(column_sums) {
  for (const bool half : {false, true}) {
    for (const int columns : {1, 5, 31, 127, 128, 129, 264, 513}) {
      for (const int rows : {1, 7, 255, 257, 1031}) {
        for (const int shift : {0, 1}) {
          inCase("%s N=%d F=%d shift=%d", half ? "bf16" : "f32", rows, columns, shift);
          const Array x = Array::random(half, (size_t)rows * columns, 1, shift);
          const int chunkRows = std::max(256, (int)cdiv(rows, 256));
          const long long chunks = cdiv(rows, chunkRows);
          Array partials(false, chunks * columns);
          Array out = Array::random(false, columns);
          Array second = Array::random(false, columns);
          launch(std::string("sluice_column_partials") + suffix(half), chunks,
                 ColumnPartials{x.data(), partials.floats(), rows, columns, chunkRows},
                 cdiv(columns, half ? 256 : 128));
          launch(
              "sluice_column_totals", cdiv(columns, 256),
              ColumnTotals{partials.floats(), out.floats(), shift ? second.floats() : nullptr, (int)chunks, columns});
          std::vector<double> want = out.host(), wantSecond = second.host(), bound(columns, 2e-7);
          for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
              const double value = x.host()[(size_t)r * columns + c];
              want[c] += value;
              wantSecond[c] += shift ? value : 0;
              bound[c] += 6e-8 * 12 * std::abs(value);
            }
          }
          within("out", out.download(), want, bound);
          within("second", second.download(), wantSecond, bound);
        }
      }
    }
  }
}

TEST(sum_of_squares) {
  for (const bool half : {false, true}) {
    for (const long long count : {1, 3, 255, 4096, 4097, 100003}) {
      for (const int shift : {0, 1}) {
        inCase("%s n=%lld shift=%d", half ? "bf16" : "f32", count, shift);
        const Array x = Array::random(half, count, 3, shift);
        const long long blocks = std::min(1024LL, cdiv(count, 4096));
        Array partials(false, blocks);
        Array out(false, 1);
        std::vector<double> first;
        for (int again = 0; again < 2; again++) {
          launch(std::string("sluice_square_partials") + suffix(half), blocks,
                 SquarePartials{x.data(), partials.floats(), count});
          launch("sluice_total", 1, Total{partials.floats(), nullptr, out.floats(), blocks, 0});
          if (again == 0) {
            first = out.download();
          }
        }
        check(first == out.download(), "the same bits twice");
        double want = 0;
        for (const double each : x.host()) {
          want += each * each;
        }
        close("out", out.download(), {want}, 2e-6, 0);
      }
    }
  }
}

TEST(sum_of_squares_tells_non_finite_numbers) {
  for (const double bad : {std::numeric_limits<double>::infinity(), std::nan("")}) {
    inCase("one element is %g", bad);
    std::vector<double> values(5000, 1);
    values[4321] = bad;
    const Array x = Array::of(false, values);
    Array partials(false, 2);
    Array out(false, 1);
    launch("sluice_square_partials_f32", 2, SquarePartials{x.data(), partials.floats(), 5000});
    launch("sluice_total", 1, Total{partials.floats(), nullptr, out.floats(), 2, 0});
    check(!std::isfinite(out.download()[0]), "the sum is not finite either");
  }
}
