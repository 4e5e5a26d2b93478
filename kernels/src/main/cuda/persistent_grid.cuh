// The loop over time of a recurrent layer as one launch: every block keeps its rows of R in registers and shared memory
// for all steps, and the blocks hand h (backward: the gates' gradients) to one another once a step.
//
// Why: with one product and one gate kernel a step, a step costs two launches and reads R from L2 again. Here it costs
// one exchange, and R is read once. For layers whose R does not fit on the chip the steps' kernels remain.
//
// Who does what. A group of blocks runs N = 8 or 16 sequences at a time, and several groups run beside each other
// without knowing of one another. Block p of a group owns up to 16 neighbouring units: the 16 rows of one tile of the
// matrix units (forward a tile a gate; backward one tile, of the columns of R). The 8 warps divide k, so that each
// warp reads its own part of the exchanged rows straight from L2 into the operands' registers, and waits only for the
// blocks that produce this part. Their partial sums meet in shared memory, where the thread that owns a (unit,
// sequence) adds them in the order of the warps, applies the gates and hands the result out. If a group has more
// than N sequences it takes them in rounds: the exchange of one round then passes while another is computed.
//
// A step of a round:
//   the step's pre-activations (backward: gates, c, dy) are asked for, to arrive during the wait
//   each warp waits for its producers' flags, and multiplies: exchanged rows (N columns) by its weights
//   partial sums to shared memory                                                       __syncthreads
//   owners add them, compute, write the step's results and their part of the exchanged row    __syncthreads
//   thread 0 raises the block's flag
//
// Two slots suffice. Publication j lies in slot j % 2, so j + 1 overwrites j - 1. When a block publishes j + 1, its
// warps together have seen the flag j of every block of the group (every column of the row is some warp's). A block
// raises flag j only after the barrier behind its products with j - 1, so nobody reads j - 1 any more.
//
// Chunks. A warp multiplies 64 bytes of each row at once (matrix_units.cuh). Its first HELD chunks of weights stay in
// registers, 96 to 128 words a thread; the others in shared memory in the order in which they are used, one 16-byte
// access a lane without bank conflicts.
//
// Rounding: operands to T (or TF32), everything else fp32; sums of the matrix units in their own order within a chunk,
// then chunks in turn, then warps in turn. Nothing depends on the number of groups, rounds or blocks but through the
// warps' parts of k, which follow from K alone: the same bits for every grid.
//
// Cost of a step and round, in bytes that a block reads from L2: forward N * H * sizeof(T), backward G times that.
// Estimates for an H200, not yet measured on a GPU, with 42 bytes/ns of L2 and 218 of shared memory a multiprocessor:
//   latency: flag raised to seen 0.7 us, first operands 0.4, products and sums 0.15, gates and stores 0.15: 1.4 us
//   (H 768, B 16, bf16), 2 groups of 48 blocks, N 8: forward 12 KB, 0.3 us, in all 1.7; backward 48 KB, 1.2, all 2.6;
//     so forward + backward has a floor of about 4.3 us a step
//   (H 1024, B 64, bf16), 2 groups of 64, N 16, 2 rounds: forward 2 x (32 KB, 0.8 us, and 0.3 beside it), and about 0.5
//     of latency that the other round does not hide, in all 2.7; backward 2 x (128 KB, 3.1) + 0.6, in all 6.8
//   and once a launch, to read the weights: about 3 us forward, 10 backward, which reads columns of R number by number
// ptxas for sm_90: 224 to 252 registers a thread, no spills.
//
// Not done: reading the exchanged rows once for several blocks (clusters, multicast), wgmma, flags within the data.
#pragma once
#include "arguments.cuh"
#include "exchange.cuh"
#include "matrix_units.cuh"
#include "recurrent.cuh"

// Units of a block at most: rows of a tile.
constexpr int GRID_UNITS = 16;

// The step of time that is number s in the order of the direction.
template <typename Arguments>
__device__ inline int timeOf(const Arguments& a, int s) {
  return a.reverse ? a.steps - 1 - s : s;
}

// A sequence's number of steps, kept as the bits of a float; none where the thread has no sequence.
template <typename Arguments>
__device__ inline float keptLength(const Arguments& a, int row, bool exists) {
  const int steps = !exists ? 0 : a.lengths ? a.lengths[row] : a.steps;
  return __uint_as_float((unsigned)steps);
}

__device__ inline bool runs(float length, int t) { return t < (int)__float_as_uint(length); }

__device__ inline float biasAt(const float* bias, int at) { return bias ? bias[at] : 0; }

// R[row][k ..], zero from column `columns` on.
template <typename T>
__device__ inline Floats<PACK<T>> rowOfWeights(const void* weights, int row, int k, int columns) {
  const T* r = static_cast<const T*>(weights);
  if (packable(r, columns) && k < columns) {
    return load<PACK<T>>(r + (long long)row * columns + k);
  }
  Floats<PACK<T>> x;
  for (int j = 0; j < PACK<T>; j++) {
    x.at[j] = k + j < columns ? widen(r[(long long)row * columns + k + j]) : 0;
  }
  return x;
}

// R[.][unit] in the order in which gradients are handed over, G gates of one unit after those of another: from number k
// on, zero behind the last.
template <typename T, int G>
__device__ inline Floats<PACK<T>> columnOfWeights(const void* weights, int unit, int k, int units) {
  const T* r = static_cast<const T*>(weights);
  Floats<PACK<T>> x;
  for (int j = 0; j < PACK<T>; j++) {
    const int row = (k + j) % G * units + (k + j) / G;
    x.at[j] = k + j < G * units ? widen(r[(long long)row * units + unit]) : 0;
  }
  return x;
}

// One number as an operand.
__device__ inline bf16 operand(Bf16Units, float x) { return bf16{(unsigned short)bf16Bits(x)}; }

__device__ inline float operand(Tf32Units, float x) { return __uint_as_float(tf32Bits(x)); }

// One block at work. Units: kind of product; TILES: tiles of weights, one a gate forward and one backward; COLUMNS:
// tiles of sequences; VALUES: numbers that a unit hands over, 1 forward and one a gate backward.
template <typename Units, int TILES, int COLUMNS, int VALUES>
class GridBlock {
 public:
  using T = typename Units::Number;
  static constexpr int SEQUENCES = TILE_SEQUENCES * COLUMNS;

  template <typename Arguments>
  __device__ explicit GridBlock(const Arguments& a)
      : units_(a.units),
        rounds_(a.rounds),
        batch_(a.batch),
        blockUnits_(a.blockUnits),
        firstUnit_((int)blockIdx.x * a.blockUnits),
        exchange_(static_cast<T*>(a.exchange)),
        flags_(a.flags + (long long)blockIdx.y * a.rounds * gridDim.x),
        fault_(a.fault) {
    const int columns = VALUES * units_;
    const int chunks = (columns + Units::CHUNK - 1) / Units::CHUNK;
    const int share = (chunks + WARPS - 1) / WARPS;
    const int warp = threadIdx.x / WARP;
    stride_ = chunks * Units::CHUNK;
    firstChunk_ = min(warp * share, chunks);
    chunks_ = min(share, chunks - firstChunk_);
    const int firstColumn = firstChunk_ * Units::CHUNK;
    const int lastColumn = min(firstColumn + chunks_ * Units::CHUNK, columns) - 1;
    firstProducer_ = firstColumn / VALUES / blockUnits_;
    lastProducer_ = chunks_ > 0 ? lastColumn / VALUES / blockUnits_ : firstProducer_ - 1;
    SLUICE_DYNAMIC_SHARED(memory);
    const int stored = max(0, share - HELD);
    stored_ = memory + (long long)warp * stored * TILES * 2 * WARP + threadIdx.x % WARP;
    partials_ = reinterpret_cast<float*>(memory + (long long)WARPS * stored * TILES * 2 * WARP);
    kept_ = partials_ + WARPS * TILES * COLUMNS * TILE_FLOATS;
  }

  // Reads the block's weights: weight(tile, unit, k) gives LANE_NUMBERS<Units> of them from k on, zero behind the last.
  // One loop over all chunks, although registers must be known to the compiler: unrolled it would be most of a kernel's
  // code (160 KB instead of 45).
  template <typename Weight>
  __device__ void loadWeights(Weight weight) {
#pragma unroll 1
    for (int c = 0; c < chunks_; c++) {
#pragma unroll
      for (int m = 0; m < TILES; m++) {
        const WeightChunk chunk = readWeights(weight, m, c);
        if (c >= HELD) {
          stored_[((c - HELD) * TILES + m) * 2 * WARP] = chunk.upper;
          stored_[(((c - HELD) * TILES + m) * 2 + 1) * WARP] = chunk.lower;
        }
#pragma unroll
        for (int held = 0; held < HELD; held++) {
          if (held == c) {
            held_[held][m] = chunk;
          }
        }
      }
    }
  }

  // ---- this thread's unit and sequence ----

  // Whether it owns one at all; the sequence may be one beyond the batch, which is then computed as one that has ended.
  __device__ bool owns() const {
    return (int)threadIdx.x < blockUnits_ * SEQUENCES && firstUnit_ + ownUnit() < units_;
  }

  __device__ int unit() const { return firstUnit_ + ownUnit(); }

  // Calls body(round, sequence) for each round that has sequences in the batch, which is the same for all blocks of the
  // group. `sequence` is this thread's, and may lie beyond the batch.
  template <typename Body>
  __device__ void overRounds(Body body) const {
    for (int round = 0; round < rounds_ && firstSequence(round) < batch_; round++) {
      body(round, ownSequence(round));
    }
  }

  // Number k of the 3 that this thread may keep from step to step, for each round.
  __device__ float& kept(int k, int round) const { return kept_[(k * rounds_ + round) * BLOCK + threadIdx.x]; }

  // ---- exchange ----

  // Writes this thread's numbers for a publication, rounded as the products take them.
  __device__ void handOver(int publication, int round, const Floats<VALUES>& x) const {
    if (owns()) {
      T* to = exchange_ + rowOf(publication, ownSequence(round)) * stride_ + (long long)VALUES * unit();
      if constexpr (VALUES % 2 == 0) {
        for (int k = 0; k < VALUES; k += 2) {
          storeOperands(Units{}, to + k, x.at[k], x.at[k + 1]);
        }
      } else {
        for (int k = 0; k < VALUES; k++) {
          to[k] = operand(Units{}, x.at[k]);
        }
      }
    }
  }

  // The columns behind the last unit are zero in both slots. Before the first publication.
  __device__ void clearPadding() const {
    const int columns = VALUES * units_;
    const int count = stride_ - columns;
    if (blockIdx.x + 1 == gridDim.x) {
      for (int k = threadIdx.x; k < 2 * rounds_ * SEQUENCES * count; k += BLOCK) {
        const int row = k / count;
        narrow(0, exchange_[rowOf(row % 2, firstSequence(0) + row / 2) * stride_ + columns + k % count]);
      }
    }
  }

  // Ends a round: all threads have handed over, and the block's flag says so. With publication 0 nothing is
  // published, and the partial sums may be overwritten all the same.
  __device__ void publish(int publication, int round) const {
    __syncthreads();
    if (publication > 0 && threadIdx.x == 0) {
      storeRelease(flags_ + (long long)round * gridDim.x + blockIdx.x, (unsigned)publication);
    }
  }

  // Waits for a publication of the group and leaves its products with the block's weights as partial sums.
  __device__ void multiply(int publication, int round) {
    const unsigned* flags = flags_ + (long long)round * gridDim.x;
    for (int p = firstProducer_ + (int)threadIdx.x % WARP; p <= lastProducer_; p += WARP) {
      awaitFlag(flags + p, (unsigned)publication, p, fault_);
    }
    __syncwarp();
    Sums sums = {};
    product(publication, round, sums);
    storePartials(sums);
    __syncthreads();
  }

  // After multiply: the finished sum of a tile for this thread's unit and sequence.
  __device__ float sum(int tile) const {
    const int column = threadIdx.x / blockUnits_;
    const float* at = partials_ + (tile * COLUMNS + column / TILE_SEQUENCES) * TILE_FLOATS +
                      inTile(ownUnit(), column % TILE_SEQUENCES);
    float total = 0;
    for (int w = 0; w < WARPS; w++) {
      total += at[w * TILES * COLUMNS * TILE_FLOATS];
    }
    return total;
  }

 private:
  // Registers of a thread: 8 a tile and held chunk of weights, 4 a chunk of exchanged numbers on its way, 4 a tile of
  // sums; with COLUMNS 2, twice as many of the last two, which is why forward holds less there. No more fits in 255.
  static constexpr bool FORWARD = VALUES == 1;
  static constexpr int HELD = (FORWARD && COLUMNS == 2 ? 12 : 16) / TILES;
  static constexpr int AHEAD = FORWARD ? 4 : 8 / COLUMNS;
  static constexpr int TILE_FLOATS = GRID_UNITS * TILE_SEQUENCES;

  struct Sums {
    float at[TILES][COLUMNS][4];
  };

  __device__ int ownUnit() const { return (int)threadIdx.x % blockUnits_; }

  __device__ int firstSequence(int round) const { return ((int)blockIdx.y * rounds_ + round) * SEQUENCES; }

  __device__ int ownSequence(int round) const { return firstSequence(round) + (int)threadIdx.x / blockUnits_; }

  __device__ long long rowOf(int publication, int sequence) const {
    return (long long)(publication % 2) * gridDim.y * rounds_ * SEQUENCES + sequence;
  }

  // This lane's part of a chunk of weights.
  template <typename Weight>
  __device__ WeightChunk readWeights(Weight weight, int tile, int chunk) const {
    const int lane = threadIdx.x % WARP;
    const int k = (firstChunk_ + chunk) * Units::CHUNK + lane % 4 * LANE_NUMBERS<Units>;
    return {rowOperands(weight, tile, lane / 4, k), rowOperands(weight, tile, lane / 4 + 8, k)};
  }

  template <typename Weight>
  __device__ uint4 rowOperands(Weight weight, int tile, int row, int k) const {
    const bool exists = row < blockUnits_ && firstUnit_ + row < units_;
    const Floats<LANE_NUMBERS<Units>> x =
        exists ? weight(tile, firstUnit_ + row, k) : constant<LANE_NUMBERS<Units>>(0);
    return operands(Units{}, [&](int n) { return x.at[n]; });
  }

  __device__ WeightChunk stored(int chunkTile) const {
    return {stored_[chunkTile * 2 * WARP], stored_[(chunkTile * 2 + 1) * WARP]};
  }

  // A ring of AHEAD chunks is under way all the time; its places must be known to the compiler, so the loops are
  // unrolled around it.
  __device__ void product(int publication, int round, Sums& sums) const {
    const int lane = threadIdx.x % WARP;
    const long long row = rowOf(publication, firstSequence(round) + lane / 4);
    const T* from = exchange_ + row * stride_ + firstChunk_ * Units::CHUNK + lane % 4 * LANE_NUMBERS<Units>;
    uint4 ring[AHEAD][COLUMNS];
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      fetch(from, i, ring[i]);
    }
#pragma unroll
    for (int c = 0; c < HELD; c++) {
      if (c < chunks_) {
#pragma unroll
        for (int m = 0; m < TILES; m++) {
          add(sums.at[m], held_[c][m], ring[c % AHEAD]);
        }
        fetch(from, c + AHEAD, ring[c % AHEAD]);
      }
    }
    for (int first = HELD; first < chunks_; first += AHEAD) {
#pragma unroll
      for (int i = 0; i < AHEAD; i++) {
        const int c = first + i;
        if (c < chunks_) {
#pragma unroll
          for (int m = 0; m < TILES; m++) {
            add(sums.at[m], stored((c - HELD) * TILES + m), ring[(HELD + i) % AHEAD]);
          }
          fetch(from, c + AHEAD, ring[(HELD + i) % AHEAD]);
        }
      }
    }
  }

  __device__ void fetch(const T* from, int chunk, uint4 (&words)[COLUMNS]) const {
    if (chunk < chunks_) {
#pragma unroll
      for (int n = 0; n < COLUMNS; n++) {
        words[n] = loadFresh(from + (long long)n * TILE_SEQUENCES * stride_ + chunk * Units::CHUNK);
      }
    }
  }

  static __device__ void add(float (&sums)[COLUMNS][4], const WeightChunk& weights, const uint4 (&words)[COLUMNS]) {
#pragma unroll
    for (int n = 0; n < COLUMNS; n++) {
      multiplyAdd(Units{}, sums[n], weights, words[n]);
    }
  }

  // Place of a (row, column) within a tile of partial sums. Columns are exchanged in pairs with the row, so that
  // neither the pairs that a warp writes (8 rows, 4 pairs) nor the numbers that it reads (16 rows, 2 columns) meet in
  // a bank.
  static __device__ int inTile(int row, int column) { return row * TILE_SEQUENCES + (column ^ row / 4 * 2); }

  // A lane has columns 2 * (lane % 4) and the next of rows lane / 4 and that + 8.
  __device__ void storePartials(const Sums& sums) const {
    const int lane = threadIdx.x % WARP;
    const int row = lane / 4;
    const int column = lane % 4 * 2;
    float* mine = partials_ + threadIdx.x / WARP * TILES * COLUMNS * TILE_FLOATS;
#pragma unroll
    for (int m = 0; m < TILES; m++) {
#pragma unroll
      for (int n = 0; n < COLUMNS; n++) {
        const float(&c)[4] = sums.at[m][n];
        float* tile = mine + (m * COLUMNS + n) * TILE_FLOATS;
        *reinterpret_cast<float2*>(tile + inTile(row, column)) = float2{c[0], c[1]};
        *reinterpret_cast<float2*>(tile + inTile(row + 8, column)) = float2{c[2], c[3]};
      }
    }
  }

  const int units_;
  const int rounds_;
  const int batch_;
  const int blockUnits_;
  const int firstUnit_;
  T* const exchange_;      // [2][sequences of all groups][stride_]
  unsigned* const flags_;  // [rounds][blocks] of this group
  unsigned long long* const fault_;
  int stride_;         // elements of an exchanged row
  int firstChunk_;     // of this warp
  int chunks_;         // of this warp
  int firstProducer_;  // blocks whose numbers this warp reads
  int lastProducer_;
  uint4* stored_;    // this lane's words of its warp's weights
  float* partials_;  // [warp][tile][tile of sequences][TILE_FLOATS]
  float* kept_;      // [3][rounds][thread]
  WeightChunk held_[HELD][TILES];
};
