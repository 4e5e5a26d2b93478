// GRU with the reset gate before the recurrent product (Cho et al. 2014): one step's gates, forward and backward.
//
// n needs the product of Rn with r * h, so a step has two GEMMs with a kernel after each: r, z and r * h first, then n
// and h; backward in the opposite order. r * h is saved for dRn; backward writes gradients over the gates as elsewhere.
//
// Gates r, z, n.   s = r * h   n = tanh(x_n + Rn s)   h' = (1 - z) * n + z * h
// Cost a unit and step: forward reads 4 T + 5 floats and writes 5 T + 1 float;
// backward reads 6 T + 3 floats and writes 3 T + 2 floats.
// Launch: cdiv(B * H / pack, 256) blocks of 256, each kernel.
#include "recurrent.cuh"

template <typename T>
__device__ inline void gruBeforeReset(const GruBeforeReset& a) {
  overUnits<T>(a.batch, a.units, a.pack, [&](auto width, int row, int unit) {
    constexpr int N = decltype(width)::value;
    const long long at = (long long)row * a.units + unit;
    T* resetState = static_cast<T*>(a.resetState) + at;
    if (hasEnded(a.lengths, row, a.step)) {
      store<N>(resetState, constant<N>(0));
      return;
    }
    const long long gateAt = (long long)row * 3 * a.units + unit;
    const long long recurrentAt = (long long)row * 2 * a.units + unit;
    Floats<N> r = preActivation<T, N>(a, gateAt, recurrentAt, unit);
    Floats<N> z = preActivation<T, N>(a, gateAt + a.units, recurrentAt + a.units, a.units + unit);
    Floats<N> s = load<N>(a.state + at);
    for (int k = 0; k < N; k++) {
      r.at[k] = sigmoid(r.at[k]);
      z.at[k] = sigmoid(z.at[k]);
      s.at[k] *= r.at[k];
    }
    T* gates = static_cast<T*>(a.gates) + gateAt;
    store<N>(gates, r);
    store<N>(gates + a.units, z);
    store<N>(resetState, s);
  });
}

template <typename T>
__device__ inline void gruBeforeOutput(const GruBeforeOutput& a) {
  overUnits<T>(a.batch, a.units, a.pack, [&](auto width, int row, int unit) {
    constexpr int N = decltype(width)::value;
    if (hasEnded(a.lengths, row, a.step)) {
      storeEnded<T, N>(a, row, unit);
      return;
    }
    const long long at = (long long)row * a.units + unit;
    const long long gateAt = (long long)row * 3 * a.units + unit;
    T* gates = static_cast<T*>(a.gates) + gateAt;
    const Floats<N> z = load<N>(gates + a.units);
    Floats<N> n = preActivation<T, N>(a, gateAt + 2LL * a.units, at, 2 * a.units + unit);
    Floats<N> h = load<N>(a.state + at);
    for (int k = 0; k < N; k++) {
      n.at[k] = tanhf(n.at[k]);
      h.at[k] = (1 - z.at[k]) * n.at[k] + z.at[k] * h.at[k];
    }
    store<N>(gates + 2LL * a.units, n);
    storeHidden<T, N>(a, row, unit, h);
  });
}

// dn = dh (1-z)(1-n^2)   dz = dh (h - n) z(1-z)   dh before = dh z, and through s and the products
template <typename T>
__device__ inline void gruBeforeOutputBackward(const GruBeforeOutputBackward& a) {
  overUnits<T>(a.batch, a.units, a.pack, [&](auto width, int row, int unit) {
    constexpr int N = decltype(width)::value;
    const long long gateAt = (long long)row * 3 * a.units + unit;
    if (hasEnded(a.lengths, row, a.step)) {
      storeZeros<T, N>(a.gates, gateAt, a.units, 3);
      return;
    }
    T* gates = static_cast<T*>(a.gates) + gateAt;
    Floats<N> z = load<N>(gates + a.units);
    Floats<N> n = load<N>(gates + 2LL * a.units);
    Floats<N> dh = hiddenGradient<T, N>(a, row, unit);
    const Floats<N> before = stateBefore<T, N>(a, row, unit);
    for (int k = 0; k < N; k++) {
      const float update = z.at[k];
      z.at[k] = dh.at[k] * (before.at[k] - n.at[k]) * update * (1 - update);
      n.at[k] = dh.at[k] * (1 - update) * (1 - n.at[k] * n.at[k]);
      dh.at[k] *= update;
    }
    store<N>(gates + a.units, z);
    store<N>(gates + 2LL * a.units, n);
    store<N>(a.stateGradient + (long long)row * a.units + unit, dh);
  });
}

// dr = ds h r(1-r)   dh before += ds r
template <typename T>
__device__ inline void gruBeforeResetBackward(const GruBeforeResetBackward& a) {
  overUnits<T>(a.batch, a.units, a.pack, [&](auto width, int row, int unit) {
    constexpr int N = decltype(width)::value;
    if (hasEnded(a.lengths, row, a.step)) {
      return;  // the gates are zero already
    }
    const long long at = (long long)row * a.units + unit;
    T* gates = static_cast<T*>(a.gates) + (long long)row * 3 * a.units + unit;
    Floats<N> r = load<N>(gates);
    Floats<N> dh = load<N>(a.stateGradient + at);
    const Floats<N> ds = load<N>(a.resetGradient + at);
    const Floats<N> before = stateBefore<T, N>(a, row, unit);
    for (int k = 0; k < N; k++) {
      dh.at[k] += ds.at[k] * r.at[k];
      r.at[k] = ds.at[k] * before.at[k] * r.at[k] * (1 - r.at[k]);
    }
    store<N>(gates, r);
    store<N>(a.stateGradient + at, dh);
  });
}

SLUICE_KERNEL(sluice_gru_before_reset_f32, GruBeforeReset, BLOCK) { gruBeforeReset<float>(a); }
SLUICE_KERNEL(sluice_gru_before_reset_bf16, GruBeforeReset, BLOCK) { gruBeforeReset<bf16>(a); }
SLUICE_KERNEL(sluice_gru_before_output_f32, GruBeforeOutput, BLOCK) { gruBeforeOutput<float>(a); }
SLUICE_KERNEL(sluice_gru_before_output_bf16, GruBeforeOutput, BLOCK) { gruBeforeOutput<bf16>(a); }
SLUICE_KERNEL(sluice_gru_before_output_backward_f32, GruBeforeOutputBackward, BLOCK) {
  gruBeforeOutputBackward<float>(a);
}
SLUICE_KERNEL(sluice_gru_before_output_backward_bf16, GruBeforeOutputBackward, BLOCK) {
  gruBeforeOutputBackward<bf16>(a);
}
SLUICE_KERNEL(sluice_gru_before_reset_backward_f32, GruBeforeResetBackward, BLOCK) { gruBeforeResetBackward<float>(a); }
SLUICE_KERNEL(sluice_gru_before_reset_backward_bf16, GruBeforeResetBackward, BLOCK) { gruBeforeResetBackward<bf16>(a); }
