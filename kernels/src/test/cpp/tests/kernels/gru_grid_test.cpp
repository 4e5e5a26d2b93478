// The GRU's whole pass over several blocks against its equations, reset gate after the product. Each step is checked
// from the operands that the kernel itself left at the step before.
#include "grid.hpp"

namespace {

constexpr int G = 3;

struct Forward {
  const GridCase& c;
  const GridLaunch launch;
  Array gates, weights, biasInput, biasHidden, initialState, candidates, state, output;

  explicit Forward(const GridCase& c) : c(c), launch(c, G, 0) {
    const size_t all = c.steps * c.perStep();
    gates = Array::random(c.half, G * all, 2);
    weights = recurrentWeights(c, G);
    biasInput = maybe(c.optional, false, G * c.units);
    biasHidden = maybe(c.optional, false, G * c.units);
    initialState = maybe(c.optional, false, c.perStep());
    candidates = maybe(c.optional, c.half, all);
    state = Array(false, c.perStep());
    output = Array::random(c.half, c.steps * c.batch * c.outputStride());
  }

  void run() const {
    launch.run("gru_grid_forward",
             GruGridForward{gates.data(), weights.data(), biasInput.floats(), biasHidden.floats(),
                            initialState.floats(), candidates.data(), state.floats(), output.data(),
                            launch.lengthsPointer(), launch.exchange.data(), launch.flags.data(), launch.fault.data(),
                            c.outputStride(), c.steps, c.batch, c.units, c.blockUnits, c.rounds(),
                            c.reverse});
  }

  std::vector<double> results() const { return downloaded({&gates, &candidates, &output, &state}); }
};

struct Backward {
  const GridCase& c;
  const GridLaunch launch;
  const bool initialWanted;
  Array gates, candidates, weights, outputGradient, output, initialState, stateGradient;

  explicit Backward(const GridCase& c) : c(c), launch(c, 0, G), initialWanted(c.optional) {
    const size_t all = c.steps * c.perStep();
    gates = Array::random(c.half, G * all, 0.9);
    candidates = Array::random(c.half, all);
    weights = recurrentWeights(c, G);
    outputGradient = maybe(c.optional, c.half, c.steps * c.batch * c.outputStride());
    output = Array::random(c.half, c.steps * c.batch * c.outputStride());
    initialState = maybe(c.optional, false, c.perStep());
    stateGradient = Array::random(false, c.perStep());
  }

  void run() const {
    launch.run("gru_grid_backward",
             GruGridBackward{gates.data(), candidates.data(), weights.data(), outputGradient.data(), output.data(),
                             initialState.floats(), stateGradient.floats(), launch.lengthsPointer(),
                             launch.exchange.data(), launch.flags.data(), launch.fault.data(), c.outputStride(),
                             c.outputStride(), c.steps, c.batch, c.units, c.blockUnits, c.rounds(),
                             c.reverse, initialWanted});
  }

  std::vector<double> results() const { return downloaded({&gates, &candidates, &stateGradient}); }
};

}  // namespace

TEST(gru_grid_forward) {
  forGridCases([](const GridCase& c) {
    const Forward t(c);
    t.run();
    const std::vector<double> output = t.output.download();
    std::vector<double> wantGates = t.gates.host();
    std::vector<double> wantCandidates(t.candidates.present() ? c.steps * c.perStep() : 0, 0);
    std::vector<double> wantOutput = t.output.host();
    std::vector<double> wantState(c.perStep());
    for (int b = 0; b < c.batch; b++) {
      for (int s = 0; s < c.steps; s++) {
        const int step = c.time(s);
        const bool starts = s == 0 || c.time(s - 1) >= t.launch.lengths[b];
        const size_t row = (size_t)step * c.batch + b;
        for (int u = 0; u < c.units; u++) {
          const size_t k = (size_t)b * c.units + u;
          if (s == 0) {
            wantState[k] = at(t.initialState, k);
          }
          wantOutput[row * c.outputStride() + u] = 0;
          if (step >= t.launch.lengths[b]) {
            continue;
          }
          double product[G];
          for (int g = 0; g < G; g++) {
            product[g] = at(t.biasHidden, c.gates(g) + u);
            for (int k2 = 0; k2 < c.units; k2++) {
              const double h = starts ? at(t.initialState, (size_t)b * c.units + k2)
                                      : output[(row - c.batch + 2 * c.batch * c.reverse) * c.outputStride() + k2];
              product[g] += operand(c, t.weights.host()[(size_t)(c.gates(g) + u) * c.units + k2]) * operand(c, h);
            }
          }
          auto input = [&](int g) {
            return t.gates.host()[row * c.gates(G) + c.gates(g) + u] + at(t.biasInput, c.gates(g) + u);
          };
          const double r = sigmoidOf(input(0) + product[0]);
          const double z = sigmoidOf(input(1) + product[1]);
          const double n = std::tanh(input(2) + r * product[2]);
          wantGates[row * c.gates(G) + c.gates(0) + u] = r;
          wantGates[row * c.gates(G) + c.gates(1) + u] = z;
          wantGates[row * c.gates(G) + c.gates(2) + u] = n;
          wantState[k] = (1 - z) * n + z * wantState[k];
          wantOutput[row * c.outputStride() + u] = wantState[k];
          if (t.candidates.present()) {
            wantCandidates[row * c.units + u] = product[2];
          }
        }
      }
    }
    same("gates", c.half, t.gates, wantGates);
    same("output", c.half, t.output, wantOutput);
    same("state", false, t.state, wantState);
    if (t.candidates.present()) {
      same("candidates", c.half, t.candidates, wantCandidates);
    }
  });
}

TEST(gru_grid_backward) {
  forGridCases([](const GridCase& c) {
    const Backward t(c);
    t.run();
    const std::vector<double> gradients = t.gates.download();
    const std::vector<double> candidates = t.candidates.download();
    std::vector<double> wantGates(gradients.size(), 0);
    std::vector<double> wantCandidates(candidates.size(), 0);
    std::vector<double> wantState = t.stateGradient.host();
    for (int b = 0; b < c.batch; b++) {
      std::vector<double> carried(c.units);
      for (int u = 0; u < c.units; u++) {
        carried[u] = t.stateGradient.host()[(size_t)b * c.units + u];
      }
      for (int s = c.steps - 1; s >= 0; s--) {
        const int step = c.time(s);
        const size_t row = (size_t)step * c.batch + b;
        const bool starts = s == 0 || c.time(s - 1) >= t.launch.lengths[b];
        for (int u = 0; u < c.units && step < t.launch.lengths[b]; u++) {
          const size_t first = row * c.gates(G) + u;
          const double r = t.gates.host()[first], z = t.gates.host()[first + c.gates(1)];
          const double n = t.gates.host()[first + c.gates(2)];
          const size_t previous = (row - c.batch + 2 * c.batch * c.reverse) * c.outputStride() + u;
          const double before = starts ? at(t.initialState, (size_t)b * c.units + u) : t.output.host()[previous];
          const double dh = carried[u] + at(t.outputGradient, row * c.outputStride() + u);
          const double dn = dh * (1 - z) * (1 - n * n);
          wantGates[first] = dn * t.candidates.host()[row * c.units + u] * r * (1 - r);
          wantGates[first + c.gates(1)] = dh * (before - n) * z * (1 - z);
          wantGates[first + c.gates(2)] = dn;
          wantCandidates[row * c.units + u] = dn * r;
          carried[u] = dh * z;
        }
        for (int u = 0; u < c.units; u++) {
          for (int k = 0; k < c.gates(G); k++) {
            const double gradient =
                k < c.gates(2) ? gradients[row * c.gates(G) + k] : candidates[row * c.units + k - c.gates(2)];
            carried[u] += operand(c, gradient) * operand(c, t.weights.host()[(size_t)k * c.units + u]);
          }
        }
      }
      for (int u = 0; u < c.units && t.initialWanted; u++) {
        wantState[(size_t)b * c.units + u] = carried[u];
      }
    }
    same("gates", c.half, t.gates, wantGates);
    same("candidates", c.half, t.candidates, wantCandidates);
    same("stateGradient", false, t.stateGradient, wantState);
  });
}

TEST(gru_grid_gives_the_same_bits_on_every_grid) {
  sameForEveryGrid<Forward>();
  sameForEveryGrid<Backward>();
}
