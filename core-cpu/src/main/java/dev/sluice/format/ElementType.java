package dev.sluice.format;

/** The element types of safetensors files that are read or written here. */
public enum ElementType {
  /** IEEE 754 single precision. */
  F32(4),
  /** IEEE 754 double precision; read only, rounded to single. */
  F64(8),
  /** IEEE 754 half precision; read only, exact in single. */
  F16(2),
  /** The upper half of a single-precision number; read only, exact in single. */
  BF16(2),
  /** 32-bit integer. */
  I32(4),
  /** 64-bit integer. */
  I64(8);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether the elements are read as {@code float}. */
  public boolean isFloatingPoint() {
    return this != I32 && this != I64;
  }
}
