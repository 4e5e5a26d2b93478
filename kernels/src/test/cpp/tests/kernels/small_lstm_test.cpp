// The small persistent LSTM against its equations.
#include "small_recurrent.hpp"

namespace {

struct Forward {
  Array gates;
  Array cells;
  Array state;
  Array output;
};

// Device arrays of a case, the launch, and what must come out.
struct LstmForwardRun {
  const SmallCase& c;
  size_t perStep = (size_t)c.batch * c.units;
  std::vector<int> lengths = c.lengthsOfSequences();
  Items<int> deviceLengths{lengths};
  SmallWeights weights{c, 4};
  Array inputs = Array::random(c.half(), c.steps * 4 * perStep, 2, c.shift);
  Array biasInput = maybe(c.optional, false, 4 * c.units);
  Array biasHidden = maybe(c.optional, false, 4 * c.units);
  Array initialState = maybe(c.optional, false, perStep);
  Array initialCell = maybe(c.optional, false, perStep);

  Forward launched(bool keepCells = true) {
    Forward f{Array::of(c.half(), inputs.host(), c.shift), Array(false, keepCells ? c.steps * perStep : perStep),
              Array(false, perStep), Array::zeros(c.half(), c.steps * c.batch * c.stride(), c.shift)};
    launchWithShared(
        std::string("sluice_lstm_small_forward") + suffix(c.products), cdiv(c.batch, 8), smallSharedBytes(c, 4, false),
        LstmSmallForward{f.gates.data(), weights.array.data(), biasInput.floats(), biasHidden.floats(),
                         initialState.floats(), initialCell.floats(), f.cells.floats(), f.state.floats(),
                         f.output.data(), c.lengths ? deviceLengths.data() : nullptr,
                         keepCells ? (long long)perStep : 0, c.stride(), c.steps, c.batch, c.units, c.reverse});
    return f;
  }

  void compare(const Forward& f) {
    const std::vector<double> gotOutput = f.output.download();
    std::vector<double> wantGates = inputs.host();
    std::vector<double> wantCells(c.steps * perStep);
    std::vector<double> wantState(perStep);
    std::vector<double> wantOutput(gotOutput.size(), 0);
    for (int b = 0; b < c.batch; b++) {
      std::vector<double> h(c.units);
      std::vector<double> cell(c.units);
      for (int u = 0; u < c.units; u++) {
        wantState[b * c.units + u] = at(initialState, b * c.units + u);
        h[u] = c.operand(roundTo(c.half(), wantState[b * c.units + u]));
        cell[u] = at(initialCell, b * c.units + u);
      }
      for (int s = 0; s < c.steps; s++) {
        const int t = c.time(s);
        for (int u = 0; u < c.units && t < lengths[b]; u++) {
          double x[4];
          for (int gate = 0; gate < 4; gate++) {
            const size_t k = (c.row(t, b) * 4 + gate) * c.units + u;
            x[gate] = inputs.host()[k] + weights.forward(c, gate, u, h.data()) + at(biasInput, gate * c.units + u) +
                      at(biasHidden, gate * c.units + u);
            x[gate] = gate == 2 ? std::tanh(x[gate]) : sigmoidOf(x[gate]);
            wantGates[k] = x[gate];
          }
          cell[u] = x[1] * cell[u] + x[0] * x[2];
          wantState[b * c.units + u] = x[3] * std::tanh(cell[u]);
          wantOutput[c.row(t, b) * c.stride() + u] = wantState[b * c.units + u];
        }
        for (int u = 0; u < c.units; u++) {
          wantCells[c.row(t, b) * c.units + u] = cell[u];
          h[u] = t < lengths[b] ? c.operand(gotOutput[c.row(t, b) * c.stride() + u]) : h[u];
        }
      }
    }
    sameSums("gates", c.half(), f.gates.download(), wantGates);
    sameSums("cells", false, f.cells.download(), wantCells);
    sameSums("state", false, f.state.download(), wantState);
    sameSums("output", c.half(), gotOutput, wantOutput);
  }
};

struct Backward {
  Array gates;
  Array initialState;
  Array initialCell;
};

struct LstmBackwardRun {
  const SmallCase& c;
  size_t perStep = (size_t)c.batch * c.units;
  std::vector<int> lengths = c.lengthsOfSequences();
  Items<int> deviceLengths{lengths};
  SmallWeights weights{c, 4};
  Array gates = Array::random(c.half(), c.steps * 4 * perStep, 1, c.shift);
  Array cells = Array::random(false, c.steps* perStep);
  Array outputGradient = Array::random(c.half(), c.steps* c.batch* c.stride(), 1, c.shift);
  Array initialCell = maybe(c.optional, false, perStep);
  Array lastState = maybe(c.optional, false, perStep);
  Array lastCell = maybe(c.optional, false, perStep);

  Backward launched() {
    Backward f{Array::of(c.half(), gates.host(), c.shift), c.optional ? Array(false, perStep) : Array(),
               c.optional ? Array(false, perStep) : Array()};
    launchWithShared(
        std::string("sluice_lstm_small_backward") + suffix(c.products), cdiv(c.batch, 8), smallSharedBytes(c, 4, true),
        LstmSmallBackward{f.gates.data(), weights.array.data(), outputGradient.data(), cells.floats(),
                          initialCell.floats(), lastState.floats(), lastCell.floats(), f.initialState.floats(),
                          f.initialCell.floats(), c.lengths ? deviceLengths.data() : nullptr, c.stride(), c.steps,
                          c.batch, c.units, c.reverse});
    return f;
  }

  void compare(const Backward& f) {
    const std::vector<double> got = f.gates.download();
    std::vector<double> wantGates(got.size(), 0);
    std::vector<double> wantState(perStep);
    std::vector<double> wantCell(perStep);
    for (int b = 0; b < c.batch; b++) {
      for (int u = 0; u < c.units; u++) {
        double dh = at(lastState, b * c.units + u);
        double dc = at(lastCell, b * c.units + u);
        for (int s = c.steps - 1; s >= 0; s--) {
          const int t = c.time(s);
          if (t >= lengths[b]) {
            continue;
          }
          const size_t k = c.row(t, b) * 4 * c.units + u;
          double x[4];
          for (int gate = 0; gate < 4; gate++) {
            x[gate] = gates.host()[k + gate * c.units];
          }
          const size_t before = (c.reverse ? c.row(t + 1, b) : c.row(t, b) - c.batch) * c.units + u;
          const double cellBefore = t == c.first() ? at(initialCell, b * c.units + u) : cells.host()[before];
          const double squashed = std::tanh(cells.host()[c.row(t, b) * c.units + u]);
          dh += outputGradient.host()[c.row(t, b) * c.stride() + u];
          dc += dh * x[3] * (1 - squashed * squashed);
          wantGates[k] = dc * x[2] * x[0] * (1 - x[0]);
          wantGates[k + c.units] = dc * cellBefore * x[1] * (1 - x[1]);
          wantGates[k + 2 * c.units] = dc * x[0] * (1 - x[2] * x[2]);
          wantGates[k + 3 * c.units] = dh * squashed * x[3] * (1 - x[3]);
          dc *= x[1];
          dh = 0;
          for (int gate = 0; gate < 4; gate++) {
            std::vector<double> gradients(c.units);
            for (int j = 0; j < c.units; j++) {
              gradients[j] = c.operand(got[(c.row(t, b) * 4 + gate) * c.units + j]);
            }
            dh += weights.backward(c, gate, u, gradients.data());
          }
        }
        wantState[b * c.units + u] = dh;
        wantCell[b * c.units + u] = dc;
      }
    }
    sameSums("gradients of the gates", c.half(), got, wantGates);
    if (c.optional) {
      sameSums("gradient of h0", false, f.initialState.download(), wantState);
      sameSums("gradient of c0", false, f.initialCell.download(), wantCell);
    }
  }
};

}  // namespace

TEST(small_lstm_forward) {
  forSmallCases([](const SmallCase& c) {
    if (fitsDevice(smallSharedBytes(c, 4, false))) {
      LstmForwardRun run{c};
      run.compare(run.launched());
    }
  });
}

TEST(small_lstm_backward) {
  forSmallCases([](const SmallCase& c) {
    if (fitsDevice(smallSharedBytes(c, 4, true))) {
      LstmBackwardRun run{c};
      run.compare(run.launched());
    }
  });
}

TEST(small_lstm_needs_no_cell_of_every_step) {
  for (const Products products : {Products::F32, Products::TF32, Products::BF16}) {
    const SmallCase c{products, 4, 9, 33, true, true, false, 0, 0};
    LstmForwardRun run{c};
    const std::vector<double> all = run.launched().cells.download();
    check(run.launched(false).cells.download() == std::vector<double>(all.end() - 9 * 33, all.end()),
          "with stride 0 the cells of the last step stay");
  }
}

TEST(small_lstm_gives_the_same_bits_again) {
  for (const Products products : {Products::F32, Products::TF32, Products::BF16}) {
    const SmallCase c{products, 6, 17, 110, true, true, true, 0, 0};
    LstmForwardRun forward{c};
    LstmBackwardRun backward{c};
    if (fitsDevice(smallSharedBytes(c, 4, true))) {
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
TEST(small_lstm_takes_lengths_that_do_not_fit) {
  for (const bool reverse : {false, true}) {
    const SmallCase c{Products::BF16, 3, 5, 8, true, true, reverse, 0, 0};
    LstmForwardRun forward{c};
    LstmBackwardRun backward{c};
    forward.deviceLengths = backward.deviceLengths = Items<int>({4, 0, -7, 2000000000, 3});
    const std::vector<double> state = forward.launched().state.download();
    const std::vector<double> gradient = backward.launched().initialState.download();
    for (int u = 8; u < 24; u++) {
      check(state[u] == forward.initialState.host()[u], "sequences of no steps keep h0");
      check(gradient[u] == backward.lastState.host()[u], "and its gradient");
    }
  }
}
