// GRU with the reset gate after the recurrent product: one step's gates, forward and backward.
//
// As in lstm.cu a thread owns a unit. Because r multiplies the recurrent product of n alone, that product cannot be
// added to the input's: it stays in a buffer of one step, and q = Rn h + dn is saved beside the gates for backward.
//
// Gates r, z, n.   n = tanh(x_n + r * q)   h' = (1 - z) * n + z * h
// Cost a unit and step: forward reads 3 T + 4 floats and writes 5 T + 1 float;
// backward reads 6 T + 1 float and writes 7 T + 1 float.
// Launch: cdiv(B * H / pack, 256) blocks of 256.
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
      r.at[k] = sigmoid(r.at[k]);
      z.at[k] = sigmoid(z.at[k]);
      n.at[k] = tanhf(n.at[k] + r.at[k] * q.at[k]);
      h.at[k] = (1 - z.at[k]) * n.at[k] + z.at[k] * h.at[k];
    }
    store<N>(gates, r);
    store<N>(gates + a.units, z);
    store<N>(gates + 2LL * a.units, n);
    storeIfPresent<N>(static_cast<T*>(a.candidate), at, q);
    storeHidden<T, N>(a, row, unit, h);
  });
}

// dn = dh (1-z)(1-n^2)   dz = dh (h - n) z(1-z)   dr = dn q r(1-r)   dq = dn r
// dh before = dh z, and through the products
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
      const float reset = r.at[k];
      const float update = z.at[k];
      const float dn = dh.at[k] * (1 - update) * (1 - n.at[k] * n.at[k]);
      z.at[k] = dh.at[k] * (before.at[k] - n.at[k]) * update * (1 - update);
      r.at[k] = dn * q.at[k] * reset * (1 - reset);
      q.at[k] = dn * reset;
      n.at[k] = dn;
      dh.at[k] *= update;
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
