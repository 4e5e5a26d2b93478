// LSTM: all steps of a direction in one launch over many blocks, forward and backward. How the blocks share the work
// and what it costs: persistent_grid.cuh. Equations, gate order and saved state: lstm.cu.
//
// A thread keeps c and h of its unit and sequence, backward the gradients of both, in fp32. What the next step waits
// for is handed over first; the rest of a step's results is written behind the flag.
// Launch: see grid_arguments.cuh.
#include "persistent_grid.cuh"

template <typename Units, int COLUMNS>
__device__ inline void lstmGridForward(const LstmGridForward& a) {
  using T = typename Units::Number;
  constexpr int G = 4;
  enum { CELL, HIDDEN, LENGTH };
  GridBlock<Units, G, COLUMNS, 1> block(a);
  block.loadWeights([&](int gate, int unit, int k) {
    return rowOfWeights<T>(a.weights, gate * a.units + unit, k, a.units);
  });
  block.clearPadding();
  const bool owns = block.owns();
  const int unit = block.unit();
  int published = 0;
  block.overRounds([&](int round, int row) {
    const bool exists = owns && row < a.batch;
    const long long at = (long long)row * a.units + unit;
    const float h = exists ? loadOrZero<1>(a.initialState, at).at[0] : 0;
    block.kept(CELL, round) = exists ? loadOrZero<1>(a.initialCell, at).at[0] : 0;
    block.kept(HIDDEN, round) = h;
    block.kept(LENGTH, round) = keptLength(a, row, exists);
    if (a.initialState) {
      block.handOver(1, round, {h});
      block.publish(1, round);
    }
  });
  published += a.initialState != nullptr;
  for (int s = 0; s < a.steps; s++, published++) {
    const int t = timeOf(a, s);
    const bool last = s + 1 == a.steps;
    block.overRounds([&](int round, int row) {
      const bool running = runs(block.kept(LENGTH, round), t);
      const long long step = (long long)t * a.batch + row;
      T* gates = static_cast<T*>(a.gates) + step * G * a.units + unit;
      float x[G] = {};
      for (int g = 0; g < G && running; g++) {
        const int at = g * a.units + unit;
        x[g] = widen(gates[(long long)g * a.units]) + biasAt(a.biasInput, at) + biasAt(a.biasHidden, at);
      }
      if (published > 0) {
        block.multiply(published, round);
        for (int g = 0; g < G && running; g++) {
          x[g] += block.sum(g);
        }
      }
      const float i = sigmoid(x[0]);
      const float f = sigmoid(x[1]);
      const float g = tanhf(x[2]);
      const float o = sigmoid(x[3]);
      float c = block.kept(CELL, round);
      float h = block.kept(HIDDEN, round);
      if (running) {
        c = f * c + i * g;
        h = o * tanhf(c);
        block.kept(CELL, round) = c;
        block.kept(HIDDEN, round) = h;
      }
      if (!last) {
        block.handOver(published + 1, round, {h});
      }
      block.publish(last ? 0 : published + 1, round);
      if (running) {
        narrow(i, gates[0]);
        narrow(f, gates[a.units]);
        narrow(g, gates[2LL * a.units]);
        narrow(o, gates[3LL * a.units]);
      }
      if (owns && row < a.batch) {
        a.cells[t * a.cellStride + (long long)row * a.units + unit] = c;
        narrow(running ? h : 0, static_cast<T*>(a.output)[step * a.outputStride + unit]);
      }
    });
  }
  block.overRounds([&](int round, int row) {
    if (owns && row < a.batch) {
      a.state[(long long)row * a.units + unit] = block.kept(HIDDEN, round);
    }
  });
}

// The gradient of h before a step is the product of R's columns with the gates' gradients, all of which the blocks hand
// to one another; what an ended sequence has is kept as it is, and its gates' gradients are zero.
template <typename Units, int COLUMNS>
__device__ inline void lstmGridBackward(const LstmGridBackward& a) {
  using T = typename Units::Number;
  constexpr int G = 4;
  enum { HIDDEN, CELL, LENGTH };
  GridBlock<Units, 1, COLUMNS, G> block(a);
  block.loadWeights([&](int, int unit, int k) { return columnOfWeights<T, G>(a.weights, unit, k, a.units); });
  block.clearPadding();
  const bool owns = block.owns();
  const int unit = block.unit();
  block.overRounds([&](int round, int row) {
    const bool exists = owns && row < a.batch;
    const long long at = (long long)row * a.units + unit;
    block.kept(HIDDEN, round) = exists ? a.stateGradient[at] : 0;
    block.kept(CELL, round) = exists ? a.cellGradient[at] : 0;
    block.kept(LENGTH, round) = keptLength(a, row, exists);
  });
  int published = 0;
  for (int s = a.steps - 1; s >= 0; s--, published++) {
    const int t = timeOf(a, s);
    const bool wanted = s > 0 || a.initialWanted;
    block.overRounds([&](int round, int row) {
      const bool running = runs(block.kept(LENGTH, round), t);
      const long long step = (long long)t * a.batch + row;
      const long long at = (long long)row * a.units + unit;
      const long long perStep = (long long)a.batch * a.units;
      T* gates = static_cast<T*>(a.gates) + step * G * a.units + unit;
      float i = 0, f = 0, g = 0, o = 0, before = 0, after = 0, dh = 0;
      if (running) {
        i = widen(gates[0]);
        f = widen(gates[a.units]);
        g = widen(gates[2LL * a.units]);
        o = widen(gates[3LL * a.units]);
        after = a.cells[t * perStep + at];
        before = s > 0 ? a.cells[timeOf(a, s - 1) * perStep + at] : loadOrZero<1>(a.initialCell, at).at[0];
        dh = loadOrZero<1>(static_cast<const T*>(a.outputGradient), step * a.outputGradientStride + unit).at[0];
      }
      const float squashed = tanhf(after);
      if (published > 0) {
        block.multiply(published, round);
        block.kept(HIDDEN, round) += owns ? block.sum(0) : 0;
      }
      float di = 0, df = 0, dg = 0, do_ = 0;
      if (running) {
        dh += block.kept(HIDDEN, round);
        const float dc = block.kept(CELL, round) + dh * o * (1 - squashed * squashed);
        di = dc * g * i * (1 - i);
        df = dc * before * f * (1 - f);
        dg = dc * i * (1 - g * g);
        do_ = dh * squashed * o * (1 - o);
        block.kept(CELL, round) = dc * f;
        block.kept(HIDDEN, round) = 0;
      }
      if (wanted) {
        block.handOver(published + 1, round, {di, df, dg, do_});
      }
      block.publish(wanted ? published + 1 : 0, round);
      if (owns && row < a.batch) {
        narrow(di, gates[0]);
        narrow(df, gates[a.units]);
        narrow(dg, gates[2LL * a.units]);
        narrow(do_, gates[3LL * a.units]);
      }
    });
  }
  block.overRounds([&](int round, int row) {
    if (a.initialWanted) {
      block.multiply(published, round);
    }
    if (owns && row < a.batch) {
      const long long at = (long long)row * a.units + unit;
      a.cellGradient[at] = block.kept(CELL, round);
      if (a.initialWanted) {
        a.stateGradient[at] = block.kept(HIDDEN, round) + block.sum(0);
      }
    }
    block.publish(0, round);
  });
}

SLUICE_PERSISTENT_KERNEL(sluice_lstm_grid_forward_tf32_n8, LstmGridForward, BLOCK) {
  lstmGridForward<Tf32Units, 1>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_lstm_grid_forward_tf32_n16, LstmGridForward, BLOCK) {
  lstmGridForward<Tf32Units, 2>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_lstm_grid_forward_bf16_n8, LstmGridForward, BLOCK) {
  lstmGridForward<Bf16Units, 1>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_lstm_grid_forward_bf16_n16, LstmGridForward, BLOCK) {
  lstmGridForward<Bf16Units, 2>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_lstm_grid_backward_tf32_n8, LstmGridBackward, BLOCK) {
  lstmGridBackward<Tf32Units, 1>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_lstm_grid_backward_tf32_n16, LstmGridBackward, BLOCK) {
  lstmGridBackward<Tf32Units, 2>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_lstm_grid_backward_bf16_n8, LstmGridBackward, BLOCK) {
  lstmGridBackward<Bf16Units, 1>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_lstm_grid_backward_bf16_n16, LstmGridBackward, BLOCK) {
  lstmGridBackward<Bf16Units, 2>(a);
}
