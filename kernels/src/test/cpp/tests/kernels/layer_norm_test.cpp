// Layer normalisation, forward and backward.
#include <cmath>

#include "../gpu.hpp"
#include "arguments.cuh"

TEST(layer_norm) {
  for (const bool half : {false, true}) {
    for (const int columns : {1, 2, 7, 32, 129, 264, 1024, 1025, 2056}) {
      for (const int rows : {1, 3, 17, 300}) {
        if (rows == 300 && columns > 300) {
          continue;
        }
        for (const int shift : {0, 1}) {
          inCase("%s N=%d F=%d shift=%d", half ? "bf16" : "f32", rows, columns, shift);
          const size_t n = (size_t)rows * columns;
          const float epsilon = 1e-5f;
          std::vector<double> values(n);
          for (double& each : values) {
            each = uniformNumber(2, 4);  // a mean that is large beside the deviation
          }
          const Array x = Array::of(half, values, shift);
          const Array gain = Array::random(false, columns);
          const Array bias = Array::random(false, columns);
          Array y(half, n, shift);
          Array mean(false, rows);
          Array rstd(false, rows);
          const long long blocks = columns > 1024 ? rows : cdiv(rows, 8);
          launch(std::string("sluice_layer_norm_forward") + suffix(half), blocks,
                 LayerNormForward{x.data(), gain.floats(), bias.floats(), y.data(), mean.floats(), rstd.floats(), rows,
                                  columns, epsilon});
          const Array dy = Array::random(half, n, 1, shift);
          Array dx = shift ? dy : Array(half, n);
          const int chunkRows = std::max(256, (int)cdiv(rows, 256));
          const long long chunks = cdiv(rows, chunkRows);
          Array partials(false, 2 * chunks * columns);
          Array dGain = Array::random(false, columns);
          Array dBias = Array::random(false, columns);
          launch(std::string("sluice_layer_norm_partials") + suffix(half), chunks,
                 LayerNormPartials{x.data(), dy.data(), mean.floats(), rstd.floats(), partials.floats(), rows, columns,
                                   chunkRows},
                 cdiv(columns, half ? 256 : 128));
          launch("sluice_column_totals", cdiv(columns, 256),
                 ColumnTotals{partials.floats(), dGain.floats(), nullptr, (int)chunks, columns});
          launch("sluice_column_totals", cdiv(columns, 256),
                 ColumnTotals{partials.floats() + chunks * columns, dBias.floats(), nullptr, (int)chunks, columns});
          launch(std::string("sluice_layer_norm_backward") + suffix(half), blocks,
                 LayerNormBackward{x.data(), gain.floats(), mean.floats(), rstd.floats(), dy.data(), dx.data(), rows,
                                   columns});
          std::vector<double> wantY(n), wantDx(n), wantMean(rows), wantRstd(rows);
          std::vector<double> wantGain = dGain.host(), wantBias = dBias.host();
          for (int r = 0; r < rows; r++) {
            const double* row = x.host().data() + (size_t)r * columns;
            const double* slope = dy.host().data() + (size_t)r * columns;
            double sum = 0, squares = 0, meanQ = 0, meanProduct = 0;
            for (int c = 0; c < columns; c++) {
              sum += row[c];
            }
            wantMean[r] = sum / columns;
            for (int c = 0; c < columns; c++) {
              squares += (row[c] - wantMean[r]) * (row[c] - wantMean[r]);
            }
            wantRstd[r] = 1 / std::sqrt(squares / columns + epsilon);
            auto normal = [&](int c) { return (row[c] - wantMean[r]) * wantRstd[r]; };
            for (int c = 0; c < columns; c++) {
              meanQ += gain.host()[c] * slope[c] / columns;
              meanProduct += gain.host()[c] * slope[c] * normal(c) / columns;
            }
            for (int c = 0; c < columns; c++) {
              wantY[(size_t)r * columns + c] = gain.host()[c] * normal(c) + bias.host()[c];
              wantDx[(size_t)r * columns + c] =
                  wantRstd[r] * (gain.host()[c] * slope[c] - meanQ - normal(c) * meanProduct);
              wantGain[c] += slope[c] * normal(c);
              wantBias[c] += slope[c];
            }
          }
          // The mean is rounded to fp32 near 3: an error of 2e-7 against deviations that rstd scales up, to 300 times
          // when the row is one element or two that nearly agree.
          const double steep = columns < 3 ? 1e-2 : 2e-5;
          close("y", y.download(), wantY, relativeError(half), steep);
          close("mean", mean.download(), wantMean, 1e-6, 0);
          close("rstd", rstd.download(), wantRstd, steep, 0);
          close("dx", dx.download(), wantDx, relativeError(half) + steep, columns < 3 ? 1 : 1e-4);
          close("dGain", dGain.download(), wantGain, 1e-4, steep * 10);
          close("dBias", dBias.download(), wantBias, 1e-4, 1e-5);
        }
      }
    }
  }
}
