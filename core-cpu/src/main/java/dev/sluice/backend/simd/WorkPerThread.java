package dev.sluice.backend.simd;

/**
 * How much work makes another thread pay. Handing out a job costs about 0.7 µs while the members
 * spin, so a member should get at least 1.5 µs of work; a busy machine would lose with less.
 *
 * <p>Best of 4000 runs with one and two threads of a Zen 4, in µs:
 *
 * <pre>
 *   elements     add            sigmoid        dropout
 *   2,048        0.14   0.28     0.56   0.44     1.96   1.17
 *   4,096        0.28   0.35     1.10   0.72     3.90   2.17
 *   8,192        0.67   0.50     2.20   1.30     7.86   4.18
 *   32,768       2.67   1.59     9.09   5.32    31.4   16.0
 *   131,072     12.2    5.65    38.1   19.6    126.4   63.3
 * </pre>
 */
final class WorkPerThread {
  /** Elements of a loop of loads, stores and a little arithmetic. */
  static final int SIMPLE = 16_384;

  /** Elements of a loop with a function of {@link VectorMath}, a row's sums, or a rule's root. */
  static final int FUNCTION = 4_096;

  /** Elements of dropout, with their random numbers. */
  static final int RANDOM = 2_048;

  private WorkPerThread() {}
}
