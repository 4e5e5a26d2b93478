package dev.sluice.cuda;

import dev.sluice.backend.DType;
import dev.sluice.backend.Precision;

/**
 * How recurrent layers keep what they compute.
 *
 * @param type of inputs, weights, gates, outputs and their gradients within a plan: the operands of
 *     its products. States, cell states and sums are fp32 always
 * @param recompute whether only the layer that is being worked on has gates; backward computes the
 *     others' again
 */
record Storage(DType type, boolean recompute) {
  /** That of a backend. */
  static Storage of(Precision precision, boolean recompute) {
    return new Storage(precision == Precision.BF16 ? DType.BFLOAT16 : DType.FLOAT32, recompute);
  }

  /** Whether numbers are rounded on their way in and widened on their way out. */
  boolean narrow() {
    return type != DType.FLOAT32;
  }

  /** Bytes of that many numbers. */
  long bytes(long count) {
    return count * type.bytes();
  }

  /** The same without {@link #recompute}. */
  Storage keeping() {
    return new Storage(type, false);
  }
}
