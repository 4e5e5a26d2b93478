package dev.sluice.cuda;

import dev.sluice.backend.DType;

/**
 * One kernel compiled for both types of numbers.
 *
 * @param f32 for FLOAT32
 * @param bf16 for BFLOAT16
 */
record TypedKernel(Kernel f32, Kernel bf16) {
  /** The pair of entry points {@code sluice_<name>_f32} and {@code sluice_<name>_bf16}. */
  static TypedKernel of(CudaRuntime runtime, String name) {
    return new TypedKernel(
        runtime.kernel("sluice_" + name + "_f32"), runtime.kernel("sluice_" + name + "_bf16"));
  }

  /** The kernel for a type of numbers. */
  Kernel of(DType type) {
    return type == DType.FLOAT32 ? f32 : bf16;
  }

  /** The kernel for tensors of one type; null ones are passed over. */
  Kernel of(String operation, CudaTensor first, CudaTensor... others) {
    for (CudaTensor other : others) {
      if (other != null && other.type() != first.type()) {
        throw new IllegalArgumentException(
            operation
                + ": tensors of "
                + first.type()
                + " and "
                + other.type()
                + " do not mix; cast one first");
      }
    }
    return of(first.type());
  }
}
