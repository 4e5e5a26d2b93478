// What the tests of the recurrent cells share: the grid of cases, and equations in plain doubles.
#pragma once
#include <cmath>

#include "../gpu.hpp"
#include "arguments.cuh"

struct RecurrentCase {
  bool half;
  int batch;
  int units;
  int pack;
  bool lengths;
  bool optional;  // every array that may be null is there; else none
  bool reverse;
};

// Sizes 1, below, at and above a pack, primes, and more than one block; packs where they fit; all options on and off.
template <typename Body>
void forRecurrentCases(Body body) {
  for (const bool half : {false, true}) {
    for (const int batch : {1, 3, 17}) {
      for (const int units : {1, 3, 4, 5, 8, 13, 32, 67}) {
        for (const int pack : {1, half ? 8 : 4}) {
          for (int options = 0; options < 8; options++) {
            if (units % pack == 0) {
              const RecurrentCase c{
                  half, batch, units, pack, (options & 1) != 0, (options & 2) != 0, (options & 4) != 0};
              inCase("%s B=%d H=%d pack=%d lengths=%d optional=%d reverse=%d", half ? "bf16" : "f32", batch, units,
                     pack, c.lengths, c.optional, c.reverse);
              body(c);
            }
          }
        }
      }
    }
  }
}

constexpr int STEP = 2;

// Ended, ending now, and running sequences.
inline std::vector<int> lengthsOf(const RecurrentCase& c) {
  std::vector<int> lengths(c.batch);
  for (int b = 0; b < c.batch; b++) {
    lengths[b] = c.lengths ? 1 + b % 5 : 1000;
  }
  return lengths;
}

inline bool endedAt(const std::vector<int>& lengths, int row) { return STEP >= lengths[row]; }

inline double sigmoidOf(double x) { return 1 / (1 + std::exp(-x)); }

// Element of an array that may be absent, which then counts as zero.
inline double at(const Array& array, size_t k) { return array.present() ? array.host()[k] : 0; }

inline Array maybe(bool wanted, bool half, size_t count, double scale = 1) {
  return wanted ? Array::random(half, count, scale) : Array();
}

// The state before the step as backward finds it: the output of the step before, or h0 at the sequence's first step.
struct Before {
  Array previous;
  Array initial;
  long long stride;
  bool first = false;  // no step before: previous is null

  Before(const RecurrentCase& c, bool firstStep) : stride(c.units + 8), first(firstStep) {
    previous = firstStep ? Array() : Array::random(c.half, (size_t)c.batch * stride);
    initial = maybe(c.optional, false, (size_t)c.batch * c.units);
  }

  double of(const RecurrentCase& c, const std::vector<int>& lengths, int row, int unit) const {
    const bool starts = first || (c.reverse && c.lengths && STEP == lengths[row] - 1);
    return starts ? at(initial, (size_t)row * c.units + unit) : at(previous, row * stride + unit);
  }
};

// Compares storage in T with relative error of its rounding, and fp32 storage with that of fp32 arithmetic.
inline void same(const char* what, bool half, const Array& got, const std::vector<double>& want) {
  close(what, got.download(), want, relativeError(half), 4e-6);
}
