package dev.sluice.backend.simd;

/** How much work makes another thread pay. Waking one costs about a microsecond. */
final class WorkPerThread {
  /** Elements of a loop of loads, stores and a little arithmetic. */
  static final int SIMPLE = 32_768;

  /** Elements of a loop with a function of {@link VectorMath}, or an optimiser's rule. */
  static final int FUNCTION = 8_192;

  /** Elements of dropout, with their random numbers. */
  static final int RANDOM = 4_096;

  private WorkPerThread() {}
}
