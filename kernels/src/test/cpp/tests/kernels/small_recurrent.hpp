// What the tests of the small persistent kernels share: the grid of cases, and R in plain doubles.
//
// The equations run in doubles beside the kernel, step by step; only the operands of a step's products are taken from
// what the kernel stored for the step before, since a number that it rounded the other way would be a difference of
// half a percent in them. What the kernel keeps in registers, c and the gradients of h and c, is kept in doubles.
#pragma once
#include <algorithm>

#include "matrix.hpp"
#include "recurrent.hpp"

enum class Products { F32, TF32, BF16 };

struct SmallCase {
  Products products;
  int steps;
  int batch;
  int units;
  bool lengths;
  bool optional;  // every array that may be null is there; else none
  bool reverse;
  int padding;  // columns between rows of the output
  int shift;    // elements by which arrays of T are off alignment

  bool half() const { return products == Products::BF16; }
  // A number of storage as an operand of the products.
  double operand(double value) const { return products == Products::TF32 ? roundToTf32(value) : value; }
  int time(int s) const { return reverse ? steps - 1 - s : s; }
  int first() const { return time(0); }
  size_t row(int t, int b) const { return (size_t)t * batch + b; }
  long long stride() const { return units + padding; }

  // From 1 to T, all of them; some sequences are as long as there are steps.
  std::vector<int> lengthsOfSequences() const {
    std::vector<int> all(batch);
    for (int b = 0; b < batch; b++) {
      all[b] = lengths ? 1 + (b * 5 + 2) % steps : steps;
    }
    return all;
  }
};

inline const char* suffix(Products products) {
  return products == Products::BF16 ? "_bf16" : products == Products::TF32 ? "_tf32" : "_f32";
}

// As persistent_arguments.cuh says it.
inline size_t smallSharedBytes(const SmallCase& c, int gates, bool backward) {
  const int chunks = (int)cdiv(c.units, c.half() ? 32 : 16);
  const int n = backward ? gates * chunks : chunks;
  const int kept = gates == 4 && !c.half() ? 3 : 4;
  return 2 * (512 * (n | 1) + 128) + (size_t)(1024 * gates * std::max(0, chunks - kept)) * cdiv(c.units, 16);
}

// Sizes 1, below, at and above tiles of sequences, of units and of k, in every option; options that only change where
// things lie take turns.
template <typename Body>
void forSmallCases(Body body) {
  int number = 0;
  for (const Products products : {Products::F32, Products::TF32, Products::BF16}) {
    for (const int units : {1, 5, 16, 33, 70, 128}) {
      for (const int batch : {1, 7, 8, 9, 17}) {
        for (int options = 0; options < 8; options++) {
          const bool large = units * batch > 600;
          if (large && options != number % 8) {
            continue;  // of these one option each
          }
          const int steps = options == 5 ? 1 : 2 + number % 3;
          const SmallCase c{products,
                            steps,
                            batch,
                            units,
                            (options & 1) != 0,
                            (options & 2) != 0,
                            (options & 4) != 0,
                            number % 3 == 0 ? 0 : number % 3 * 3 - 1,
                            number % 4 == 1};
          number++;
          inCase("%s T=%d B=%d H=%d lengths=%d optional=%d reverse=%d padding=%d shift=%d", suffix(products) + 1,
                 c.steps, batch, units, c.lengths, c.optional, c.reverse, c.padding, c.shift);
          body(c);
        }
      }
    }
  }
}

inline bool fitsDevice(size_t sharedBytes) { return sharedBytes <= sharedBytesOfBlock(); }

// R, [gates * H, H], in T; its numbers as operands.
struct SmallWeights {
  Array array;
  std::vector<double> operands;

  SmallWeights(const SmallCase& c, int gates) {
    array = Array::random(c.half(), (size_t)gates * c.units * c.units, 2 / std::sqrt(c.units), c.shift);
    for (const double each : array.host()) {
      operands.push_back(c.operand(each));
    }
  }

  // Row gate * H + unit times h.
  double forward(const SmallCase& c, int gate, int unit, const double* h) const {
    double sum = 0;
    for (int k = 0; k < c.units; k++) {
      sum += operands[((size_t)gate * c.units + unit) * c.units + k] * h[k];
    }
    return sum;
  }

  // Column `unit` of one gate's rows times the gate's gradients.
  double backward(const SmallCase& c, int gate, int unit, const double* gradients) const {
    double sum = 0;
    for (int k = 0; k < c.units; k++) {
      sum += operands[((size_t)gate * c.units + k) * c.units + unit] * gradients[k];
    }
    return sum;
  }
};

// Storage in T with its rounding, and what up to 512 sums in fp32 may cost beside it.
inline void sameSums(const char* what, bool half, const std::vector<double>& got, const std::vector<double>& want) {
  close(what, got, want, relativeError(half), 1e-5);
}
