// The LSTM's whole pass over several blocks against its equations. Each step is checked from the state that the kernel
// itself left at the step before, so that the bounds are those of one step.
#include "grid.hpp"

namespace {

constexpr int G = 4;

struct Forward {
  const GridCase& c;
  const GridLaunch launch;
  Array gates, weights, biasInput, biasHidden, initialState, initialCell, cells, state, output;
  long long cellStride;

  explicit Forward(const GridCase& c) : c(c), launch(c, G, 0) {
    const size_t all = c.steps * c.perStep();
    gates = Array::random(c.half, G * all, 2);
    weights = recurrentWeights(c, G);
    biasInput = maybe(c.optional, false, G * c.units);
    biasHidden = maybe(c.optional, false, G * c.units);
    initialState = maybe(c.optional, false, c.perStep());
    initialCell = maybe(c.optional, false, c.perStep());
    cells = Array(false, all);
    cellStride = (long long)c.perStep();
    state = Array(false, c.perStep());
    output = Array::random(c.half, c.steps * c.batch * c.outputStride());
  }

  void run() const { launch.run("lstm_grid_forward", arguments()); }

  LstmGridForward arguments() const {
    return {gates.data(), weights.data(), biasInput.floats(), biasHidden.floats(), initialState.floats(),
            initialCell.floats(), cells.floats(), state.floats(), output.data(), launch.lengthsPointer(),
            launch.exchange.data(), launch.flags.data(), launch.fault.data(), cellStride, c.outputStride(), c.steps,
            c.batch, c.units, c.blockUnits, c.rounds(), c.reverse};
  }

  std::vector<double> results() const { return downloaded({&gates, &cells, &output, &state}); }
};

struct Backward {
  const GridCase& c;
  const GridLaunch launch;
  const bool initialWanted;
  Array gates, weights, outputGradient, initialCell, cells, stateGradient, cellGradient;

  explicit Backward(const GridCase& c) : c(c), launch(c, 0, G), initialWanted(c.optional) {
    const size_t all = c.steps * c.perStep();
    gates = Array::random(c.half, G * all, 0.9);
    weights = recurrentWeights(c, G);
    outputGradient = maybe(c.optional, c.half, c.steps * c.batch * c.outputStride());
    initialCell = maybe(c.optional, false, c.perStep());
    cells = Array::random(false, all);
    stateGradient = Array::random(false, c.perStep());
    cellGradient = Array::random(false, c.perStep());
  }

  void run() const {
    launch.run("lstm_grid_backward",
             LstmGridBackward{gates.data(), weights.data(), outputGradient.data(), initialCell.floats(),
                              cells.floats(), stateGradient.floats(), cellGradient.floats(), launch.lengthsPointer(),
                              launch.exchange.data(), launch.flags.data(), launch.fault.data(), c.outputStride(), c.steps,
                              c.batch, c.units, c.blockUnits, c.rounds(), c.reverse, initialWanted});
  }

  std::vector<double> results() const { return downloaded({&gates, &stateGradient, &cellGradient}); }
};

}  // namespace

TEST(lstm_grid_forward) {
  forGridCases([](const GridCase& c) {
    const Forward t(c);
    t.run();
    const std::vector<double> output = t.output.download();
    const std::vector<double> cells = t.cells.download();
    std::vector<double> wantGates = t.gates.host();
    std::vector<double> wantCells(cells.size());
    std::vector<double> wantOutput = t.output.host();
    std::vector<double> wantState(c.perStep());
    for (int b = 0; b < c.batch; b++) {
      for (int s = 0; s < c.steps; s++) {
        const int step = c.time(s);
        const int before = s > 0 ? c.time(s - 1) : -1;
        // The first step that a sequence takes begins with the initial state.
        const bool starts = s == 0 || before >= t.launch.lengths[b];
        const bool ended = step >= t.launch.lengths[b];
        for (int u = 0; u < c.units; u++) {
          const size_t k = (size_t)b * c.units + u;
          const size_t place = step * c.perStep() + k;
          const size_t out = ((size_t)step * c.batch + b) * c.outputStride() + u;
          const double cellBefore = s > 0 ? cells[before * c.perStep() + k] : at(t.initialCell, k);
          if (s == 0) {
            wantState[k] = at(t.initialState, k);
          }
          wantCells[place] = cellBefore;
          wantOutput[out] = 0;
          if (ended) {
            continue;
          }
          double a[G];
          for (int g = 0; g < G; g++) {
            const size_t gate = ((size_t)step * c.batch + b) * G * c.units + g * c.units + u;
            double x = t.gates.host()[gate] + at(t.biasInput, g * c.units + u) + at(t.biasHidden, g * c.units + u);
            for (int k2 = 0; k2 < c.units; k2++) {
              const double h = starts ? at(t.initialState, (size_t)b * c.units + k2)
                                      : output[((size_t)before * c.batch + b) * c.outputStride() + k2];
              x += operand(c, t.weights.host()[((size_t)g * c.units + u) * c.units + k2]) * operand(c, h);
            }
            a[g] = g == 2 ? std::tanh(x) : sigmoidOf(x);
            wantGates[gate] = a[g];
          }
          wantCells[place] = a[1] * cellBefore + a[0] * a[2];
          wantState[k] = a[3] * std::tanh(wantCells[place]);
          wantOutput[out] = wantState[k];
        }
      }
    }
    same("gates", c.half, t.gates, wantGates);
    same("cells", false, t.cells, wantCells);
    same("output", c.half, t.output, wantOutput);
    same("state", false, t.state, wantState);
  });
}

TEST(lstm_grid_backward) {
  forGridCases([](const GridCase& c) {
    const Backward t(c);
    t.run();
    const std::vector<double> gradients = t.gates.download();
    std::vector<double> wantGates(gradients.size(), 0);
    std::vector<double> wantState(c.perStep());
    std::vector<double> wantCell = t.cellGradient.host();
    for (int b = 0; b < c.batch; b++) {
      std::vector<double> carried(t.stateGradient.host().begin() + (size_t)b * c.units,
                                  t.stateGradient.host().begin() + (size_t)(b + 1) * c.units);
      for (int s = c.steps - 1; s >= 0; s--) {
        const int step = c.time(s);
        const bool ended = step >= t.launch.lengths[b];
        const size_t row = ((size_t)step * c.batch + b) * G * c.units;
        for (int u = 0; u < c.units && !ended; u++) {
          const size_t k = (size_t)b * c.units + u;
          auto gate = [&](int g) { return t.gates.host()[row + g * c.units + u]; };
          const double i = gate(0), f = gate(1), g = gate(2), o = gate(3);
          const double dh = carried[u] + at(t.outputGradient, ((size_t)step * c.batch + b) * c.outputStride() + u);
          const double squashed = std::tanh(t.cells.host()[step * c.perStep() + k]);
          const double before = s > 0 ? t.cells.host()[c.time(s - 1) * c.perStep() + k] : at(t.initialCell, k);
          const double dc = wantCell[k] + dh * o * (1 - squashed * squashed);
          wantGates[row + u] = dc * g * i * (1 - i);
          wantGates[row + c.gates(1) + u] = dc * before * f * (1 - f);
          wantGates[row + c.gates(2) + u] = dc * i * (1 - g * g);
          wantGates[row + c.gates(3) + u] = dh * squashed * o * (1 - o);
          wantCell[k] = dc * f;
          carried[u] = 0;
        }
        for (int u = 0; u < c.units; u++) {
          for (int k = 0; k < G * c.units; k++) {
            carried[u] += operand(c, gradients[row + k]) * operand(c, t.weights.host()[(size_t)k * c.units + u]);
          }
        }
      }
      for (int u = 0; u < c.units; u++) {
        const size_t k = (size_t)b * c.units + u;
        wantState[k] = t.initialWanted ? carried[u] : t.stateGradient.host()[k];
      }
    }
    same("gates", c.half, t.gates, wantGates);
    same("cellGradient", false, t.cellGradient, wantCell);
    same("stateGradient", false, t.stateGradient, wantState);
  });
}

TEST(lstm_grid_gives_the_same_bits_on_every_grid) {
  sameForEveryGrid<Forward>();
  sameForEveryGrid<Backward>();
}

// Without a backward pass c is kept of one step only.
TEST(lstm_grid_forward_keeps_the_last_cell) {
  for (const bool reverse : {false, true}) {
    const GridCase c{true, 13, 40, 4, 16, 8, 2, true, reverse, true};
    inCase("reverse=%d", reverse);
    randomness().seed(7);
    const Forward all(c);
    all.run();
    randomness().seed(7);
    Forward last(c);
    last.cells = Array(false, c.perStep());
    last.cellStride = 0;
    last.run();
    const std::vector<double> cells = all.cells.download();
    const auto from = cells.begin() + c.time(c.steps - 1) * c.perStep();
    check(last.cells.download() == std::vector<double>(from, from + c.perStep()), "c after the last step");
    check(last.output.download() == all.output.download(), "the same output");
  }
}

TEST(a_wait_for_a_block_that_never_comes_is_given_up) {
  const GridCase c{true, 3, 40, 3, 16, 8, 1, false, false, false};
  Forward t(c);
  const int missing = c.blocks() - 1;
  launchTogether("sluice_lstm_grid_forward_bf16_n8", missing, 1, t.launch.sharedBytes(), t.arguments());
  check(t.launch.fault.download()[0] == (10ull << 32 | (unsigned)missing), "the note says how long and for which");
}
