// GRU with the reset gate after the recurrent product: one step's gates, forward and backward.
//
// As in lstm.cu a thread owns a unit. Because r multiplies the recurrent product of n alone, that product cannot be
// added to the input's: it stays in a buffer of one step, and q = Rn h + dn is saved beside the gates for backward.
//
// Gates r, z, n; the equations are in cells.cuh.
// Cost a unit and step: forward reads 3 T + 4 floats and writes 5 T + 1 float;
// backward reads 6 T + 1 float and writes 7 T + 1 float.
// Launch: cdiv(B * H / pack, 256) blocks of 256.
#include "cells.cuh"
#include "recurrent.cuh"

template <typename T>
__device__ inline void gruForward(const GruForward& a) {
  overUnits<T>(a.batch, a.units, a.pack, [&](auto width, int row, int unit) {
    constexpr int N = decltype(width)::value;
    const long long at = (long long)row * a.units + unit;
    if (hasEnded(a.lengths, row, a.step)) {
      storeIfPresent<N>(static_cast<T*>(a.candidate), at, constant<N>(0));
      storeEnded<T, N>(a, row, unit);
      return;
    }
    const long long gateAt = (long long)row * 3 * a.units + unit;
    Floats<N> r = preActivation<T, N>(a, gateAt, gateAt, unit);
    Floats<N> z = preActivation<T, N>(a, gateAt + a.units, gateAt + a.units, a.units + unit);
    T* gates = static_cast<T*>(a.gates) + gateAt;
    Floats<N> n = load<N>(gates + 2LL * a.units);
    addIfPresent<N>(n, a.biasInput, 2 * a.units + unit);
    Floats<N> q = loadOrZero<N>(a.recurrent, gateAt + 2LL * a.units);
    addIfPresent<N>(q, a.biasHidden, 2 * a.units + unit);
    Floats<N> h = load<N>(a.state + at);
    for (int k = 0; k < N; k++) {
      GruGates x = {r.at[k], z.at[k], n.at[k]};
      h.at[k] = gruUnit(x, q.at[k], h.at[k]);
      r.at[k] = x.r;
      z.at[k] = x.z;
      n.at[k] = x.n;
    }
    store<N>(gates, r);
    store<N>(gates + a.units, z);
    store<N>(gates + 2LL * a.units, n);
    storeIfPresent<N>(static_cast<T*>(a.candidate), at, q);
    storeHidden<T, N>(a, row, unit, h);
  });
}

template <typename T>
__device__ inline void gruBackward(const GruBackward& a) {
  overUnits<T>(a.batch, a.units, a.pack, [&](auto width, int row, int unit) {
    constexpr int N = decltype(width)::value;
    const long long at = (long long)row * a.units + unit;
    const long long gateAt = (long long)row * 3 * a.units + unit;
    T* candidate = static_cast<T*>(a.candidate) + at;
    if (hasEnded(a.lengths, row, a.step)) {
      storeZeros<T, N>(a.gates, gateAt, a.units, 3);
      storeZeros<T, N>(a.recurrentGradient, gateAt, a.units, 3);
      store<N>(candidate, constant<N>(0));
      return;
    }
    T* gates = static_cast<T*>(a.gates) + gateAt;
    Floats<N> r = load<N>(gates);
    Floats<N> z = load<N>(gates + a.units);
    Floats<N> n = load<N>(gates + 2LL * a.units);
    Floats<N> q = load<N>(candidate);
    Floats<N> dh = hiddenGradient<T, N>(a, row, unit);
    const Floats<N> before = stateBefore<T, N>(a, row, unit);
    for (int k = 0; k < N; k++) {
      GruGates x = {r.at[k], z.at[k], n.at[k]};
      dh.at[k] = gruUnitBackward(x, q.at[k], before.at[k], dh.at[k]);
      r.at[k] = x.r;
      z.at[k] = x.z;
      n.at[k] = x.n;
    }
    T* recurrent = static_cast<T*>(a.recurrentGradient) + gateAt;
    store<N>(gates, r);
    store<N>(gates + a.units, z);
    store<N>(gates + 2LL * a.units, n);
    store<N>(recurrent, r);
    store<N>(recurrent + a.units, z);
    store<N>(recurrent + 2LL * a.units, q);
    store<N>(candidate, q);
    store<N>(a.stateGradient + at, dh);
  });
}

SLUICE_KERNEL(sluice_gru_forward_f32, GruForward, BLOCK) { gruForward<float>(a); }
SLUICE_KERNEL(sluice_gru_forward_bf16, GruForward, BLOCK) { gruForward<bf16>(a); }
SLUICE_KERNEL(sluice_gru_backward_f32, GruBackward, BLOCK) { gruBackward<float>(a); }
SLUICE_KERNEL(sluice_gru_backward_bf16, GruBackward, BLOCK) { gruBackward<bf16>(a); }
