// Embedding: look-up, and its gradient without atomics.
//
// Backward must add the rows of one id in a fixed order. So the positions are sorted by id first: keys of id and
// position all differ, so any correct sort gives the same order. Tiles of 1,024 keys are sorted in shared memory; then
// each key finds its final place by counting, with a binary search, the smaller keys of every other tile. After that a
// warp for each position looks whether its id begins there, and if so adds all of that id's rows, which lie side by
// side in the order.
//
// Cost: forward reads and writes N * E elements. Sorting takes N * (N / 1024) * 10 steps: 2.6 million at N = 16,384, a
// few microseconds; at N = 2^20 it would be 5 ms, and a radix sort would be due. Adding reads N * E and touches each
// used row of the table once; an id that is a large share of all makes one warp the bottleneck, about 0.15 us a row.
// Launch: see arguments.cuh; a warp a row, except sort_tiles (a block a tile) and merge_tiles (a thread a key).
#include "arguments.cuh"
#include "numbers.cuh"

template <typename Table, typename Output>
__device__ inline void embeddingForward(const EmbeddingForward& a) {
  constexpr int N = PACK<Output>;  // the wider of the two when they differ
  const long long row = (long long)blockIdx.x * WARPS + threadIdx.x / WARP;
  if (row >= a.rows) {
    return;
  }
  const int lane = threadIdx.x % WARP;
  const int id = a.ids[row];
  Output* output = static_cast<Output*>(a.output) + row * a.columns;
  const Table* table = static_cast<const Table*>(a.table);
  const bool known = id >= 0 && id < a.vocabulary;
  if (id >= a.vocabulary && lane == 0) {
    noteFault(a.fault, a.vocabulary, id);
  }
  if (known) {
    table += (long long)id * a.columns;
  }
  const bool packed = aligned16(table) && packable(output, a.columns);
  overRow<N, WARP>(lane, a.columns, packed, [&](auto width, int column) {
    constexpr int K = decltype(width)::value;
    store<K>(output + column, known ? load<K>(table + column) : constant<K>(0));
  });
}

constexpr int TILE = 1024;

// Bitonic sort: in round `size`, blocks of `size` keys become sorted, alternately up and down; 55 passes over 1,024
// keys.
SLUICE_KERNEL(sluice_sort_tiles, SortTiles, BLOCK) {
  SLUICE_SHARED(unsigned long long, keys, TILE);
  const long long first = (long long)blockIdx.x * TILE;
  for (int k = threadIdx.x; k < TILE; k += BLOCK) {
    const long long position = first + k;
    keys[k] = position < a.rows ? (unsigned long long)(unsigned)a.ids[position] << 32 | (unsigned long long)position
                                : ~0ull;  // padding sorts to the end
  }
  __syncthreads();
  for (int size = 2; size <= TILE; size *= 2) {
    for (int distance = size / 2; distance > 0; distance /= 2) {
      for (int pair = threadIdx.x; pair < TILE / 2; pair += BLOCK) {
        const int low = 2 * pair - pair % distance;
        const int high = low + distance;
        const bool ascending = (low & size) == 0;
        const unsigned long long x = keys[low];
        const unsigned long long y = keys[high];
        if ((x > y) == ascending) {
          keys[low] = y;
          keys[high] = x;
        }
      }
      __syncthreads();
    }
  }
  for (int k = threadIdx.x; k < TILE; k += BLOCK) {
    a.keys[first + k] = keys[k];
  }
}

// How many of a tile's keys are smaller than `key`.
__device__ inline int smaller(const unsigned long long* tile, unsigned long long key) {
  int below = 0;
  for (int half = TILE / 2; half > 0; half /= 2) {
    if (tile[below + half - 1] < key) {
      below += half;
    }
  }
  return below + (tile[below] < key ? 1 : 0);
}

SLUICE_KERNEL(sluice_merge_tiles, MergeTiles, BLOCK) {
  const long long index = (long long)blockIdx.x * BLOCK + threadIdx.x;
  const long long tiles = (a.rows + TILE - 1) / TILE;
  // The last tile's padding stands behind its keys, so indices below `rows` are keys and no padding is.
  if (index >= a.rows) {
    return;
  }
  const unsigned long long key = a.keys[index];
  const long long own = index / TILE;
  long long place = index % TILE;
  for (long long tile = 0; tile < tiles; tile++) {
    if (tile != own) {
      place += smaller(a.keys + tile * TILE, key);
    }
  }
  a.sorted[place] = key;
}

// Rows in flight at a time while one id's rows are added up in turn.
constexpr int AHEAD = 8;

template <typename T>
__device__ inline void embeddingBackward(const EmbeddingBackward& a) {
  constexpr int N = PACK<T>;
  const long long begin = (long long)blockIdx.x * WARPS + threadIdx.x / WARP;
  if (begin >= a.rows) {
    return;
  }
  const int id = (int)(a.sorted[begin] >> 32);
  const bool firstOfId = begin == 0 || (int)(a.sorted[begin - 1] >> 32) != id;
  if (!firstOfId || id < 0 || id >= a.vocabulary) {
    return;
  }
  const T* gradient = static_cast<const T*>(a.gradient);
  float* total = a.tableGradient + (long long)id * a.columns;
  const bool packed = packable(gradient, a.columns) && aligned16(total);
  const int tile = blockIdx.y * WARP * N;
  const int columns = a.columns - tile < WARP * N ? a.columns - tile : WARP * N;
  overRow<N, WARP>(threadIdx.x % WARP, columns, packed, [&](auto width, int offset) {
    constexpr int K = decltype(width)::value;
    const int column = tile + offset;
    Floats<K> sum = load<K>(total + column);
    bool more = true;
    for (long long at = begin; more; at += AHEAD) {
      Floats<K> rows[AHEAD];
      bool belongs[AHEAD];
      for (int k = 0; k < AHEAD; k++) {
        const unsigned long long key = at + k < a.rows ? a.sorted[at + k] : ~0ull;
        belongs[k] = (int)(key >> 32) == id;
        rows[k] = belongs[k] ? load<K>(gradient + (long long)(unsigned)key * a.columns + column) : constant<K>(0);
      }
      for (int k = 0; k < AHEAD; k++) {
        for (int j = 0; j < K; j++) {
          sum.at[j] += rows[k].at[j];
        }
      }
      more = belongs[AHEAD - 1];
    }
    store<K>(total + column, sum);
  });
}

SLUICE_KERNEL(sluice_embedding_forward_f32, EmbeddingForward, BLOCK) { embeddingForward<float, float>(a); }
SLUICE_KERNEL(sluice_embedding_forward_bf16, EmbeddingForward, BLOCK) { embeddingForward<bf16, bf16>(a); }
SLUICE_KERNEL(sluice_embedding_forward_f32_bf16, EmbeddingForward, BLOCK) { embeddingForward<float, bf16>(a); }
SLUICE_KERNEL(sluice_embedding_backward_f32, EmbeddingBackward, BLOCK) { embeddingBackward<float>(a); }
SLUICE_KERNEL(sluice_embedding_backward_bf16, EmbeddingBackward, BLOCK) { embeddingBackward<bf16>(a); }
