// Optimiser steps against their equations, over several steps, with clipping and with gradients that are not finite.
#include <cmath>
#include <limits>

#include "../gpu.hpp"
#include "arguments.cuh"

namespace {

struct Rule {
  const char* kernel;
  int slots;
  double beta1;
  double beta2;
  int variant;
};

const Rule RULES[] = {
    {"sgd", 0, 0, 0, 0},        {"sgd", 1, 0.9, 0, 0},      {"sgd", 1, 0.9, 0, 1},
    {"rmsprop", 1, 0.95, 0, 0}, {"adam", 2, 0.9, 0.999, 0}, {"adam", 2, 0.9, 0.999, 1},
};

constexpr double EPSILON = 1e-8;

// One parameter's step in double.
void step(const Rule& rule, int t, double rate, double decay, double g, double& p, double& s0, double& s1) {
  const bool decoupled = rule.slots == 2 && rule.variant == 1;
  if (decoupled) {
    p -= rate * decay * p;
  } else {
    g += decay * p;
  }
  const double beta1 = (float)rule.beta1;
  const double beta2 = (float)rule.beta2;
  if (rule.slots == 2) {
    s0 = beta1 * s0 + (1 - beta1) * g;
    s1 = beta2 * s1 + (1 - beta2) * g * g;
    p -= rate * (s0 / (1 - std::pow(beta1, t))) / (std::sqrt(s1 / (1 - std::pow(beta2, t))) + EPSILON);
  } else if (std::string(rule.kernel) == "rmsprop") {
    s0 = beta1 * s0 + (1 - beta1) * g * g;
    p -= rate * g / (std::sqrt(s0) + EPSILON);
  } else {
    s0 = beta1 * s0 + g;
    p -= rate * (rule.variant == 1 ? g + beta1 * s0 : s0);
  }
}

struct Controls {
  Array rate = Array::of(false, {0.01});
  Items<int> applied{std::vector<int>{0}};
  Array squares;
  Array control{false, 5};

  void prepare(const Rule& rule, double sum, float clipNorm) {
    squares = Array::of(false, {sum});
    launch("sluice_update_prepare", 1,
           UpdatePrepare{rate.floats(), applied.data(), squares.floats(), control.floats(), clipNorm,
                         rule.slots == 2 ? (float)rule.beta1 : 0, rule.slots == 2 ? (float)rule.beta2 : 0});
  }
};

double sumOfSquares(const std::vector<double>& x) {
  double sum = 0;
  for (const double each : x) {
    sum += each * each;
  }
  return sum;
}

}  // namespace

TEST(updates) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const Rule& rule : RULES) {
    for (const int count : {1, 7, 8, 9, 1003}) {
      for (const int option : {0, 1, 2}) {  // plain; clip by norm, weight decay, bf16 copy; clip by value, unaligned
        inCase("%s slots=%d variant=%d n=%d option=%d", rule.kernel, rule.slots, rule.variant, count, option);
        const int shift = option == 2 ? 1 : 0;
        const float clipNorm = option == 1 ? 0.5f : infinity;
        const float clipValue = option == 2 ? 0.25f : infinity;
        const float decay = option == 1 ? 0.1f : 0;
        Array parameters = Array::random(false, count, 1, shift);
        Array copy = option == 1 ? Array(true, count) : Array();
        Array state0 = rule.slots > 0 ? Array::zeros(false, count, shift) : Array();
        Array state1 = rule.slots > 1 ? Array::zeros(false, count, shift) : Array();
        std::vector<double> p = parameters.host(), s0(count, 0), s1(count, 0);
        Controls controls;
        for (int t = 1; t <= 4; t++) {
          const Array gradients = Array::random(false, count, 1, shift);
          const double squares = sumOfSquares(gradients.host());
          controls.prepare(rule, squares, clipNorm);
          launch(std::string("sluice_update_") + rule.kernel, cdiv(count, 1024),
                 Update{parameters.floats(), gradients.floats(), state0.floats(), state1.floats(), copy.data(),
                        controls.control.floats(), count, clipValue, decay, (float)rule.beta1, (float)rule.beta2,
                        (float)EPSILON, rule.variant});
          const double factor = std::min(1.0, clipNorm / (std::sqrt(squares) + 1e-6));
          for (int k = 0; k < count; k++) {
            const double g = std::min(std::max(gradients.host()[k] * factor, -(double)clipValue), (double)clipValue);
            step(rule, t, (float)0.01, decay, g, p[k], s0[k], s1[k]);
          }
        }
        check(controls.applied.download()[0] == 4, "four steps were applied");
        close("parameters", parameters.download(), p, 2e-6, 2e-6);
        if (rule.slots > 0) {
          close("state0", state0.download(), s0, 2e-6, 1e-6);
        }
        if (rule.slots > 1) {
          close("state1", state1.download(), s1, 2e-6, 1e-6);
        }
        if (copy.present()) {
          const std::vector<double> now = parameters.download();
          const std::vector<double> rounded = copy.download();
          for (int k = 0; k < count; k++) {
            check(rounded[k] == roundTo(true, now[k]), "the copy is the parameters, rounded");
          }
        }
      }
    }
  }
}

TEST(a_gradient_that_is_not_finite_changes_nothing) {
  for (const Rule& rule : RULES) {
    for (const double bad : {std::numeric_limits<double>::infinity(), std::nan("")}) {
      inCase("%s slots=%d, sum of squares %g", rule.kernel, rule.slots, bad);
      Array parameters = Array::random(false, 9);
      Array state0 = rule.slots > 0 ? Array::random(false, 9) : Array();
      Array state1 = rule.slots > 1 ? Array::random(false, 9) : Array();
      const Array gradients = Array::of(false, std::vector<double>(9, bad));
      Controls controls;
      controls.prepare(rule, bad, 1);
      launch(std::string("sluice_update_") + rule.kernel, 1,
             Update{parameters.floats(), gradients.floats(), state0.floats(), state1.floats(), nullptr,
                    controls.control.floats(), 9, 1, 0, (float)rule.beta1, (float)rule.beta2, (float)EPSILON,
                    rule.variant});
      check(controls.applied.download()[0] == 0, "the step is not counted");
      check(parameters.download() == parameters.host(), "the parameters stay");
      check(!state0.present() || state0.download() == state0.host(), "the state stays");
      check(!state1.present() || state1.download() == state1.host(), "the state stays");
    }
  }
}
