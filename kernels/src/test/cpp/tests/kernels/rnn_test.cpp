// The Elman network's step, and the gather of the last steps.
#include "recurrent.hpp"

TEST(rnn_forward_and_backward) {
  for (const int relu : {0, 1}) {
    forRecurrentCases([relu](const RecurrentCase& c) {
      const size_t n = (size_t)c.batch * c.units;
      const long long stride = c.units + 8;
      const std::vector<int> lengths = lengthsOf(c);
      const Items<int> deviceLengths(lengths);
      const int* lengthsPointer = c.lengths ? deviceLengths.data() : nullptr;
      const long long blocks = cdiv((long long)n / c.pack, 256);
      Array gates = Array::random(c.half, n, 3);
      const Array recurrent = maybe(c.optional, false, n, 3);
      const Array biasInput = maybe(c.optional, false, c.units);
      const Array biasHidden = maybe(c.optional, false, c.units);
      Array state = Array::random(false, n);
      Array hidden = maybe(c.optional, c.half, n);
      Array output = c.optional ? Array::random(c.half, c.batch * stride) : Array();
      launch(std::string("sluice_rnn_forward") + suffix(c.half), blocks,
             RnnForward{gates.data(), recurrent.floats(), biasInput.floats(), biasHidden.floats(), state.floats(),
                        hidden.data(), output.data(), lengthsPointer, stride, c.batch, c.units, STEP, c.pack, relu});
      std::vector<double> wantGates(n, 0);
      std::vector<double> wantState = state.host();
      std::vector<double> wantHidden = hidden.host();
      std::vector<double> wantOutput = output.host();
      for (int b = 0; b < c.batch; b++) {
        for (int u = 0; u < c.units; u++) {
          const size_t k = (size_t)b * c.units + u;
          const double x = gates.host()[k] + at(recurrent, k) + at(biasInput, u) + at(biasHidden, u);
          const double h = relu ? std::max(0.0, x) : std::tanh(x);
          if (!endedAt(lengths, b)) {
            wantGates[k] = wantState[k] = h;
            if (c.optional) {
              wantHidden[k] = h;
            }
          }
          if (c.optional) {
            wantOutput[b * stride + u] = endedAt(lengths, b) ? 0 : h;
          }
        }
      }
      same("gates", c.half, gates, wantGates);
      same("state", false, state, wantState);
      if (c.optional) {
        same("hidden", c.half, hidden, wantHidden);
        same("output", c.half, output, wantOutput);
      }
      const std::vector<double> h = gates.download();
      const Array outputGradient = c.optional ? Array::random(c.half, c.batch * stride) : Array();
      Array stateGradient = Array::random(false, n);
      launch(std::string("sluice_rnn_backward") + suffix(c.half), blocks,
             RnnBackward{gates.data(), outputGradient.data(), stateGradient.floats(), lengthsPointer, stride, c.batch,
                         c.units, STEP, c.pack, relu});
      std::vector<double> wantGradient(n, 0);
      std::vector<double> wantStateGradient = stateGradient.host();
      for (int b = 0; b < c.batch; b++) {
        for (int u = 0; u < c.units && !endedAt(lengths, b); u++) {
          const size_t k = (size_t)b * c.units + u;
          const double dh = stateGradient.host()[k] + at(outputGradient, b * stride + u);
          wantGradient[k] = dh * (relu ? (h[k] > 0 ? 1 : 0) : 1 - h[k] * h[k]);
          wantStateGradient[k] = 0;
        }
      }
      same("gradient", c.half, gates, wantGradient);
      same("stateGradient", false, stateGradient, wantStateGradient);
    });
  }
}

TEST(lengths_that_do_not_fit_are_noted) {
  struct Case {
    std::vector<int> lengths;
    unsigned long long want;
  };
  constexpr unsigned long long STEPS = 4;
  for (const Case& each : {Case{{1, 4, 3}, 0}, Case{{1, 5, 3}, STEPS << 32 | 5}, Case{{7, 6, 4}, STEPS << 32 | 7},
                           Case{{0, 4}, STEPS << 32}, Case{{2, -3}, STEPS << 32 | (unsigned)-3}}) {
    const Items<int> lengths(each.lengths);
    const Items<unsigned long long> fault(std::vector<unsigned long long>{0});
    const int batch = (int)each.lengths.size();
    launch("sluice_check_lengths", cdiv(batch, 256), CheckLengths{lengths.data(), fault.data(), batch, STEPS});
    check(fault.download()[0] == each.want, "the fault tells the length and the steps");
    // And the gather stays inside, which the guards around x would tell.
    const Array x = Array::random(false, STEPS * batch * 3);
    Array out(false, (size_t)batch * 3);
    launch("sluice_gather_last_f32", cdiv(batch, 8),
           GatherLast{x.data(), out.data(), lengths.data(), batch, 3, STEPS});
    out.download();
  }
}

TEST(gather_last) {
  for (const bool half : {false, true}) {
    for (const int batch : {1, 7, 19}) {
      for (const int columns : {1, 8, 31, 264}) {
        inCase("%s B=%d F=%d", half ? "bf16" : "f32", batch, columns);
        constexpr int STEPS = 4;
        const Array x = Array::random(half, (size_t)STEPS * batch * columns);
        Array out(half, (size_t)batch * columns);
        std::vector<int> lengths(batch);
        std::vector<double> want;
        for (int b = 0; b < batch; b++) {
          lengths[b] = 1 + b % STEPS;
          const auto row = x.host().begin() + ((size_t)(lengths[b] - 1) * batch + b) * columns;
          want.insert(want.end(), row, row + columns);
        }
        const Items<int> deviceLengths(lengths);
        launch(std::string("sluice_gather_last") + suffix(half), cdiv(batch, 8),
               GatherLast{x.data(), out.data(), deviceLengths.data(), batch, columns, STEPS});
        close("out", out.download(), want, 0, 0);
      }
    }
  }
}
