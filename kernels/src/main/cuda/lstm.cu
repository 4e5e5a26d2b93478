// LSTM: one step's gates, forward and backward.
//
// One thread owns one hidden unit of one sequence (or one pack of neighbours): it reads that unit's four
// pre-activations, updates c and h, and writes the activated gates over the pre-activations, where backward finds them
// and in turn leaves their gradients. Beside the gates only c is saved, in fp32 whatever T is; tanh(c) is computed
// again.
//
// Gates i, f, g, o; the equations are in cells.cuh.
// Cost a unit and step: forward reads 4 T + 1 float (4 floats more with `recurrent`; biases stay in cache) and writes
// 5 T + 2 floats; backward reads 5 T + 4 floats and writes 4 T + 2 floats. At B = 64, H = 1,024 in fp32 that is 3 to
// 4 MB: under 1 us from L2. The launch costs more, which is why a step's launches belong in a graph.
// Launch: cdiv(B * H / pack, 256) blocks of 256; all 132 SMs of an H200 have two blocks from B * H = 67,584 on (pack
// 1).
#include "cells.cuh"
#include "recurrent.cuh"

template <typename T>
__device__ inline void lstmForward(const LstmForward& a) {
  overUnits<T>(a.batch, a.units, a.pack, [&](auto width, int row, int unit) {
    constexpr int N = decltype(width)::value;
    const long long at = (long long)row * a.units + unit;
    const Floats<N> before = loadOrZero<N>(a.cellBefore, at);
    if (hasEnded(a.lengths, row, a.step)) {
      store<N>(a.cellAfter + at, before);
      storeEnded<T, N>(a, row, unit);
      return;
    }
    const long long gateAt = (long long)row * 4 * a.units + unit;
    Floats<N> i = preActivation<T, N>(a, gateAt, gateAt, unit);
    Floats<N> f = preActivation<T, N>(a, gateAt + a.units, gateAt + a.units, a.units + unit);
    Floats<N> g = preActivation<T, N>(a, gateAt + 2LL * a.units, gateAt + 2LL * a.units, 2 * a.units + unit);
    Floats<N> o = preActivation<T, N>(a, gateAt + 3LL * a.units, gateAt + 3LL * a.units, 3 * a.units + unit);
    Floats<N> c;
    Floats<N> h;
    for (int k = 0; k < N; k++) {
      LstmGates x = {i.at[k], f.at[k], g.at[k], o.at[k]};
      c.at[k] = before.at[k];
      h.at[k] = lstmUnit(x, c.at[k]);
      i.at[k] = x.i;
      f.at[k] = x.f;
      g.at[k] = x.g;
      o.at[k] = x.o;
    }
    T* gates = static_cast<T*>(a.gates) + gateAt;
    store<N>(gates, i);
    store<N>(gates + a.units, f);
    store<N>(gates + 2LL * a.units, g);
    store<N>(gates + 3LL * a.units, o);
    store<N>(a.cellAfter + at, c);
    storeHidden<T, N>(a, row, unit, h);
  });
}

template <typename T>
__device__ inline void lstmBackward(const LstmBackward& a) {
  overUnits<T>(a.batch, a.units, a.pack, [&](auto width, int row, int unit) {
    constexpr int N = decltype(width)::value;
    const long long at = (long long)row * a.units + unit;
    const long long gateAt = (long long)row * 4 * a.units + unit;
    if (hasEnded(a.lengths, row, a.step)) {
      storeZeros<T, N>(a.gates, gateAt, a.units, 4);
      return;
    }
    T* gates = static_cast<T*>(a.gates) + gateAt;
    Floats<N> i = load<N>(gates);
    Floats<N> f = load<N>(gates + a.units);
    Floats<N> g = load<N>(gates + 2LL * a.units);
    Floats<N> o = load<N>(gates + 3LL * a.units);
    const Floats<N> dh = hiddenGradient<T, N>(a, row, unit);
    const Floats<N> before = loadOrZero<N>(a.cellBefore, at);
    const Floats<N> after = load<N>(a.cellAfter + at);
    Floats<N> dc = load<N>(a.cellGradient + at);
    for (int k = 0; k < N; k++) {
      LstmGates x = {i.at[k], f.at[k], g.at[k], o.at[k]};
      lstmUnitBackward(x, before.at[k], after.at[k], dh.at[k], dc.at[k]);
      i.at[k] = x.i;
      f.at[k] = x.f;
      g.at[k] = x.g;
      o.at[k] = x.o;
    }
    store<N>(gates, i);
    store<N>(gates + a.units, f);
    store<N>(gates + 2LL * a.units, g);
    store<N>(gates + 3LL * a.units, o);
    store<N>(a.cellGradient + at, dc);
    store<N>(a.stateGradient + at, constant<N>(0));
  });
}

SLUICE_KERNEL(sluice_lstm_forward_f32, LstmForward, BLOCK) { lstmForward<float>(a); }
SLUICE_KERNEL(sluice_lstm_forward_bf16, LstmForward, BLOCK) { lstmForward<bf16>(a); }
SLUICE_KERNEL(sluice_lstm_backward_f32, LstmBackward, BLOCK) { lstmBackward<float>(a); }
SLUICE_KERNEL(sluice_lstm_backward_bf16, LstmBackward, BLOCK) { lstmBackward<bf16>(a); }
