// Cross-entropy, softmax and the pointwise losses.
#include <cmath>
#include <limits>

#include "../gpu.hpp"
#include "arguments.cuh"

namespace {

long long rowBlocks(long long rows, int columns) { return columns > 1024 ? rows : cdiv(rows, 8); }

std::vector<double> softmaxOf(const std::vector<double>& x, size_t from, int columns, double& logSum) {
  double largest = x[from];
  for (int c = 1; c < columns; c++) {
    largest = std::max(largest, x[from + c]);
  }
  double sum = 0;
  for (int c = 0; c < columns; c++) {
    sum += std::exp(x[from + c] - largest);
  }
  logSum = largest + std::log(sum);
  std::vector<double> p(columns);
  for (int c = 0; c < columns; c++) {
    p[c] = std::exp(x[from + c] - logSum);
  }
  return p;
}

// Sums the losses and the count into total {5, 7}, as the backend does after every loss.
void checkTotals(const Array& partials, size_t count, const Items<long long>& counted, double wantLoss,
                 double wantCount) {
  Array total = Array::of(false, {5, 7});
  launch("sluice_total", 1, Total{partials.floats(), counted.data(), total.floats(), (long long)count, 1});
  close("total", total.download(), {5 + wantLoss, 7 + wantCount}, 1e-5, 1e-6);
}

}  // namespace

TEST(cross_entropy) {
  for (const bool half : {false, true}) {
    for (const int classes : {1, 2, 31, 32, 33, 96, 1000, 1024, 1025, 4096, 260000}) {
      for (const int rows : {1, 9}) {
        for (const double smoothing : {0.0, 0.125}) {
          for (const int variant : {0, 1, 2}) {  // apart, in place, no gradient; the second unaligned
            if (classes == 260000 && (rows > 1 || variant == 2)) {
              continue;
            }
            const int shift = variant == 1 ? 1 : 0;
            inCase("%s N=%d V=%d smoothing=%g variant=%d", half ? "bf16" : "f32", rows, classes, smoothing, variant);
            Array logits = Array::random(half, (size_t)rows * classes, 8, shift);
            Array gradient = variant == 0 ? Array(half, (size_t)rows * classes) : variant == 1 ? logits : Array();
            std::vector<int> targets(rows);
            for (int n = 0; n < rows; n++) {
              targets[n] = n == 3 ? -100 : n == 5 ? classes : (n * 7919 + 5) % classes;
            }
            const Items<int> deviceTargets(targets);
            const Items<unsigned long long> fault(std::vector<unsigned long long>{0});
            const Items<long long> counted(std::vector<long long>{-1});
            Array losses(false, rows);
            launch("sluice_count_targets", 1,
                   CountTargets{deviceTargets.data(), counted.data(), fault.data(), rows, classes});
            launch(std::string("sluice_cross_entropy") + suffix(half), rowBlocks(rows, classes),
                   CrossEntropy{logits.data(), gradient.data(), deviceTargets.data(), losses.floats(), counted.data(),
                                rows, classes, (float)smoothing, 3});
            const double count = rows > 5 ? rows - 2 : rows;
            std::vector<double> wantLosses(rows, 0);
            std::vector<double> wantGradient((size_t)rows * classes, 0);
            double sum = 0;
            for (int n = 0; n < rows; n++) {
              if (targets[n] < 0 || targets[n] >= classes) {
                continue;
              }
              double logSum;
              const size_t from = (size_t)n * classes;
              const std::vector<double> p = softmaxOf(logits.host(), from, classes, logSum);
              for (int c = 0; c < classes; c++) {
                const double q = (c == targets[n] ? 1 - smoothing : 0) + smoothing / classes;
                wantLosses[n] += q * (logSum - logits.host()[from + c]);
                wantGradient[from + c] = 3 * (p[c] - q) / count;
              }
              sum += wantLosses[n];
            }
            check(counted.download()[0] == (long long)count, "the targets are counted");
            const unsigned long long noted = (unsigned long long)classes << 32 | classes;
            check(fault.download()[0] == (rows > 5 ? noted : 0), "the fault tells a target that is too large");
            close("losses", losses.download(), wantLosses, 1e-5, 1e-5);
            if (variant < 2) {
              close("gradient", gradient.download(), wantGradient, relativeError(half), 1e-6);
            }
            checkTotals(losses, rows, counted, sum, count);
          }
        }
      }
    }
  }
}

TEST(cross_entropy_of_extreme_logits) {
  inCase("minus infinity, and values that exp cannot hold");
  const double infinity = std::numeric_limits<double>::infinity();
  for (const int classes : {64, 2048}) {
    std::vector<double> x(classes, -infinity);
    x[1] = 1000;
    x[classes - 1] = 999;
    const Array logits = Array::of(false, x);
    Array gradient(false, classes);
    Array losses(false, 1);
    const Items<int> targets(std::vector<int>{1});
    const Items<long long> counted(std::vector<long long>{1});
    launch("sluice_cross_entropy_f32", 1,
           CrossEntropy{logits.data(), gradient.data(), targets.data(), losses.floats(), counted.data(), 1, classes, 0,
                        1});
    close("losses", losses.download(), {std::log(1 + std::exp(-1.0))}, 1e-5, 0);
    check(gradient.download()[2] == 0, "a masked class has no gradient");
  }
}

TEST(softmax) {
  for (const bool half : {false, true}) {
    for (const int columns : {1, 7, 32, 1024, 1025, 3000}) {
      for (const int rows : {1, 8, 11}) {
        for (const int shift : {0, 1}) {
          inCase("%s N=%d V=%d shift=%d", half ? "bf16" : "f32", rows, columns, shift);
          Array x = Array::random(half, (size_t)rows * columns, 5, shift);
          Array y = shift ? x : Array(half, (size_t)rows * columns);
          launch(std::string("sluice_softmax") + suffix(half), rowBlocks(rows, columns),
                 Softmax{x.data(), y.data(), rows, columns});
          std::vector<double> want;
          for (int n = 0; n < rows; n++) {
            double unused;
            const std::vector<double> p = softmaxOf(x.host(), (size_t)n * columns, columns, unused);
            want.insert(want.end(), p.begin(), p.end());
          }
          close("y", y.download(), want, relativeError(half), 1e-7);
        }
      }
    }
  }
}

TEST(regression) {
  for (const bool half : {false, true}) {
    for (const int kind : {0, 1, 2}) {
      for (const int rows : {1, 5, 700}) {
        for (const int columns : {1, 3, 8, 17}) {
          for (const int variant : {0, 1, 2}) {  // apart, in place with weights, no gradient
            const int shift = variant == 1 ? 1 : 0;
            inCase("%s kind=%d N=%d F=%d variant=%d", half ? "bf16" : "f32", kind, rows, columns, variant);
            const size_t n = (size_t)rows * columns;
            Array prediction = Array::random(half, n, 2, shift);
            const Array target = Array::random(half, n, 2, shift);
            Array gradient = variant == 0 ? Array(half, n) : variant == 1 ? prediction : Array();
            std::vector<double> weights(rows);
            for (int r = 0; r < rows; r++) {
              weights[r] = variant == 1 ? r % 3 != 1 : 1;
            }
            const Array rowWeights = variant == 1 ? Array::of(false, weights) : Array();
            const Items<long long> counted(std::vector<long long>{-1});
            const long long blocks = std::min(1024LL, cdiv((long long)n, 4096));
            Array partials(false, blocks);
            launch("sluice_count_rows", 1, CountRows{rowWeights.floats(), counted.data(), rows, columns});
            launch(std::string("sluice_regression") + suffix(half), blocks,
                   Regression{prediction.data(), target.data(), gradient.data(), rowWeights.floats(), partials.floats(),
                              counted.data(), rows, columns, kind, 0.75f, 2});
            double count = 0;
            for (const double w : weights) {
              count += w * columns;
            }
            double sum = 0;
            std::vector<double> want(n, 0);
            for (size_t k = 0; k < n; k++) {
              const double r = prediction.host()[k] - target.host()[k];
              const double size = std::abs(r);
              const double sign = r > 0 ? 1 : r < 0 ? -1 : 0;
              const double loss = kind == 0      ? r * r
                                  : kind == 1    ? size
                                  : size <= 0.75 ? r * r / 2
                                                 : 0.75 * (size - 0.375);
              const double slope = kind == 0 ? 2 * r : kind == 1 ? sign : size <= 0.75 ? r : 0.75 * sign;
              const double weight = weights[k / columns];
              sum += weight * loss;
              want[k] = weight * 2 * slope / count;
            }
            check(counted.download()[0] == (long long)count, "the elements are counted");
            if (variant < 2) {
              close("gradient", gradient.download(), want, relativeError(half), 1e-6);
            }
            checkTotals(partials, blocks, counted, sum, count);
          }
        }
      }
    }
  }
}
