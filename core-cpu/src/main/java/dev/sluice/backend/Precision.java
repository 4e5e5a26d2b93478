package dev.sluice.backend;

/**
 * How a GPU multiplies matrices. Sums are fp32 in each, and so are tensors, weights and states as
 * callers see them; CPU backends know fp32 only.
 */
public enum Precision {
  /** Single precision throughout. */
  FP32,
  /** Factors rounded to 10 bits of mantissa (NVIDIA's TF32), kept in fp32. */
  TF32,
  /**
   * Factors rounded to bfloat16, 7 bits of mantissa. Recurrent layers also keep gates, outputs and
   * their gradients so between forward and backward; states are fp32.
   */
  BF16
}
