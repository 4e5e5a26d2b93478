// The LSTM's step against its equations.
#include "recurrent.hpp"

TEST(lstm_forward) {
  forRecurrentCases([](const RecurrentCase& c) {
    const size_t n = (size_t)c.batch * c.units;
    const long long outputStride = c.units + 8;
    const std::vector<int> lengths = lengthsOf(c);
    const Items<int> deviceLengths(lengths);
    Array gates = Array::random(c.half, 4 * n, 3);
    const Array recurrent = maybe(c.optional, false, 4 * n, 3);
    const Array biasInput = maybe(c.optional, false, 4 * c.units);
    const Array biasHidden = maybe(c.optional, false, 4 * c.units);
    const Array before = maybe(c.optional, false, n);
    Array after(false, n);
    Array state = Array::random(false, n);
    Array hidden = maybe(c.optional, c.half, n);
    Array output = c.optional ? Array::random(c.half, c.batch * outputStride) : Array();
    launch(std::string("sluice_lstm_forward") + suffix(c.half), cdiv((long long)n / c.pack, 256),
           LstmForward{gates.data(), recurrent.floats(), biasInput.floats(), biasHidden.floats(), before.floats(),
                       after.floats(), state.floats(), hidden.data(), output.data(),
                       c.lengths ? deviceLengths.data() : nullptr, outputStride, c.batch, c.units, STEP, c.pack});
    std::vector<double> wantGates = gates.host();
    std::vector<double> wantAfter(n);
    std::vector<double> wantState = state.host();
    std::vector<double> wantHidden = hidden.host();
    std::vector<double> wantOutput = output.host();
    for (int b = 0; b < c.batch; b++) {
      for (int u = 0; u < c.units; u++) {
        const size_t k = (size_t)b * c.units + u;
        wantAfter[k] = at(before, k);
        if (c.optional) {
          wantOutput[b * outputStride + u] = 0;
        }
        if (endedAt(lengths, b)) {
          continue;
        }
        double a[4];
        for (int g = 0; g < 4; g++) {
          const size_t place = ((size_t)b * 4 + g) * c.units + u;
          const double x = gates.host()[place] + at(recurrent, place) + at(biasInput, g * c.units + u) +
                           at(biasHidden, g * c.units + u);
          a[g] = g == 2 ? std::tanh(x) : sigmoidOf(x);
          wantGates[place] = a[g];
        }
        wantAfter[k] = a[1] * at(before, k) + a[0] * a[2];
        wantState[k] = a[3] * std::tanh(wantAfter[k]);
        if (c.optional) {
          wantHidden[k] = wantState[k];
          wantOutput[b * outputStride + u] = wantState[k];
        }
      }
    }
    same("gates", c.half, gates, wantGates);
    same("cellAfter", false, after, wantAfter);
    same("state", false, state, wantState);
    if (c.optional) {
      same("hidden", c.half, hidden, wantHidden);
      same("output", c.half, output, wantOutput);
    }
  });
}

TEST(lstm_backward) {
  forRecurrentCases([](const RecurrentCase& c) {
    const size_t n = (size_t)c.batch * c.units;
    const long long stride = c.units + 8;
    const std::vector<int> lengths = lengthsOf(c);
    const Items<int> deviceLengths(lengths);
    Array gates = Array::random(c.half, 4 * n, 0.9);
    const Array outputGradient = c.optional ? Array::random(c.half, c.batch * stride) : Array();
    Array stateGradient = Array::random(false, n);
    Array cellGradient = Array::random(false, n);
    const Array before = maybe(c.optional, false, n);
    const Array after = Array::random(false, n);
    launch(std::string("sluice_lstm_backward") + suffix(c.half), cdiv((long long)n / c.pack, 256),
           LstmBackward{gates.data(), outputGradient.data(), stateGradient.floats(), cellGradient.floats(),
                        before.floats(), after.floats(), c.lengths ? deviceLengths.data() : nullptr, stride, c.batch,
                        c.units, STEP, c.pack});
    std::vector<double> wantGates(4 * n, 0);
    std::vector<double> wantState = stateGradient.host();
    std::vector<double> wantCell = cellGradient.host();
    for (int b = 0; b < c.batch; b++) {
      for (int u = 0; u < c.units && !endedAt(lengths, b); u++) {
        const size_t k = (size_t)b * c.units + u;
        auto place = [&](int g) { return ((size_t)b * 4 + g) * c.units + u; };
        const double i = gates.host()[place(0)], f = gates.host()[place(1)];
        const double g = gates.host()[place(2)], o = gates.host()[place(3)];
        const double dh = stateGradient.host()[k] + at(outputGradient, b * stride + u);
        const double squashed = std::tanh(after.host()[k]);
        const double dc = cellGradient.host()[k] + dh * o * (1 - squashed * squashed);
        wantGates[place(0)] = dc * g * i * (1 - i);
        wantGates[place(1)] = dc * at(before, k) * f * (1 - f);
        wantGates[place(2)] = dc * i * (1 - g * g);
        wantGates[place(3)] = dh * squashed * o * (1 - o);
        wantCell[k] = dc * f;
        wantState[k] = 0;
      }
    }
    same("gates", c.half, gates, wantGates);
    same("stateGradient", false, stateGradient, wantState);
    same("cellGradient", false, cellGradient, wantCell);
  });
}
