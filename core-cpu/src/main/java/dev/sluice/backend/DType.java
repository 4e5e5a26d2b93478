package dev.sluice.backend;

/** The type of a tensor's elements. */
public enum DType {
  /** IEEE 754 single precision: weights, activations, gradients, optimiser state. */
  FLOAT32(4),
  /** The upper half of a single-precision number: storage only, never an accumulator. */
  BFLOAT16(2),
  /** Token ids, targets, sequence lengths and counters. */
  INT32(4);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }
}
