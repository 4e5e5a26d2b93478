// GRU with the reset gate after the recurrent product: all steps of a direction in one launch over many blocks, forward
// and backward. How the blocks share the work and what it costs: persistent_grid.cuh. Equations, gate order and saved
// state: gru.cu.
//
// A thread keeps h of its unit and sequence, backward its gradient, in fp32.
// Launch: see grid_arguments.cuh.
#include "persistent_grid.cuh"

template <typename Units, int COLUMNS>
__device__ inline void gruGridForward(const GruGridForward& a) {
  using T = typename Units::Number;
  constexpr int G = 3;
  enum { HIDDEN, LENGTH };
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
    const float h = exists ? loadOrZero<1>(a.initialState, (long long)row * a.units + unit).at[0] : 0;
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
      float product[G] = {};  // Rh + d
      for (int g = 0; g < G && running; g++) {
        x[g] = widen(gates[(long long)g * a.units]) + biasAt(a.biasInput, g * a.units + unit);
        product[g] = biasAt(a.biasHidden, g * a.units + unit);
      }
      if (published > 0) {
        block.multiply(published, round);
        for (int g = 0; g < G && running; g++) {
          product[g] += block.sum(g);
        }
      }
      float h = block.kept(HIDDEN, round);
      const float r = sigmoid(x[0] + product[0]);
      const float z = sigmoid(x[1] + product[1]);
      const float q = product[2];
      const float n = tanhf(x[2] + r * q);
      if (running) {
        h = (1 - z) * n + z * h;
        block.kept(HIDDEN, round) = h;
      }
      if (!last) {
        block.handOver(published + 1, round, {h});
      }
      block.publish(last ? 0 : published + 1, round);
      if (running) {
        narrow(r, gates[0]);
        narrow(z, gates[a.units]);
        narrow(n, gates[2LL * a.units]);
      }
      if (owns && row < a.batch) {
        if (a.candidates) {
          narrow(running ? q : 0, static_cast<T*>(a.candidates)[step * a.units + unit]);
        }
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

// As the LSTM's; the gradients that reach R are dr, dz and dn * r, and h's own share z * dh stays with its thread.
template <typename Units, int COLUMNS>
__device__ inline void gruGridBackward(const GruGridBackward& a) {
  using T = typename Units::Number;
  constexpr int G = 3;
  enum { HIDDEN, LENGTH };
  GridBlock<Units, 1, COLUMNS, G> block(a);
  block.loadWeights([&](int, int unit, int k) { return columnOfWeights<T, G>(a.weights, unit, k, a.units); });
  block.clearPadding();
  const bool owns = block.owns();
  const int unit = block.unit();
  block.overRounds([&](int round, int row) {
    const bool exists = owns && row < a.batch;
    block.kept(HIDDEN, round) = exists ? a.stateGradient[(long long)row * a.units + unit] : 0;
    block.kept(LENGTH, round) = keptLength(a, row, exists);
  });
  int published = 0;
  for (int s = a.steps - 1; s >= 0; s--, published++) {
    const int t = timeOf(a, s);
    const bool wanted = s > 0 || a.initialWanted;
    block.overRounds([&](int round, int row) {
      const bool running = runs(block.kept(LENGTH, round), t);
      const long long step = (long long)t * a.batch + row;
      T* gates = static_cast<T*>(a.gates) + step * G * a.units + unit;
      T* candidate = static_cast<T*>(a.candidates) + step * a.units + unit;
      float r = 0, z = 0, n = 0, q = 0, before = 0, dh = 0;
      if (running) {
        r = widen(gates[0]);
        z = widen(gates[a.units]);
        n = widen(gates[2LL * a.units]);
        q = widen(*candidate);
        // Reversed, an ended sequence begins at its own last step.
        const bool first = s == 0 || (a.reverse && !runs(block.kept(LENGTH, round), t + 1));
        const long long previous = (long long)timeOf(a, s - 1) * a.batch + row;
        before = first ? loadOrZero<1>(a.initialState, (long long)row * a.units + unit).at[0]
                       : widen(static_cast<const T*>(a.output)[previous * a.outputStride + unit]);
        dh = loadOrZero<1>(static_cast<const T*>(a.outputGradient), step * a.outputGradientStride + unit).at[0];
      }
      if (published > 0) {
        block.multiply(published, round);
        block.kept(HIDDEN, round) += owns ? block.sum(0) : 0;
      }
      float dr = 0, dz = 0, dn = 0, dq = 0;
      if (running) {
        dh += block.kept(HIDDEN, round);
        dn = dh * (1 - z) * (1 - n * n);
        dz = dh * (before - n) * z * (1 - z);
        dr = dn * q * r * (1 - r);
        dq = dn * r;
        block.kept(HIDDEN, round) = dh * z;
      }
      if (wanted) {
        block.handOver(published + 1, round, {dr, dz, dq});
      }
      block.publish(wanted ? published + 1 : 0, round);
      if (owns && row < a.batch) {
        narrow(dr, gates[0]);
        narrow(dz, gates[a.units]);
        narrow(dn, gates[2LL * a.units]);
        narrow(dq, *candidate);
      }
    });
  }
  if (a.initialWanted) {
    block.overRounds([&](int round, int row) {
      block.multiply(published, round);
      if (owns && row < a.batch) {
        a.stateGradient[(long long)row * a.units + unit] = block.kept(HIDDEN, round) + block.sum(0);
      }
      block.publish(0, round);
    });
  }
}

SLUICE_PERSISTENT_KERNEL(sluice_gru_grid_forward_tf32_n8, GruGridForward, BLOCK) {
  gruGridForward<Tf32Units, 1>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_gru_grid_forward_tf32_n16, GruGridForward, BLOCK) {
  gruGridForward<Tf32Units, 2>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_gru_grid_forward_bf16_n8, GruGridForward, BLOCK) {
  gruGridForward<Bf16Units, 1>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_gru_grid_forward_bf16_n16, GruGridForward, BLOCK) {
  gruGridForward<Bf16Units, 2>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_gru_grid_backward_tf32_n8, GruGridBackward, BLOCK) {
  gruGridBackward<Tf32Units, 1>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_gru_grid_backward_tf32_n16, GruGridBackward, BLOCK) {
  gruGridBackward<Tf32Units, 2>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_gru_grid_backward_bf16_n8, GruGridBackward, BLOCK) {
  gruGridBackward<Bf16Units, 1>(a);
}
SLUICE_PERSISTENT_KERNEL(sluice_gru_grid_backward_bf16_n16, GruGridBackward, BLOCK) {
  gruGridBackward<Bf16Units, 2>(a);
}
