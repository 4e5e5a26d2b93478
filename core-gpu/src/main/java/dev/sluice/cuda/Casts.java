package dev.sluice.cuda;

/** Copies between fp32 and bf16. */
final class Casts {
  private final CudaRuntime runtime;
  private final Kernel narrow;
  private final Kernel widen;

  Casts(CudaRuntime runtime) {
    this.runtime = runtime;
    narrow = runtime.kernel("sluice_cast_f32_bf16");
    widen = runtime.kernel("sluice_cast_bf16_f32");
  }

  /** Rounds fp32 numbers to the nearest bf16, ties to even. */
  void narrow(Lane lane, long source, long target, long count) {
    cast(narrow, lane, source, target, count);
  }

  /** bf16 numbers as fp32, exactly. */
  void widen(Lane lane, long source, long target, long count) {
    cast(widen, lane, source, target, count);
  }

  private void cast(Kernel kernel, Lane lane, long source, long target, long count) {
    runtime
        .begin(kernel)
        .pointer(source)
        .pointer(target)
        .count(count)
        .launch(lane, runtime.grid().any(count));
  }
}
