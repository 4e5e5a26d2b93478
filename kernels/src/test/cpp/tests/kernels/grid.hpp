// What the tests of the grid kernels share: the cases, and how a pass over several blocks is launched.
#pragma once
#include <cmath>
#include <cstring>

#include "recurrent.hpp"

struct GridCase {
  bool half;  // bf16; else TF32
  int batch;
  int units;
  int steps;
  int blockUnits;
  int sequences;  // N of the kernel's name
  int groups;
  bool lengths;
  bool reverse;
  bool optional;  // every array that may be null is there; else none

  int gates(int g) const { return g * units; }
  int blocks() const { return (units + blockUnits - 1) / blockUnits; }
  int tiles() const { return (batch + sequences - 1) / sequences; }
  int rounds() const { return (tiles() + groups - 1) / groups; }
  size_t perStep() const { return (size_t)batch * units; }
  long long outputStride() const { return units + 8; }
  int time(int s) const { return reverse ? steps - 1 - s : s; }
};

template <typename Body>
void forGridCases(Body body) {
  struct Shape {
    int batch, units, steps, blockUnits, sequences, groups;
  };
  static const Shape SHAPES[] = {
      {1, 1, 1, 16, 8, 1},     // nothing but padding
      {3, 5, 4, 2, 8, 1},      // odd sizes, the last block smaller
      {8, 16, 5, 16, 8, 1},    // one full block
      {13, 40, 4, 16, 8, 2},   // two groups, the second not full
      {21, 13, 3, 5, 8, 2},    // two groups of two rounds, the last round only of one
      {21, 40, 3, 7, 16, 1},   // two rounds
      {17, 67, 3, 16, 16, 2},  // more than one chunk, k not a multiple of one
      {5, 96, 2, 16, 8, 1},    // whole packs of weights
      {2, 700, 2, 16, 8, 1},   // more weights than registers hold
  };
  for (const bool half : {false, true}) {
    for (const Shape& s : SHAPES) {
      for (int options = 0; options < 8; options++) {
        if (s.units > 100 && (half || options < 7)) {
          continue;  // once is enough for its time
        }
        const GridCase c{half,        s.batch,  s.units,            s.steps,            s.blockUnits,
                         s.sequences, s.groups, (options & 1) != 0, (options & 2) != 0, (options & 4) != 0};
        inCase("%s B=%d H=%d S=%d U=%d N=%d groups=%d lengths=%d reverse=%d optional=%d", half ? "bf16" : "tf32",
               c.batch, c.units, c.steps, c.blockUnits, c.sequences, c.groups, c.lengths, c.reverse, c.optional);
        body(c);
      }
    }
  }
}

// Entries of R, as large as a layer's: sums then stay near one, and within what same() allows for one step in fp32.
inline Array recurrentWeights(const GridCase& c, int gates) {
  return Array::random(c.half, (size_t)gates * c.units * c.units, 2 / std::sqrt(c.units));
}

// Every length from 1 to the number of steps.
inline std::vector<int> lengthsOf(const GridCase& c) {
  std::vector<int> lengths(c.batch);
  for (int b = 0; b < c.batch; b++) {
    lengths[b] = c.lengths ? 1 + (b + 1) % c.steps : c.steps;
  }
  return lengths;
}

// x as the products take it.
inline double operand(const GridCase& c, double x) {
  if (c.half) {
    return roundTo(true, x);
  }
  const float single = (float)x;
  uint32_t bits;
  memcpy(&bits, &single, sizeof bits);
  bits = (bits + 0x1000) & ~0x1fffu;  // to 10 bits of mantissa, ties away from zero
  float rounded;
  memcpy(&rounded, &bits, sizeof rounded);
  return rounded;
}

// What a launch needs beside the pass's own arrays: the exchange, which holds NaN, flags, and the note of a fault.
// Forward and backward: one of the two numbers of gates is 0.
struct GridLaunch {
  const GridCase& c;
  const int tiles;
  const int chunks;
  const Array exchange;
  const Items<unsigned> flags;
  const Items<unsigned long long> fault;
  const std::vector<int> lengths;
  const Items<int> deviceLengths;

  GridLaunch(const GridCase& c, int forwardGates, int backwardGates)
      : c(c),
        tiles(backwardGates > 0 ? 1 : forwardGates),
        chunks((int)cdiv((long long)(backwardGates > 0 ? backwardGates : 1) * c.units, elements())),
        exchange(c.half, 2ull * c.groups * c.rounds() * c.sequences * chunks * elements()),
        flags(std::vector<unsigned>((size_t)c.groups * c.rounds() * c.blocks(), 0)),
        fault({0}),
        lengths(lengthsOf(c)),
        deviceLengths(lengths) {}

  int elements() const { return c.half ? 32 : 16; }
  const int* lengthsPointer() const { return c.lengths ? deviceLengths.data() : nullptr; }

  long long sharedBytes() const {
    const long long stored = cdiv(chunks, 8) - (tiles > 1 && c.sequences == 16 ? 12 : 16) / tiles;
    return 8192LL * tiles * (stored > 0 ? stored : 0) + 512LL * tiles * c.sequences + 3072LL * c.rounds();
  }

  template <typename Arguments>
  void run(const std::string& name, const Arguments& arguments) const {
    const std::string kernel =
        "sluice_" + name + (c.half ? "_bf16" : "_tf32") + (c.sequences == 8 ? "_n8" : "_n16");
    launchTogether(kernel, c.blocks(), c.groups, sharedBytes(), arguments);
    check(fault.download()[0] == 0, "no wait was given up");
  }
};

inline std::vector<double> downloaded(std::initializer_list<const Array*> arrays) {
  std::vector<double> all;
  for (const Array* each : arrays) {
    const std::vector<double> values = each->download();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

// A pass leaves the same bits however it is spread over blocks, and each time.
template <typename Pass>
void sameForEveryGrid() {
  for (const bool half : {false, true}) {
    GridCase c{half, 21, 40, 4, 16, 8, 3, true, true, true};
    std::vector<double> first;
    struct Grid {
      int blockUnits, sequences, groups;
    };
    for (const Grid& grid : {Grid{16, 8, 3}, {16, 8, 3}, {16, 8, 1}, {16, 16, 2}, {7, 16, 1}, {9, 8, 2}}) {
      c.blockUnits = grid.blockUnits;
      c.sequences = grid.sequences;
      c.groups = grid.groups;
      inCase("%s U=%d N=%d groups=%d", half ? "bf16" : "tf32", c.blockUnits, c.sequences, c.groups);
      randomness().seed(7);
      const Pass pass(c);
      pass.run();
      const std::vector<double> results = pass.results();
      check(first.empty() || results == first, "the same bits as with the first grid");
      first = results;
    }
  }
}
