// The small persistent GRU against its equations.
#include "small_recurrent.hpp"

namespace {

struct Forward {
  Array gates;
  Array candidates;
  Array state;
  Array output;
};

// Device arrays of a case, the launch, and what must come out.
struct GruForwardRun {
  const SmallCase& c;
  size_t perStep = (size_t)c.batch * c.units;
  std::vector<int> lengths = c.lengthsOfSequences();
  Items<int> deviceLengths{lengths};
  SmallWeights weights{c, 3};
  Array inputs = Array::random(c.half(), c.steps * 3 * perStep, 2, c.shift);
  Array biasInput = maybe(c.optional, false, 3 * c.units);
  Array biasHidden = maybe(c.optional, false, 3 * c.units);
  Array initialState = maybe(c.optional, false, perStep);

  Forward launched() {
    Forward f{Array::of(c.half(), inputs.host(), c.shift), c.optional ? Array(c.half(), c.steps * perStep) : Array(),
              Array(false, perStep), Array::zeros(c.half(), c.steps * c.batch * c.stride(), c.shift)};
    launchWithShared(
        std::string("sluice_gru_small_forward") + suffix(c.products), cdiv(c.batch, 8), smallSharedBytes(c, 3, false),
        GruSmallForward{f.gates.data(), weights.array.data(), biasInput.floats(), biasHidden.floats(),
                        initialState.floats(), f.candidates.data(), f.state.floats(), f.output.data(),
                        c.lengths ? deviceLengths.data() : nullptr, c.stride(), c.steps, c.batch, c.units, c.reverse});
    return f;
  }

  void compare(const Forward& f) {
    const std::vector<double> gotOutput = f.output.download();
    std::vector<double> wantGates = inputs.host();
    std::vector<double> wantCandidates(c.steps * perStep, 0);
    std::vector<double> wantState(perStep);
    std::vector<double> wantOutput(gotOutput.size(), 0);
    for (int b = 0; b < c.batch; b++) {
      std::vector<double> h(c.units);
      double* state = wantState.data() + b * c.units;
      for (int u = 0; u < c.units; u++) {
        state[u] = at(initialState, b * c.units + u);
        h[u] = c.operand(roundTo(c.half(), state[u]));
      }
      for (int s = 0; s < c.steps; s++) {
        const int t = c.time(s);
        for (int u = 0; u < c.units && t < lengths[b]; u++) {
          double x[3];
          double q[3];
          for (int gate = 0; gate < 3; gate++) {
            x[gate] = inputs.host()[(c.row(t, b) * 3 + gate) * c.units + u] + at(biasInput, gate * c.units + u);
            q[gate] = weights.forward(c, gate, u, h.data()) + at(biasHidden, gate * c.units + u);
          }
          const double r = sigmoidOf(x[0] + q[0]);
          const double z = sigmoidOf(x[1] + q[1]);
          const double n = std::tanh(x[2] + r * q[2]);
          wantGates[c.row(t, b) * 3 * c.units + u] = r;
          wantGates[(c.row(t, b) * 3 + 1) * c.units + u] = z;
          wantGates[(c.row(t, b) * 3 + 2) * c.units + u] = n;
          wantCandidates[c.row(t, b) * c.units + u] = q[2];
          state[u] = (1 - z) * n + z * state[u];
          wantOutput[c.row(t, b) * c.stride() + u] = state[u];
        }
        for (int u = 0; u < c.units && t < lengths[b]; u++) {
          h[u] = c.operand(gotOutput[c.row(t, b) * c.stride() + u]);
        }
      }
    }
    sameSums("gates", c.half(), f.gates.download(), wantGates);
    sameSums("state", false, f.state.download(), wantState);
    sameSums("output", c.half(), gotOutput, wantOutput);
    if (c.optional) {
      sameSums("candidates", c.half(), f.candidates.download(), wantCandidates);
    }
  }
};

struct Backward {
  Array gates;
  Array candidates;
  Array initialState;
};

struct GruBackwardRun {
  const SmallCase& c;
  size_t perStep = (size_t)c.batch * c.units;
  std::vector<int> lengths = c.lengthsOfSequences();
  Items<int> deviceLengths{lengths};
  SmallWeights weights{c, 3};
  Array gates = Array::random(c.half(), c.steps * 3 * perStep, 1, c.shift);
  Array candidates = Array::random(c.half(), c.steps* perStep, 1, c.shift);
  Array outputGradient = Array::random(c.half(), c.steps* c.batch* c.stride(), 1, c.shift);
  Array output = Array::random(c.half(), c.steps* c.batch*(c.stride() + 3));
  Array initialState = maybe(c.optional, false, perStep);
  Array lastState = maybe(c.optional, false, perStep);

  Backward launched() {
    Backward f{Array::of(c.half(), gates.host(), c.shift), Array::of(c.half(), candidates.host(), c.shift),
               c.optional ? Array(false, perStep) : Array()};
    launchWithShared(std::string("sluice_gru_small_backward") + suffix(c.products), cdiv(c.batch, 8),
                     smallSharedBytes(c, 3, true),
                     GruSmallBackward{f.gates.data(), f.candidates.data(), weights.array.data(), outputGradient.data(),
                                      output.data(), initialState.floats(), lastState.floats(), f.initialState.floats(),
                                      c.lengths ? deviceLengths.data() : nullptr, c.stride(), c.stride() + 3, c.steps,
                                      c.batch, c.units, c.reverse});
    return f;
  }

  // h before step t.
  double before(int t, int b, int u) const {
    if (t == (c.reverse ? lengths[b] - 1 : 0)) {
      return at(initialState, b * c.units + u);
    }
    return output.host()[c.row(c.reverse ? t + 1 : t - 1, b) * (c.stride() + 3) + u];
  }

  void compare(const Backward& f) {
    const std::vector<double> got = f.gates.download();
    const std::vector<double> gotCandidates = f.candidates.download();
    std::vector<double> wantGates(got.size(), 0);
    std::vector<double> wantCandidates(gotCandidates.size(), 0);
    std::vector<double> wantState(perStep);
    for (int b = 0; b < c.batch; b++) {
      for (int u = 0; u < c.units; u++) {
        double dh = at(lastState, b * c.units + u);
        for (int s = c.steps - 1; s >= 0; s--) {
          const int t = c.time(s);
          if (t >= lengths[b]) {
            continue;
          }
          const size_t k = c.row(t, b) * 3 * c.units + u;
          const double r = gates.host()[k];
          const double z = gates.host()[k + c.units];
          const double n = gates.host()[k + 2 * c.units];
          const double q = candidates.host()[c.row(t, b) * c.units + u];
          dh += outputGradient.host()[c.row(t, b) * c.stride() + u];
          const double dn = dh * (1 - z) * (1 - n * n);
          wantGates[k] = dn * q * r * (1 - r);
          wantGates[k + c.units] = dh * (before(t, b, u) - n) * z * (1 - z);
          wantGates[k + 2 * c.units] = dn;
          wantCandidates[c.row(t, b) * c.units + u] = dn * r;
          dh *= z;
          for (int gate = 0; gate < 3; gate++) {
            std::vector<double> gradients(c.units);
            for (int j = 0; j < c.units; j++) {
              gradients[j] = c.operand(gate < 2 ? got[(c.row(t, b) * 3 + gate) * c.units + j]
                                                : gotCandidates[c.row(t, b) * c.units + j]);
            }
            dh += weights.backward(c, gate, u, gradients.data());
          }
        }
        wantState[b * c.units + u] = dh;
      }
    }
    sameSums("gradients of the gates", c.half(), got, wantGates);
    sameSums("gradients of the candidates", c.half(), gotCandidates, wantCandidates);
    if (c.optional) {
      sameSums("gradient of h0", false, f.initialState.download(), wantState);
    }
  }
};

}  // namespace

TEST(small_gru_forward) {
  forSmallCases([](const SmallCase& c) {
    if (fitsDevice(smallSharedBytes(c, 3, false))) {
      GruForwardRun run{c};
      run.compare(run.launched());
    }
  });
}

TEST(small_gru_backward) {
  forSmallCases([](const SmallCase& c) {
    if (fitsDevice(smallSharedBytes(c, 3, true))) {
      GruBackwardRun run{c};
      run.compare(run.launched());
    }
  });
}

TEST(small_gru_gives_the_same_bits_again) {
  for (const Products products : {Products::F32, Products::TF32, Products::BF16}) {
    const SmallCase c{products, 6, 17, 110, true, true, true, 0, 0};
    GruForwardRun forward{c};
    GruBackwardRun backward{c};
    if (fitsDevice(smallSharedBytes(c, 3, true))) {
      const Forward f = forward.launched();
      const Forward again = forward.launched();
      check(f.gates.download() == again.gates.download() && f.output.download() == again.output.download(), "forward");
      const Backward g = backward.launched();
      const Backward twice = backward.launched();
      check(g.gates.download() == twice.gates.download() && g.initialState.download() == twice.initialState.download(),
            "backward");
    }
  }
}

// They are reported elsewhere; here they must do no harm.
TEST(small_gru_takes_lengths_that_do_not_fit) {
  for (const bool reverse : {false, true}) {
    const SmallCase c{Products::BF16, 3, 5, 8, true, true, reverse, 0, 0};
    GruForwardRun forward{c};
    GruBackwardRun backward{c};
    forward.deviceLengths = backward.deviceLengths = Items<int>({4, 0, -7, 2000000000, 3});
    const std::vector<double> state = forward.launched().state.download();
    const std::vector<double> gradient = backward.launched().initialState.download();
    for (int u = 8; u < 24; u++) {
      check(state[u] == forward.initialState.host()[u], "sequences of no steps keep h0");
      check(gradient[u] == backward.lastState.host()[u], "and its gradient");
    }
  }
}
