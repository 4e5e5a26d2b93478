// Element-wise kernels, bias and casts, over aligned and unaligned arrays.
#include <cmath>
#include <cstring>

#include "../gpu.hpp"
#include "arguments.cuh"

namespace {

constexpr int COUNTS[] = {1, 3, 4, 5, 7, 8, 9, 255, 1024, 3001};

template <typename Body>
void forArrays(Body body) {
  for (const bool half : {false, true}) {
    for (const int count : COUNTS) {
      for (const int shift : {0, 1}) {
        inCase("%s n=%d shift=%d", half ? "bf16" : "f32", count, shift);
        body(half, count, shift);
      }
    }
  }
}

std::vector<double> map(const std::vector<double>& x, double (*f)(double)) {
  std::vector<double> y;
  for (const double each : x) {
    y.push_back(f(each));
  }
  return y;
}

}  // namespace

TEST(fill_scale_add_multiply) {
  forArrays([](bool half, int count, int shift) {
    const long long blocks = cdiv(count, 1024);
    Array x(half, count, shift);
    launch(std::string("sluice_fill") + suffix(half), blocks, Fill{x.data(), count, 1.5f});
    close("fill", x.download(), std::vector<double>(count, 1.5), 0, 0);

    const Array a = Array::random(half, count, 2, shift);
    Array b = Array::random(half, count, 2, shift);
    std::vector<double> want(count);
    for (int k = 0; k < count; k++) {
      want[k] = b.host()[k] + 0.5 * a.host()[k];
    }
    launch(std::string("sluice_add") + suffix(half), blocks, Add{a.data(), b.data(), count, 0.5f});
    close("add", b.download(), want, relativeError(half), 1e-6);

    b.set(b.download());
    Array product(half, count, shift);
    for (int k = 0; k < count; k++) {
      want[k] = a.host()[k] * b.host()[k];
    }
    launch(std::string("sluice_multiply") + suffix(half), blocks, Multiply{a.data(), b.data(), product.data(), count});
    close("multiply", product.download(), want, relativeError(half), 0);
    launch(std::string("sluice_multiply") + suffix(half), blocks, Multiply{a.data(), b.data(), b.data(), count});
    close("multiply in place", b.download(), want, relativeError(half), 0);

    for (int k = 0; k < count; k++) {
      want[k] = -2.5 * a.host()[k];
    }
    launch(std::string("sluice_scale") + suffix(half), blocks, Scale{a.data(), count, -2.5f});
    close("scale", a.download(), want, relativeError(half), 0);
  });
}

TEST(activations) {
  forArrays([](bool half, int count, int shift) {
    for (const int kind : {0, 1, 2}) {
      Array x = Array::random(half, count, 6, shift);
      Array y = shift ? x : Array(half, count);
      launch(std::string("sluice_activate") + suffix(half), cdiv(count, 1024),
             Activate{x.data(), y.data(), count, kind});
      double (*functions[])(double) = {[](double v) { return 1 / (1 + std::exp(-v)); },
                                       [](double v) { return std::tanh(v); },
                                       [](double v) { return std::max(0.0, v); }};
      close("y", y.download(), map(x.host(), functions[kind]), relativeError(half), 0);

      y.set(y.download());
      Array dy = Array::random(half, count, 1, shift);
      Array dx = shift ? dy : Array(half, count);
      launch(std::string("sluice_activate_backward") + suffix(half), cdiv(count, 1024),
             ActivateBackward{y.data(), dy.data(), dx.data(), count, kind});
      std::vector<double> want(count);
      for (int k = 0; k < count; k++) {
        const double v = y.host()[k];
        want[k] = dy.host()[k] * (kind == 0 ? v * (1 - v) : kind == 1 ? 1 - v * v : v > 0 ? 1 : 0);
      }
      close("dx", dx.download(), want, relativeError(half), 2e-7);
    }
  });
}

TEST(sigmoid_and_tanh_at_their_ends) {
  inCase("large arguments, and NaN");
  const std::vector<double> values = {-1e4, -100, -20, 20, 100, 1e4};
  const Array x = Array::of(false, values);
  Array y(false, values.size());
  launch("sluice_activate_f32", 1, Activate{x.data(), y.data(), (long long)values.size(), 0});
  // Below 1e-38 the sum 1 + e^100 overflows to infinity and the result is 0, which is off by less than the smallest
  // float.
  close("sigmoid", y.download(), {0, std::exp(-100.0), std::exp(-20.0), 1, 1, 1}, 1e-5, 1e-38);
  launch("sluice_activate_f32", 1, Activate{x.data(), y.data(), (long long)values.size(), 1});
  close("tanh", y.download(), {-1, -1, -1, 1, 1, 1}, 0, 0);
  for (const int kind : {0, 1, 2}) {
    const Array bad = Array::of(false, {std::nan("")});
    Array out = Array::zeros(false, 1);
    launch("sluice_activate_f32", 1, Activate{bad.data(), out.data(), 1, kind});
    check(std::isnan(out.download()[0]), "NaN stays NaN");
  }
}

TEST(add_bias) {
  for (const bool half : {false, true}) {
    for (const int columns : {1, 8, 33, 264, 1031}) {
      for (const int rows : {1, 8, 13}) {
        for (const int shift : {0, 1}) {
          inCase("%s N=%d F=%d shift=%d", half ? "bf16" : "f32", rows, columns, shift);
          Array x = Array::random(half, (size_t)rows * columns, 1, shift);
          const Array bias = Array::random(false, columns);
          launch(std::string("sluice_add_bias") + suffix(half), cdiv(rows, 8),
                 AddBias{x.data(), bias.floats(), rows, columns});
          std::vector<double> want = x.host();
          for (size_t k = 0; k < want.size(); k++) {
            want[k] += bias.host()[k % columns];
          }
          close("x", x.download(), want, relativeError(half), 2e-7);
        }
      }
    }
  }
}

TEST(increment) {
  const Items<int> counter(std::vector<int>{41});
  launch("sluice_increment", 1, Increment{counter.data()});
  check(counter.download()[0] == 42, "the counter goes up by 1");
}

TEST(casts) {
  for (const int count : COUNTS) {
    for (const int shift : {0, 1}) {
      inCase("n=%d shift=%d", count, shift);
      std::vector<double> values(count);
      for (int k = 0; k < count; k++) {
        values[k] = uniformNumber(-1, 1) * std::pow(2.0, (int)uniformNumber(-30, 30));
      }
      // Ties, which go to the even neighbour, and what must stay what it is.
      const double special[] = {1.00390625, 1.01171875, INFINITY, -INFINITY, 3.3961775292304957e38, 0};
      for (int k = 0; k < std::min(count, 6); k++) {
        values[k] = special[k];
      }
      const Array wide = Array::of(false, values, shift);
      Array narrow(true, count, shift);
      launch("sluice_cast_f32_bf16", cdiv(count, 1024), Cast{wide.data(), narrow.data(), count});
      std::vector<double> want(count);
      for (int k = 0; k < count; k++) {
        want[k] = roundTo(true, wide.host()[k]);
      }
      const std::vector<double> got = narrow.download();
      for (int k = 0; k < count; k++) {
        if (got[k] != want[k]) {
          fail("[%d]: %.9g became %.9g, not %.9g", k, values[k], got[k], want[k]);
        }
      }
      Array back(false, count, shift);
      launch("sluice_cast_bf16_f32", cdiv(count, 1024), Cast{narrow.data(), back.data(), count});
      check(back.download() == got, "widening changes nothing");
    }
  }
  inCase("NaN");
  const Array nan = Array::of(false, {std::nan(""), -std::nan("")});
  Array narrow(true, 2);
  launch("sluice_cast_f32_bf16", 1, Cast{nan.data(), narrow.data(), 2});
  check(std::isnan(narrow.download()[0]) && std::isnan(narrow.download()[1]), "NaN stays NaN");
}
