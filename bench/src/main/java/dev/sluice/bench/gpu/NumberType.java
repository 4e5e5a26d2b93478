package dev.sluice.bench.gpu;

import dev.sluice.backend.Precision;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What matrices are multiplied in. */
public enum NumberType {
  /** Single precision. */
  FP32(4, 3e-4),
  /** Single precision in memory, 10 bits of mantissa in products. */
  TF32(4, 1e-2),
  /** 7 bits of mantissa. */
  BF16(2, 6e-2),
  /** 10 bits of mantissa, 5 of exponent; PyTorch only. */
  FP16(2, 1e-2);

  private final int bytes;
  private final double tolerance;

  NumberType(int bytes, double tolerance) {
    this.bytes = bytes;
    this.tolerance = tolerance;
  }

  /** Bytes of a number that is read or written. */
  int bytes() {
    return bytes;
  }

  /**
   * How far results may lie from those of Sluice in single precision, |a - b| / |b| in the 2-norm. A
   * wrong gate order, mask or direction gives 0.3 and more. PyTorch 2.13 on a CPU, one layer, (H, B, T)
   * = (96, 8, 400) forward and backward, lay at most 2e-6 away in fp32, 2.5e-2 in bf16 (gradient of a
   * GRU's recurrent weights) and 3.2e-3 in fp16; TF32 is given as many times its rounding as fp16.
   */
  double tolerance() {
    return tolerance;
  }

  /** In which Sluice computes so; empty when it does not. */
  Optional<Precision> precision() {
    return this == FP16 ? Optional.empty() : Optional.of(Precision.valueOf(name()));
  }

  /**
   * The types that this one is compared with: those as wide or wider. fp16 counts as as wide as bf16,
   * since cuDNN has kernels for it alone.
   */
  List<NumberType> equalOrWider() {
    return switch (this) {
      case FP32 -> List.of(FP32);
      case TF32 -> List.of(TF32, FP32);
      case BF16, FP16 -> List.of(BF16, FP16, TF32, FP32);
    };
  }

  /** As it is written: {@code bf16}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
