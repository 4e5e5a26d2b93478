// The GRU's step, reset after and before the recurrent product, against its equations.
#include "recurrent.hpp"

namespace {

struct Gru {
  const RecurrentCase c;
  const size_t n;
  const long long stride;
  const std::vector<int> lengths;
  const Items<int> deviceLengths;

  explicit Gru(const RecurrentCase& c)
      : c(c), n((size_t)c.batch * c.units), stride(c.units + 8), lengths(lengthsOf(c)), deviceLengths(lengths) {}

  const int* lengthsPointer() const { return c.lengths ? deviceLengths.data() : nullptr; }
  long long blocks() const { return cdiv((long long)n / c.pack, 256); }
  std::string kernel(const char* name) const { return std::string("sluice_gru_") + name + suffix(c.half); }
  size_t gate(int b, int g, int u) const { return ((size_t)b * 3 + g) * c.units + u; }

  template <typename Body>
  void forRunning(Body body) const {
    for (int b = 0; b < c.batch; b++) {
      for (int u = 0; u < c.units && !endedAt(lengths, b); u++) {
        body(b, u, (size_t)b * c.units + u);
      }
    }
  }

  // output and candidate are zero for ended sequences; padding between rows of output is left alone.
  std::vector<double> zeroedOutput(const Array& output) const {
    std::vector<double> want = output.host();
    for (int b = 0; b < c.batch && !want.empty(); b++) {
      for (int u = 0; u < c.units; u++) {
        want[b * stride + u] = 0;
      }
    }
    return want;
  }
};

}  // namespace

TEST(gru_forward) {
  forRecurrentCases([](const RecurrentCase& c) {
    const Gru t(c);
    Array gates = Array::random(c.half, 3 * t.n, 3);
    const Array recurrent = maybe(c.optional, false, 3 * t.n, 3);
    const Array biasInput = maybe(c.optional, false, 3 * c.units);
    const Array biasHidden = maybe(c.optional, false, 3 * c.units);
    Array state = Array::random(false, t.n);
    Array candidate = maybe(c.optional, c.half, t.n);
    Array hidden = maybe(c.optional, c.half, t.n);
    Array output = c.optional ? Array::random(c.half, c.batch * t.stride) : Array();
    launch(t.kernel("forward"), t.blocks(),
           GruForward{gates.data(), recurrent.floats(), biasInput.floats(), biasHidden.floats(), state.floats(),
                      candidate.data(), hidden.data(), output.data(), t.lengthsPointer(), t.stride, c.batch, c.units,
                      STEP, c.pack});
    std::vector<double> wantGates = gates.host();
    std::vector<double> wantState = state.host();
    std::vector<double> wantCandidate(c.optional ? t.n : 0, 0);
    std::vector<double> wantHidden = hidden.host();
    std::vector<double> wantOutput = t.zeroedOutput(output);
    t.forRunning([&](int b, int u, size_t k) {
      auto input = [&](int g) { return gates.host()[t.gate(b, g, u)] + at(biasInput, g * c.units + u); };
      auto product = [&](int g) { return at(recurrent, t.gate(b, g, u)) + at(biasHidden, g * c.units + u); };
      const double r = sigmoidOf(input(0) + product(0));
      const double z = sigmoidOf(input(1) + product(1));
      const double n = std::tanh(input(2) + r * product(2));
      wantGates[t.gate(b, 0, u)] = r;
      wantGates[t.gate(b, 1, u)] = z;
      wantGates[t.gate(b, 2, u)] = n;
      wantState[k] = (1 - z) * n + z * state.host()[k];
      if (c.optional) {
        wantCandidate[k] = product(2);
        wantHidden[k] = wantState[k];
        wantOutput[b * t.stride + u] = wantState[k];
      }
    });
    same("gates", c.half, gates, wantGates);
    same("state", false, state, wantState);
    if (c.optional) {
      same("candidate", c.half, candidate, wantCandidate);
      same("hidden", c.half, hidden, wantHidden);
      same("output", c.half, output, wantOutput);
    }
  });
}

TEST(gru_backward) {
  forRecurrentCases([](const RecurrentCase& c) {
    const Gru t(c);
    const Before before(c, c.batch == 3);
    Array gates = Array::random(c.half, 3 * t.n, 0.9);
    Array candidate = Array::random(c.half, t.n);
    Array recurrentGradient(c.half, 3 * t.n);
    const Array outputGradient = c.optional ? Array::random(c.half, c.batch * t.stride) : Array();
    Array stateGradient = Array::random(false, t.n);
    launch(t.kernel("backward"), t.blocks(),
           GruBackward{gates.data(), candidate.data(), recurrentGradient.data(), outputGradient.data(),
                       stateGradient.floats(), before.previous.data(), before.initial.floats(), t.lengthsPointer(),
                       t.stride, before.stride, c.batch, c.units, STEP, c.reverse, c.pack});
    std::vector<double> wantGates(3 * t.n, 0);
    std::vector<double> wantCandidate(t.n, 0);
    std::vector<double> wantRecurrent(3 * t.n, 0);
    std::vector<double> wantState = stateGradient.host();
    t.forRunning([&](int b, int u, size_t k) {
      const double r = gates.host()[t.gate(b, 0, u)], z = gates.host()[t.gate(b, 1, u)];
      const double n = gates.host()[t.gate(b, 2, u)];
      const double dh = stateGradient.host()[k] + at(outputGradient, b * t.stride + u);
      const double dn = dh * (1 - z) * (1 - n * n);
      const double dz = dh * (before.of(c, t.lengths, b, u) - n) * z * (1 - z);
      const double dr = dn * candidate.host()[k] * r * (1 - r);
      wantGates[t.gate(b, 0, u)] = wantRecurrent[t.gate(b, 0, u)] = dr;
      wantGates[t.gate(b, 1, u)] = wantRecurrent[t.gate(b, 1, u)] = dz;
      wantGates[t.gate(b, 2, u)] = dn;
      wantRecurrent[t.gate(b, 2, u)] = wantCandidate[k] = dn * r;
      wantState[k] = dh * z;
    });
    same("gates", c.half, gates, wantGates);
    same("candidate", c.half, candidate, wantCandidate);
    same("recurrentGradient", c.half, recurrentGradient, wantRecurrent);
    same("stateGradient", false, stateGradient, wantState);
  });
}

TEST(gru_before_forward) {
  forRecurrentCases([](const RecurrentCase& c) {
    const Gru t(c);
    Array gates = Array::random(c.half, 3 * t.n, 3);
    const Array recurrent = maybe(c.optional, false, 2 * t.n, 3);
    const Array recurrentN = maybe(c.optional, false, t.n, 3);
    const Array biasInput = maybe(c.optional, false, 3 * c.units);
    const Array biasHidden = maybe(c.optional, false, 3 * c.units);
    Array state = Array::random(false, t.n);
    Array resetState(c.half, t.n);
    Array hidden = maybe(c.optional, c.half, t.n);
    Array output = c.optional ? Array::random(c.half, c.batch * t.stride) : Array();
    launch(t.kernel("before_reset"), t.blocks(),
           GruBeforeReset{gates.data(), recurrent.floats(), biasInput.floats(), biasHidden.floats(), state.floats(),
                          resetState.data(), t.lengthsPointer(), c.batch, c.units, STEP, c.pack});
    const std::vector<double> half = gates.download();  // what the second half reads: rounded r and z
    launch(t.kernel("before_output"), t.blocks(),
           GruBeforeOutput{gates.data(), recurrentN.floats(), biasInput.floats(), biasHidden.floats(), state.floats(),
                           hidden.data(), output.data(), t.lengthsPointer(), t.stride, c.batch, c.units, STEP, c.pack});
    std::vector<double> wantGates = gates.host();
    std::vector<double> wantReset(t.n, 0);
    std::vector<double> wantState = state.host();
    std::vector<double> wantHidden = hidden.host();
    std::vector<double> wantOutput = t.zeroedOutput(output);
    t.forRunning([&](int b, int u, size_t k) {
      double x[3];
      for (int g = 0; g < 3; g++) {
        x[g] = gates.host()[t.gate(b, g, u)] + at(biasInput, g * c.units + u) + at(biasHidden, g * c.units + u) +
               (g < 2 ? at(recurrent, ((size_t)b * 2 + g) * c.units + u) : at(recurrentN, k));
      }
      const double r = sigmoidOf(x[0]), n = std::tanh(x[2]);
      const double z = half[t.gate(b, 1, u)];
      wantGates[t.gate(b, 0, u)] = r;
      wantGates[t.gate(b, 1, u)] = sigmoidOf(x[1]);
      wantGates[t.gate(b, 2, u)] = n;
      wantReset[k] = r * state.host()[k];
      wantState[k] = (1 - z) * n + z * state.host()[k];
      if (c.optional) {
        wantHidden[k] = wantState[k];
        wantOutput[b * t.stride + u] = wantState[k];
      }
    });
    same("gates", c.half, gates, wantGates);
    same("resetState", c.half, resetState, wantReset);
    same("state", false, state, wantState);
    if (c.optional) {
      same("hidden", c.half, hidden, wantHidden);
      same("output", c.half, output, wantOutput);
    }
  });
}

TEST(gru_before_backward) {
  forRecurrentCases([](const RecurrentCase& c) {
    const Gru t(c);
    const Before before(c, c.batch == 3);
    Array gates = Array::random(c.half, 3 * t.n, 0.9);
    const Array outputGradient = c.optional ? Array::random(c.half, c.batch * t.stride) : Array();
    Array stateGradient = Array::random(false, t.n);
    const Array resetGradient = Array::random(false, t.n);
    launch(t.kernel("before_output_backward"), t.blocks(),
           GruBeforeOutputBackward{gates.data(), outputGradient.data(), stateGradient.floats(), before.previous.data(),
                                   before.initial.floats(), t.lengthsPointer(), t.stride, before.stride, c.batch,
                                   c.units, STEP, c.reverse, c.pack});
    launch(t.kernel("before_reset_backward"), t.blocks(),
           GruBeforeResetBackward{gates.data(), resetGradient.floats(), stateGradient.floats(), before.previous.data(),
                                  before.initial.floats(), t.lengthsPointer(), before.stride, c.batch, c.units, STEP,
                                  c.reverse, c.pack});
    std::vector<double> wantGates(3 * t.n, 0);
    std::vector<double> wantState = stateGradient.host();
    t.forRunning([&](int b, int u, size_t k) {
      const double r = gates.host()[t.gate(b, 0, u)], z = gates.host()[t.gate(b, 1, u)];
      const double n = gates.host()[t.gate(b, 2, u)];
      const double h = before.of(c, t.lengths, b, u);
      const double dh = stateGradient.host()[k] + at(outputGradient, b * t.stride + u);
      const double ds = resetGradient.host()[k];
      wantGates[t.gate(b, 0, u)] = ds * h * r * (1 - r);
      wantGates[t.gate(b, 1, u)] = dh * (h - n) * z * (1 - z);
      wantGates[t.gate(b, 2, u)] = dh * (1 - z) * (1 - n * n);
      wantState[k] = dh * z + ds * r;
    });
    same("gates", c.half, gates, wantGates);
    same("stateGradient", false, stateGradient, wantState);
  });
}
