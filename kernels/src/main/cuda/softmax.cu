// Softmax, and softmax fused with cross-entropy and its gradient.
//
// A row is read once for its maximum and its sum together (the running sum is rescaled when a larger maximum turns up),
// and once more to write. Rows of up to 1,024 columns are a warp's work, longer ones a block's, up to V = 260,000 and
// beyond. The mean's denominator is the number of counted targets, which a kernel before this one left on the device.
//
// Cost: two reads and one write of N * V. At N = 4,096, V = 50,257 in fp32 that is 2.5 GB, 0.6 ms on an H200; when a
// row stays in L2 between its two reads (50 MB / 1,056 resident blocks: rows up to 12,000 columns) a third less.
// Launch: 256 threads; N blocks when V > 1,024, else cdiv(N, 8).
#include "arguments.cuh"
#include "groups.cuh"
#include "numbers.cuh"

// Finite, so that a row whose first logits are minus infinity gives exp(-inf) = 0 and not NaN.
constexpr float LOWEST = -3.402823466e38f;

// Over part of a row: the maximum m, the sum of exp(x - m), the sum of x - m, and how many.
struct Running {
  float largest = LOWEST;
  float exponentials = 0;
  float distances = 0;
  float count = 0;

  template <int N>
  __device__ void add(const Floats<N>& x) {
    float larger = largest;
    for (int k = 0; k < N; k++) {
      larger = fmaxf(larger, x.at[k]);
    }
    moveTo(larger);
    for (int k = 0; k < N; k++) {
      exponentials += expf(x.at[k] - largest);
      distances += x.at[k] - largest;
    }
    count += N;
  }

  // The same sums relative to another maximum, at least as large.
  __device__ void moveTo(float larger) {
    if (count > 0 && larger > largest) {
      exponentials *= expf(largest - larger);
      distances += count * (largest - larger);
    }
    largest = larger;
  }
};

template <typename T, int THREADS>
__device__ inline Running overWholeRow(const T* x, int columns) {
  Running running;
  overRow<PACK<T>, THREADS>(Group<THREADS>::rank(), columns, packable(x, columns), [&](auto width, int column) {
    constexpr int N = decltype(width)::value;
    running.add(load<N>(x + column));
  });
  running.moveTo(Group<THREADS>::max(running.largest));
  running.exponentials = Group<THREADS>::sum(running.exponentials);
  running.distances = Group<THREADS>::sum(running.distances);
  return running;
}

// loss = log Σ exp(x) - (1 - s) x_target - s / V Σ x, all relative to the maximum; gradient = scale * (p - q).
template <typename T, int THREADS>
__device__ inline void crossEntropyRow(const CrossEntropy& a, long long row) {
  const T* logits = static_cast<const T*>(a.logits) + row * a.classes;
  T* gradient = a.gradient ? static_cast<T*>(a.gradient) + row * a.classes : nullptr;
  const int rank = Group<THREADS>::rank();
  const int target = a.targets[row];
  if (target < 0 || target >= a.classes) {
    if (rank == 0) {
      a.losses[row] = 0;
    }
    if (gradient) {
      overRow<PACK<T>, THREADS>(rank, a.classes, packable(gradient, a.classes), [&](auto width, int column) {
        constexpr int N = decltype(width)::value;
        store<N>(gradient + column, constant<N>(0));
      });
    }
    return;
  }
  const float targetLogit = widen(logits[target]);
  const Running running = overWholeRow<T, THREADS>(logits, a.classes);
  Group<THREADS>::sync();  // gradient may be logits: nobody writes before all have read the target's
  const float spread = a.smoothing / (float)a.classes;
  if (rank == 0) {
    float loss = logf(running.exponentials) - (1 - a.smoothing) * (targetLogit - running.largest);
    if (a.smoothing > 0) {
      loss -= spread * running.distances;
    }
    a.losses[row] = loss;
  }
  if (gradient) {
    const float scale = a.gradientScale / (float)a.counted[0];
    const float inverse = 1 / running.exponentials;
    const bool packed = packable(logits, a.classes) && aligned16(gradient);
    overRow<PACK<T>, THREADS>(rank, a.classes, packed, [&](auto width, int column) {
      constexpr int N = decltype(width)::value;
      Floats<N> x = load<N>(logits + column);
      for (int k = 0; k < N; k++) {
        const float wanted = (column + k == target ? 1 - a.smoothing : 0) + spread;
        x.at[k] = scale * (expf(x.at[k] - running.largest) * inverse - wanted);
      }
      store<N>(gradient + column, x);
    });
  }
}

template <typename T, int THREADS>
__device__ inline void softmaxRow(const Softmax& a, long long row) {
  const T* x = static_cast<const T*>(a.x) + row * a.columns;
  T* y = static_cast<T*>(a.y) + row * a.columns;
  const Running running = overWholeRow<T, THREADS>(x, a.columns);
  const float inverse = 1 / running.exponentials;
  const bool packed = packable(x, a.columns) && aligned16(y);
  overRow<PACK<T>, THREADS>(Group<THREADS>::rank(), a.columns, packed, [&](auto width, int column) {
    constexpr int N = decltype(width)::value;
    Floats<N> p = load<N>(x + column);
    for (int k = 0; k < N; k++) {
      p.at[k] = expf(p.at[k] - running.largest) * inverse;
    }
    store<N>(y + column, p);
  });
}

template <typename T>
__device__ inline void crossEntropy(const CrossEntropy& a) {
  if (a.classes > WARP_ROW) {
    crossEntropyRow<T, BLOCK>(a, blockIdx.x);
  } else if ((long long)blockIdx.x * WARPS + threadIdx.x / WARP < a.rows) {
    crossEntropyRow<T, WARP>(a, (long long)blockIdx.x * WARPS + threadIdx.x / WARP);
  }
}

template <typename T>
__device__ inline void softmax(const Softmax& a) {
  if (a.columns > WARP_ROW) {
    softmaxRow<T, BLOCK>(a, blockIdx.x);
  } else if ((long long)blockIdx.x * WARPS + threadIdx.x / WARP < a.rows) {
    softmaxRow<T, WARP>(a, (long long)blockIdx.x * WARPS + threadIdx.x / WARP);
  }
}

SLUICE_KERNEL(sluice_count_targets, CountTargets, BLOCK) {
  long long mine = 0;
  for (long long row = threadIdx.x; row < a.rows; row += BLOCK) {
    const int target = a.targets[row];
    if (target >= a.classes) {
      noteFault(a.fault, a.classes, target);
    } else if (target >= 0) {
      mine++;
    }
  }
  const long long total = blockCount(mine);
  if (threadIdx.x == 0) {
    a.counted[0] = total;
  }
}

SLUICE_KERNEL(sluice_cross_entropy_f32, CrossEntropy, BLOCK) { crossEntropy<float>(a); }
SLUICE_KERNEL(sluice_cross_entropy_bf16, CrossEntropy, BLOCK) { crossEntropy<bf16>(a); }
SLUICE_KERNEL(sluice_softmax_f32, Softmax, BLOCK) { softmax<float>(a); }
SLUICE_KERNEL(sluice_softmax_bf16, Softmax, BLOCK) { softmax<bf16>(a); }
