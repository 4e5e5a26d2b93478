// Element by element: fill, scale, add, multiply, activations, bias, counter, casts.
//
// All are bandwidth-bound: as many bytes as the arguments hold, in 16-byte accesses when every array is aligned.
// Launch: any grid of 256; add_bias a warp a row; increment one block.
#include "arguments.cuh"
#include "numbers.cuh"

template <typename T>
__device__ inline void fill(const Fill& a) {
  T* x = static_cast<T*>(a.x);
  overElements<PACK<T>>(a.count, aligned16(x), [&](auto width, long long at) {
    constexpr int N = decltype(width)::value;
    store<N>(x + at, constant<N>(a.value));
  });
}

template <typename T>
__device__ inline void scale(const Scale& a) {
  T* x = static_cast<T*>(a.x);
  overElements<PACK<T>>(a.count, aligned16(x), [&](auto width, long long at) {
    constexpr int N = decltype(width)::value;
    Floats<N> values = load<N>(x + at);
    for (int k = 0; k < N; k++) {
      values.at[k] *= a.factor;
    }
    store<N>(x + at, values);
  });
}

template <typename T>
__device__ inline void add(const Add& a) {
  const T* x = static_cast<const T*>(a.x);
  T* y = static_cast<T*>(a.y);
  overElements<PACK<T>>(a.count, aligned16(x) && aligned16(y), [&](auto width, long long at) {
    constexpr int N = decltype(width)::value;
    const Floats<N> addend = load<N>(x + at);
    Floats<N> sum = load<N>(y + at);
    for (int k = 0; k < N; k++) {
      sum.at[k] += a.alpha * addend.at[k];
    }
    store<N>(y + at, sum);
  });
}

template <typename T>
__device__ inline void multiply(const Multiply& a) {
  const T* left = static_cast<const T*>(a.a);
  const T* right = static_cast<const T*>(a.b);
  T* out = static_cast<T*>(a.out);
  overElements<PACK<T>>(a.count, aligned16(left) && aligned16(right) && aligned16(out), [&](auto width, long long at) {
    constexpr int N = decltype(width)::value;
    Floats<N> product = load<N>(left + at);
    const Floats<N> factor = load<N>(right + at);
    for (int k = 0; k < N; k++) {
      product.at[k] *= factor.at[k];
    }
    store<N>(out + at, product);
  });
}

template <typename T>
__device__ inline void activate(const Activate& a) {
  const T* x = static_cast<const T*>(a.x);
  T* y = static_cast<T*>(a.y);
  overElements<PACK<T>>(a.count, aligned16(x) && aligned16(y), [&](auto width, long long at) {
    constexpr int N = decltype(width)::value;
    Floats<N> values = load<N>(x + at);
    for (int k = 0; k < N; k++) {
      const float value = values.at[k];
      values.at[k] = a.kind == 0 ? sigmoid(value) : a.kind == 1 ? tanhf(value) : value < 0 ? 0 : value;
    }
    store<N>(y + at, values);
  });
}

template <typename T>
__device__ inline void activateBackward(const ActivateBackward& a) {
  const T* y = static_cast<const T*>(a.y);
  const T* dy = static_cast<const T*>(a.dy);
  T* dx = static_cast<T*>(a.dx);
  overElements<PACK<T>>(a.count, aligned16(y) && aligned16(dy) && aligned16(dx), [&](auto width, long long at) {
    constexpr int N = decltype(width)::value;
    const Floats<N> result = load<N>(y + at);
    Floats<N> gradient = load<N>(dy + at);
    for (int k = 0; k < N; k++) {
      const float value = result.at[k];
      gradient.at[k] *= a.kind == 0 ? value * (1 - value) : a.kind == 1 ? 1 - value * value : value > 0 ? 1.0f : 0.0f;
    }
    store<N>(dx + at, gradient);
  });
}

template <typename T>
__device__ inline void addBias(const AddBias& a) {
  const long long row = (long long)blockIdx.x * WARPS + threadIdx.x / WARP;
  if (row >= a.rows) {
    return;
  }
  T* x = static_cast<T*>(a.x) + row * a.columns;
  const bool packed = packable(x, a.columns) && aligned16(a.bias);
  overRow<PACK<T>, WARP>(threadIdx.x % WARP, a.columns, packed, [&](auto width, int column) {
    constexpr int N = decltype(width)::value;
    Floats<N> sum = load<N>(x + column);
    addIfPresent<N>(sum, a.bias, column);
    store<N>(x + column, sum);
  });
}

template <typename Source, typename Target>
__device__ inline void cast(const Cast& a) {
  const Source* source = static_cast<const Source*>(a.source);
  Target* target = static_cast<Target*>(a.target);
  constexpr int N = PACK<bf16>;  // eight elements: 16 bytes on one side, 32 on the other
  overElements<N>(a.count, aligned16(source) && aligned16(target), [&](auto width, long long at) {
    constexpr int K = decltype(width)::value;
    store<K>(target + at, load<K>(source + at));
  });
}

SLUICE_KERNEL(sluice_increment, Increment, BLOCK) {
  if (threadIdx.x == 0) {
    a.counter[0]++;
  }
}

SLUICE_KERNEL(sluice_fill_f32, Fill, BLOCK) { fill<float>(a); }
SLUICE_KERNEL(sluice_fill_bf16, Fill, BLOCK) { fill<bf16>(a); }
SLUICE_KERNEL(sluice_scale_f32, Scale, BLOCK) { scale<float>(a); }
SLUICE_KERNEL(sluice_scale_bf16, Scale, BLOCK) { scale<bf16>(a); }
SLUICE_KERNEL(sluice_add_f32, Add, BLOCK) { add<float>(a); }
SLUICE_KERNEL(sluice_add_bf16, Add, BLOCK) { add<bf16>(a); }
SLUICE_KERNEL(sluice_multiply_f32, Multiply, BLOCK) { multiply<float>(a); }
SLUICE_KERNEL(sluice_multiply_bf16, Multiply, BLOCK) { multiply<bf16>(a); }
SLUICE_KERNEL(sluice_activate_f32, Activate, BLOCK) { activate<float>(a); }
SLUICE_KERNEL(sluice_activate_bf16, Activate, BLOCK) { activate<bf16>(a); }
SLUICE_KERNEL(sluice_activate_backward_f32, ActivateBackward, BLOCK) { activateBackward<float>(a); }
SLUICE_KERNEL(sluice_activate_backward_bf16, ActivateBackward, BLOCK) { activateBackward<bf16>(a); }
SLUICE_KERNEL(sluice_add_bias_f32, AddBias, BLOCK) { addBias<float>(a); }
SLUICE_KERNEL(sluice_add_bias_bf16, AddBias, BLOCK) { addBias<bf16>(a); }
SLUICE_KERNEL(sluice_cast_f32_bf16, Cast, BLOCK) { cast<float, bf16>(a); }
SLUICE_KERNEL(sluice_cast_bf16_f32, Cast, BLOCK) { cast<bf16, float>(a); }
