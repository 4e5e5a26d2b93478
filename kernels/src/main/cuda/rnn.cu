// Elman network, tanh or relu: one step, forward and backward, and the gather of sequence ends that all cells use.
//
// h' = tanh(x + R h) or max(0, ·): its derivative follows from h', which is written over the pre-activation.
// Cost a unit and step: forward reads 1 T + 1 float and writes 2 T + 1 float;
// backward reads 2 T + 1 float and writes 1 T + 1 float.
// Launch: cdiv(B * H / pack, 256) blocks of 256; the gather a warp for each sequence.
#include "recurrent.cuh"

template <typename T>
__device__ inline void rnnForward(const RnnForward& a) {
  overUnits<T>(a.batch, a.units, a.pack, [&](auto width, int row, int unit) {
    constexpr int N = decltype(width)::value;
    const long long at = (long long)row * a.units + unit;
    T* gates = static_cast<T*>(a.gates) + at;
    if (hasEnded(a.lengths, row, a.step)) {
      store<N>(gates, constant<N>(0));
      storeEnded<T, N>(a, row, unit);
      return;
    }
    Floats<N> h = preActivation<T, N>(a, at, at, unit);
    for (int k = 0; k < N; k++) {
      h.at[k] = a.relu ? (h.at[k] < 0 ? 0 : h.at[k]) : tanhf(h.at[k]);
    }
    store<N>(gates, h);
    storeHidden<T, N>(a, row, unit, h);
  });
}

template <typename T>
__device__ inline void rnnBackward(const RnnBackward& a) {
  overUnits<T>(a.batch, a.units, a.pack, [&](auto width, int row, int unit) {
    constexpr int N = decltype(width)::value;
    const long long at = (long long)row * a.units + unit;
    T* gates = static_cast<T*>(a.gates) + at;
    if (hasEnded(a.lengths, row, a.step)) {
      store<N>(gates, constant<N>(0));
      return;
    }
    Floats<N> h = load<N>(gates);
    const Floats<N> dh = hiddenGradient<T, N>(a, row, unit);
    for (int k = 0; k < N; k++) {
      const float slope = a.relu ? (h.at[k] > 0 ? 1.0f : 0.0f) : 1 - h.at[k] * h.at[k];
      h.at[k] = dh.at[k] * slope;
    }
    store<N>(gates, h);
    store<N>(a.stateGradient + at, constant<N>(0));
  });
}

template <typename T>
__device__ inline void gatherLast(const GatherLast& a) {
  const int row = blockIdx.x * WARPS + threadIdx.x / WARP;
  if (row >= a.batch) {
    return;
  }
  const int last = min(max(a.lengths[row], 1), a.steps) - 1;  // inside x whatever the length, which is checked apart
  const long long from = ((long long)last * a.batch + row) * a.columns;
  const T* x = static_cast<const T*>(a.x) + from;
  T* out = static_cast<T*>(a.out) + (long long)row * a.columns;
  overRow<PACK<T>, WARP>(threadIdx.x % WARP, a.columns, packable(x, a.columns) && aligned16(out),
                         [&](auto width, int column) {
                           constexpr int N = decltype(width)::value;
                           store<N>(out + column, load<N>(x + column));
                         });
}

SLUICE_KERNEL(sluice_check_lengths, CheckLengths, BLOCK) {
  const int row = blockIdx.x * BLOCK + threadIdx.x;
  if (row < a.batch && (a.lengths[row] < 1 || a.lengths[row] > a.steps)) {
    noteFault(a.fault, a.steps, a.lengths[row]);
  }
}

SLUICE_KERNEL(sluice_rnn_forward_f32, RnnForward, BLOCK) { rnnForward<float>(a); }
SLUICE_KERNEL(sluice_rnn_forward_bf16, RnnForward, BLOCK) { rnnForward<bf16>(a); }
SLUICE_KERNEL(sluice_rnn_backward_f32, RnnBackward, BLOCK) { rnnBackward<float>(a); }
SLUICE_KERNEL(sluice_rnn_backward_bf16, RnnBackward, BLOCK) { rnnBackward<bf16>(a); }
SLUICE_KERNEL(sluice_gather_last_f32, GatherLast, BLOCK) { gatherLast<float>(a); }
SLUICE_KERNEL(sluice_gather_last_bf16, GatherLast, BLOCK) { gatherLast<bf16>(a); }
