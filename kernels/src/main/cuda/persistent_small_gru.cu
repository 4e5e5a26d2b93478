// GRU (reset gate after the recurrent product) up to 128 units: all steps of one direction in one launch, forward and
// backward. How, and at what cost, says persistent_small.cuh.
#include "persistent_small.cuh"

template <typename T>
struct GruInputs {
  Pair<T> gates[3][2];  // [gate, sequence]: pre-activations without the recurrent product
};

template <typename T>
__device__ inline GruInputs<T> gruInputs(const GruSmallForward& a, const OwnedCells& cells, int t, bool paired) {
  GruInputs<T> x;
  SLUICE_UNROLL
  for (int b = 0; b < 2; b++) {
    const long long row = (long long)t * a.batch + cells.row + b;
    SLUICE_UNROLL
    for (int gate = 0; gate < 3; gate++) {
      x.gates[gate][b] =
          loadPair(static_cast<const T*>(a.gates), (row * 3 + gate) * a.units + cells.unit, cells.present[b], paired);
    }
  }
  return x;
}

struct GruForwardPairs {
  bool gates;
  bool output;
  bool candidates;
};

template <typename Units>
__device__ inline void gruSmallForward(const GruSmallForward& a) {
  using T = typename Units::Number;
  SLUICE_DYNAMIC_SHARED(shared);
  const OwnedCells cells = ownedCells(a);
  const int chunks = (a.units + Units::CHUNK - 1) / Units::CHUNK;
  const Activations state(shared, chunks);
  const TileWeights<Units, 3> r(shared + 2 * state.bytes() / 16, a.weights, a.units, cells.warpWorks ? chunks : 0,
                                false);
  state.clear();

  const bool even = a.units % 2 == 0;
  const GruForwardPairs paired = {even && pairs(static_cast<const T*>(a.gates), a.units),
                                  even && pairs(static_cast<const T*>(a.output), a.outputStride),
                                  even && pairs(static_cast<const T*>(a.candidates), a.units)};
  float bias[4][2];  // [r, z, n's input side, n's hidden side; unit]
  const int units = max(0, min(2, a.units - cells.unit));
  SLUICE_UNROLL
  for (int gate = 0; gate < 3; gate++) {
    const Pair<float> input = loadPair(a.biasInput, gate * a.units + cells.unit, units, false);
    const Pair<float> hidden = loadPair(a.biasHidden, gate * a.units + cells.unit, units, false);
    SLUICE_UNROLL
    for (int k = 0; k < 2; k++) {
      bias[gate][k] = input.at(k);
      bias[gate < 2 ? gate : 3][k] = gate < 2 ? input.at(k) + hidden.at(k) : hidden.at(k);
    }
  }
  float h[4];
  loadCells(h, a.initialState, cells, a.units);
  __syncthreads();  // the buffers are clear
  if (cells.warpWorks) {
    storeActivations(Units{}, state, 0, cells.unit, h);
  }
  GruInputs<T> x = gruInputs<T>(a, cells, a.reverse ? a.steps - 1 : 0, paired.gates);
  __syncthreads();  // h0 is whole

  for (int s = 0; s < a.steps; s++) {
    const int t = a.reverse ? a.steps - 1 - s : s;
    if (cells.warpWorks) {
      float sum[3][4];
      multiply(sum, r, state, s % 2, 0);
      SLUICE_UNROLL
      for (int b = 0; b < 2; b++) {
        const bool ended = t >= cells.length[b];
        GruGates gates[2];
        float candidate[2] = {0, 0};
        float output[2] = {0, 0};
        SLUICE_UNROLL
        for (int k = 0; k < 2; k++) {
          const int cell = 2 * k + b;
          gates[k] = {x.gates[0][b].at(k) + sum[0][cell] + bias[0][k], x.gates[1][b].at(k) + sum[1][cell] + bias[1][k],
                      x.gates[2][b].at(k) + bias[2][k]};
          const float q = sum[2][cell] + bias[3][k];
          const float after = gruUnit(gates[k], q, h[cell]);
          if (!ended) {
            h[cell] = after;
            output[k] = after;
            candidate[k] = q;
          }
        }
        const long long row = (long long)t * a.batch + cells.row + b;
        const int running = ended ? 0 : cells.present[b];
        T* to = static_cast<T*>(a.gates);
        const long long at = row * 3 * a.units + cells.unit;
        storePair(to, at, running, paired.gates, gates[0].r, gates[1].r);
        storePair(to, at + a.units, running, paired.gates, gates[0].z, gates[1].z);
        storePair(to, at + 2 * a.units, running, paired.gates, gates[0].n, gates[1].n);
        storePair(static_cast<T*>(a.candidates), row * a.units + cells.unit, cells.present[b], paired.candidates,
                  candidate[0], candidate[1]);
        storePair(static_cast<T*>(a.output), row * a.outputStride + cells.unit, cells.present[b], paired.output,
                  output[0], output[1]);
      }
      storeActivations(Units{}, state, (s + 1) % 2, cells.unit, h);
      if (s + 1 < a.steps) {
        x = gruInputs<T>(a, cells, a.reverse ? t - 1 : t + 1, paired.gates);
      }
    }
    __syncthreads();  // h is whole
  }
  storeCells(a.state, h, cells, a.units);
}

template <typename T>
struct GruSaved {
  Pair<T> gates[3][2];  // [gate, sequence]
  Pair<T> candidate[2];
  Pair<T> outputGradient[2];
  float before[4];  // h before the step
};

struct GruBackwardPairs {
  bool gates;
  bool candidates;
  bool outputGradient;
  bool output;
};

template <typename T>
__device__ inline GruSaved<T> gruSaved(const GruSmallBackward& a, const OwnedCells& cells, int t,
                                       const GruBackwardPairs& paired) {
  GruSaved<T> x;
  SLUICE_UNROLL
  for (int b = 0; b < 2; b++) {
    const long long row = (long long)t * a.batch + cells.row + b;
    SLUICE_UNROLL
    for (int gate = 0; gate < 3; gate++) {
      x.gates[gate][b] = loadPair(static_cast<const T*>(a.gates), (row * 3 + gate) * a.units + cells.unit,
                                  cells.present[b], paired.gates);
    }
    x.candidate[b] =
        loadPair(static_cast<const T*>(a.candidates), row * a.units + cells.unit, cells.present[b], paired.candidates);
    x.outputGradient[b] = loadPair(static_cast<const T*>(a.outputGradient), row * a.outputGradientStride + cells.unit,
                                   cells.present[b], paired.outputGradient);
    // At a sequence's first step in this direction h is h0, else what forward put out in the step before.
    if (t == (a.reverse ? cells.length[b] - 1 : 0)) {
      const Pair<float> h =
          loadPair(a.initialState, (long long)(cells.row + b) * a.units + cells.unit, cells.present[b], false);
      x.before[b] = h.at(0);
      x.before[2 + b] = h.at(1);
    } else {
      const bool running = t < cells.length[b];
      const Pair<T> h = loadPair(static_cast<const T*>(a.output),
                                 (row + (a.reverse ? a.batch : -a.batch)) * a.outputStride + cells.unit,
                                 running ? cells.present[b] : 0, paired.output);
      x.before[b] = h.at(0);
      x.before[2 + b] = h.at(1);
    }
  }
  return x;
}

template <typename Units>
__device__ inline void gruSmallBackward(const GruSmallBackward& a) {
  using T = typename Units::Number;
  SLUICE_DYNAMIC_SHARED(shared);
  const OwnedCells cells = ownedCells(a);
  const int chunks = (a.units + Units::CHUNK - 1) / Units::CHUNK;
  const Activations gradients(shared, 3 * chunks);  // [sequence, gate, unit], of R h + d
  const TileWeights<Units, 3> r(shared + 2 * gradients.bytes() / 16, a.weights, a.units, cells.warpWorks ? chunks : 0,
                                true);
  gradients.clear();

  const bool even = a.units % 2 == 0;
  const GruBackwardPairs paired = {even && pairs(static_cast<const T*>(a.gates), a.units),
                                   even && pairs(static_cast<const T*>(a.candidates), a.units),
                                   even && pairs(static_cast<const T*>(a.outputGradient), a.outputGradientStride),
                                   even && pairs(static_cast<const T*>(a.output), a.outputStride)};
  float dh[4];
  loadCells(dh, a.lastState, cells, a.units);
  GruSaved<T> x = gruSaved<T>(a, cells, a.reverse ? 0 : a.steps - 1, paired);
  __syncthreads();  // the buffers are clear

  for (int s = 0; s < a.steps; s++) {
    const int t = a.reverse ? s : a.steps - 1 - s;
    if (cells.warpWorks) {
      SLUICE_UNROLL
      for (int b = 0; b < 2; b++) {
        const bool ended = t >= cells.length[b];
        GruGates gates[2];
        float q[2];
        SLUICE_UNROLL
        for (int k = 0; k < 2; k++) {
          const int cell = 2 * k + b;
          gates[k] = {0, 0, 0};
          q[k] = 0;
          if (!ended) {
            gates[k] = {x.gates[0][b].at(k), x.gates[1][b].at(k), x.gates[2][b].at(k)};
            q[k] = x.candidate[b].at(k);
            dh[cell] = gruUnitBackward(gates[k], q[k], x.before[cell], dh[cell] + x.outputGradient[b].at(k));
          }
        }
        const long long row = (long long)t * a.batch + cells.row + b;
        T* to = static_cast<T*>(a.gates);
        const long long at = row * 3 * a.units + cells.unit;
        storePair(to, at, cells.present[b], paired.gates, gates[0].r, gates[1].r);
        storePair(to, at + a.units, cells.present[b], paired.gates, gates[0].z, gates[1].z);
        storePair(to, at + 2 * a.units, cells.present[b], paired.gates, gates[0].n, gates[1].n);
        storePair(static_cast<T*>(a.candidates), row * a.units + cells.unit, cells.present[b], paired.candidates, q[0],
                  q[1]);
        const int columns = chunks * Units::CHUNK;
        storeActivations(Units{}, gradients, s % 2, b, cells.unit, gates[0].r, gates[1].r);
        storeActivations(Units{}, gradients, s % 2, b, columns + cells.unit, gates[0].z, gates[1].z);
        storeActivations(Units{}, gradients, s % 2, b, 2 * columns + cells.unit, q[0], q[1]);
      }
      if (s + 1 < a.steps) {
        x = gruSaved<T>(a, cells, a.reverse ? t + 1 : t - 1, paired);
      }
    }
    __syncthreads();  // the gradients are whole
    if (cells.warpWorks) {
      float sum[3][4];
      multiply(sum, r, gradients, s % 2, chunks);
      SLUICE_UNROLL
      for (int k = 0; k < 4; k++) {
        dh[k] += sum[0][k] + sum[1][k] + sum[2][k];
      }
    }
  }
  storeCells(a.initialStateGradient, dh, cells, a.units);
}

SLUICE_PERSISTENT_KERNEL(sluice_gru_small_forward_f32, GruSmallForward, BLOCK) { gruSmallForward<ExactUnits>(a); }
SLUICE_PERSISTENT_KERNEL(sluice_gru_small_forward_bf16, GruSmallForward, BLOCK) { gruSmallForward<Bf16Units>(a); }
SLUICE_PERSISTENT_KERNEL(sluice_gru_small_forward_tf32, GruSmallForward, BLOCK) { gruSmallForward<Tf32Units>(a); }
SLUICE_PERSISTENT_KERNEL(sluice_gru_small_backward_f32, GruSmallBackward, BLOCK) { gruSmallBackward<ExactUnits>(a); }
SLUICE_PERSISTENT_KERNEL(sluice_gru_small_backward_bf16, GruSmallBackward, BLOCK) { gruSmallBackward<Bf16Units>(a); }
SLUICE_PERSISTENT_KERNEL(sluice_gru_small_backward_tf32, GruSmallBackward, BLOCK) { gruSmallBackward<Tf32Units>(a); }
