// LSTM up to 128 units: all steps of one direction in one launch, forward and backward. How, and at what cost, says
// persistent_small.cuh.
#include "persistent_small.cuh"

// What a thread reads of global memory for a step of the forward pass: its cells' pre-activations without the
// recurrent product.
template <typename T>
struct LstmInputs {
  Pair<T> gates[4][2];  // [gate, sequence]
};

template <typename T>
__device__ inline LstmInputs<T> lstmInputs(const LstmSmallForward& a, const OwnedCells& cells, int t, bool paired) {
  LstmInputs<T> x;
  SLUICE_UNROLL
  for (int b = 0; b < 2; b++) {
    const long long row = (long long)t * a.batch + cells.row + b;
    SLUICE_UNROLL
    for (int gate = 0; gate < 4; gate++) {
      x.gates[gate][b] =
          loadPair(static_cast<const T*>(a.gates), (row * 4 + gate) * a.units + cells.unit, cells.present[b], paired);
    }
  }
  return x;
}

struct LstmForwardPairs {
  bool gates;
  bool output;
  bool cells;
};

template <typename Units>
__device__ inline void lstmSmallForward(const LstmSmallForward& a) {
  using T = typename Units::Number;
  SLUICE_DYNAMIC_SHARED(shared);
  const OwnedCells cells = ownedCells(a);
  const int chunks = (a.units + Units::CHUNK - 1) / Units::CHUNK;
  const Activations state(shared, chunks);
  const TileWeights<Units, 4> r(shared + 2 * state.bytes() / 16, a.weights, a.units, cells.warpWorks ? chunks : 0,
                                false);
  state.clear();

  const bool even = a.units % 2 == 0;
  const LstmForwardPairs paired = {even && pairs(static_cast<const T*>(a.gates), a.units),
                                   even && pairs(static_cast<const T*>(a.output), a.outputStride),
                                   even && pairs(a.cells, a.cellStride)};
  float bias[4][2];  // [gate, unit]
  const int units = max(0, min(2, a.units - cells.unit));
  SLUICE_UNROLL
  for (int gate = 0; gate < 4; gate++) {
    const Pair<float> input = loadPair(a.biasInput, gate * a.units + cells.unit, units, false);
    const Pair<float> hidden = loadPair(a.biasHidden, gate * a.units + cells.unit, units, false);
    bias[gate][0] = input.at(0) + hidden.at(0);
    bias[gate][1] = input.at(1) + hidden.at(1);
  }
  float c[4];
  float h[4];
  loadCells(c, a.initialCell, cells, a.units);
  loadCells(h, a.initialState, cells, a.units);
  __syncthreads();  // the buffers are clear
  if (cells.warpWorks) {
    storeActivations(Units{}, state, 0, cells.unit, h);
  }
  LstmInputs<T> x = lstmInputs<T>(a, cells, a.reverse ? a.steps - 1 : 0, paired.gates);
  __syncthreads();  // h0 is whole

  for (int s = 0; s < a.steps; s++) {
    const int t = a.reverse ? a.steps - 1 - s : s;
    if (cells.warpWorks) {
      float sum[4][4];
      multiply(sum, r, state, s % 2, 0);
      SLUICE_UNROLL
      for (int b = 0; b < 2; b++) {
        const long long row = (long long)t * a.batch + cells.row + b;
        const bool ended = t >= cells.length[b];
        LstmGates gates[2];
        float output[2] = {0, 0};
        SLUICE_UNROLL
        for (int k = 0; k < 2; k++) {
          const int cell = 2 * k + b;
          gates[k] = {x.gates[0][b].at(k) + sum[0][cell] + bias[0][k], x.gates[1][b].at(k) + sum[1][cell] + bias[1][k],
                      x.gates[2][b].at(k) + sum[2][cell] + bias[2][k], x.gates[3][b].at(k) + sum[3][cell] + bias[3][k]};
          float after = c[cell];
          const float hidden = lstmUnit(gates[k], after);
          if (!ended) {
            c[cell] = after;
            h[cell] = hidden;
            output[k] = hidden;
          }
        }
        const int running = ended ? 0 : cells.present[b];
        T* to = static_cast<T*>(a.gates);
        const long long at = row * 4 * a.units + cells.unit;
        storePair(to, at, running, paired.gates, gates[0].i, gates[1].i);
        storePair(to, at + a.units, running, paired.gates, gates[0].f, gates[1].f);
        storePair(to, at + 2 * a.units, running, paired.gates, gates[0].g, gates[1].g);
        storePair(to, at + 3 * a.units, running, paired.gates, gates[0].o, gates[1].o);
        storePair(a.cells, t * a.cellStride + (long long)(cells.row + b) * a.units + cells.unit, cells.present[b],
                  paired.cells, c[b], c[2 + b]);
        storePair(static_cast<T*>(a.output), row * a.outputStride + cells.unit, cells.present[b], paired.output,
                  output[0], output[1]);
      }
      storeActivations(Units{}, state, (s + 1) % 2, cells.unit, h);
      if (s + 1 < a.steps) {
        x = lstmInputs<T>(a, cells, a.reverse ? t - 1 : t + 1, paired.gates);
      }
    }
    __syncthreads();  // h is whole
  }
  storeCells(a.state, h, cells, a.units);
}

// What a thread reads of global memory for a step of the backward pass.
template <typename T>
struct LstmSaved {
  Pair<T> gates[4][2];  // [gate, sequence]
  Pair<T> outputGradient[2];
  Pair<float> before[2];  // c before the step
};

struct LstmBackwardPairs {
  bool gates;
  bool outputGradient;
  bool cells;
};

template <typename T>
__device__ inline LstmSaved<T> lstmSaved(const LstmSmallBackward& a, const OwnedCells& cells, int t,
                                         const LstmBackwardPairs& paired) {
  LstmSaved<T> x;
  const bool first = t == (a.reverse ? a.steps - 1 : 0);
  const float* before = first ? a.initialCell : a.cells + (long long)(a.reverse ? t + 1 : t - 1) * a.batch * a.units;
  SLUICE_UNROLL
  for (int b = 0; b < 2; b++) {
    const long long row = (long long)t * a.batch + cells.row + b;
    SLUICE_UNROLL
    for (int gate = 0; gate < 4; gate++) {
      x.gates[gate][b] = loadPair(static_cast<const T*>(a.gates), (row * 4 + gate) * a.units + cells.unit,
                                  cells.present[b], paired.gates);
    }
    x.outputGradient[b] = loadPair(static_cast<const T*>(a.outputGradient), row * a.outputGradientStride + cells.unit,
                                   cells.present[b], paired.outputGradient);
    x.before[b] = loadPair(before, (long long)(cells.row + b) * a.units + cells.unit, cells.present[b], paired.cells);
  }
  return x;
}

template <typename Units>
__device__ inline void lstmSmallBackward(const LstmSmallBackward& a) {
  using T = typename Units::Number;
  SLUICE_DYNAMIC_SHARED(shared);
  const OwnedCells cells = ownedCells(a);
  const int chunks = (a.units + Units::CHUNK - 1) / Units::CHUNK;
  const Activations gradients(shared, 4 * chunks);  // [sequence, gate, unit]
  const TileWeights<Units, 4> r(shared + 2 * gradients.bytes() / 16, a.weights, a.units, cells.warpWorks ? chunks : 0,
                                true);
  gradients.clear();

  const bool even = a.units % 2 == 0;
  const LstmBackwardPairs paired = {even && pairs(static_cast<const T*>(a.gates), a.units),
                                    even && pairs(static_cast<const T*>(a.outputGradient), a.outputGradientStride),
                                    even && pairs(a.cells, a.units) && pairs(a.initialCell, a.units)};
  float dh[4];
  float dc[4];
  float after[4];
  loadCells(dh, a.lastState, cells, a.units);
  loadCells(dc, a.lastCell, cells, a.units);
  const int last = a.reverse ? 0 : a.steps - 1;
  loadCells(after, a.cells + (long long)last * a.batch * a.units, cells, a.units);
  LstmSaved<T> x = lstmSaved<T>(a, cells, last, paired);
  __syncthreads();  // the buffers are clear

  for (int s = 0; s < a.steps; s++) {
    const int t = a.reverse ? s : a.steps - 1 - s;
    if (cells.warpWorks) {
      SLUICE_UNROLL
      for (int b = 0; b < 2; b++) {
        LstmGates gates[2];
        const bool ended = t >= cells.length[b];
        SLUICE_UNROLL
        for (int k = 0; k < 2; k++) {
          const int cell = 2 * k + b;
          const float before = x.before[b].at(k);
          gates[k] = {0, 0, 0, 0};
          if (!ended) {
            gates[k] = {x.gates[0][b].at(k), x.gates[1][b].at(k), x.gates[2][b].at(k), x.gates[3][b].at(k)};
            lstmUnitBackward(gates[k], before, after[cell], dh[cell] + x.outputGradient[b].at(k), dc[cell]);
            dh[cell] = 0;
          }
          after[cell] = before;
        }
        T* to = static_cast<T*>(a.gates);
        const long long at = ((long long)t * a.batch + cells.row + b) * 4 * a.units + cells.unit;
        storePair(to, at, cells.present[b], paired.gates, gates[0].i, gates[1].i);
        storePair(to, at + a.units, cells.present[b], paired.gates, gates[0].f, gates[1].f);
        storePair(to, at + 2 * a.units, cells.present[b], paired.gates, gates[0].g, gates[1].g);
        storePair(to, at + 3 * a.units, cells.present[b], paired.gates, gates[0].o, gates[1].o);
        const int columns = chunks * Units::CHUNK;
        storeActivations(Units{}, gradients, s % 2, b, cells.unit, gates[0].i, gates[1].i);
        storeActivations(Units{}, gradients, s % 2, b, columns + cells.unit, gates[0].f, gates[1].f);
        storeActivations(Units{}, gradients, s % 2, b, 2 * columns + cells.unit, gates[0].g, gates[1].g);
        storeActivations(Units{}, gradients, s % 2, b, 3 * columns + cells.unit, gates[0].o, gates[1].o);
      }
      if (s + 1 < a.steps) {
        x = lstmSaved<T>(a, cells, a.reverse ? t + 1 : t - 1, paired);
      }
    }
    __syncthreads();  // the gates' gradients are whole
    if (cells.warpWorks) {
      float sum[4][4];
      multiply(sum, r, gradients, s % 2, chunks);
      SLUICE_UNROLL
      for (int k = 0; k < 4; k++) {
        dh[k] += sum[0][k] + sum[1][k] + (sum[2][k] + sum[3][k]);
      }
    }
  }
  storeCells(a.initialStateGradient, dh, cells, a.units);
  storeCells(a.initialCellGradient, dc, cells, a.units);
}

SLUICE_PERSISTENT_KERNEL(sluice_lstm_small_forward_f32, LstmSmallForward, BLOCK) { lstmSmallForward<ExactUnits>(a); }
SLUICE_PERSISTENT_KERNEL(sluice_lstm_small_forward_bf16, LstmSmallForward, BLOCK) { lstmSmallForward<Bf16Units>(a); }
SLUICE_PERSISTENT_KERNEL(sluice_lstm_small_forward_tf32, LstmSmallForward, BLOCK) { lstmSmallForward<Tf32Units>(a); }
SLUICE_PERSISTENT_KERNEL(sluice_lstm_small_backward_f32, LstmSmallBackward, BLOCK) { lstmSmallBackward<ExactUnits>(a); }
SLUICE_PERSISTENT_KERNEL(sluice_lstm_small_backward_bf16, LstmSmallBackward, BLOCK) { lstmSmallBackward<Bf16Units>(a); }
SLUICE_PERSISTENT_KERNEL(sluice_lstm_small_backward_tf32, LstmSmallBackward, BLOCK) { lstmSmallBackward<Tf32Units>(a); }
