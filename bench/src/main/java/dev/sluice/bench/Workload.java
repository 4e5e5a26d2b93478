package dev.sluice.bench;

import dev.sluice.backend.Backend;

/**
 * One thing that is measured: what it is called, how much work an iteration is, and how it is made
 * on a backend. The same workload on two backends, or in another library, has the same weights and
 * inputs.
 */
public interface Workload {
  /** What sets one workload apart from the others: the suite, then what the table's columns show. */
  Name name();

  /**
   * Floating-point operations of an iteration, a multiply-add counted as two; 0 when they say nothing
   * about its speed.
   */
  double flops();

  /** Bytes that an iteration must read or write at least; 0 when they say nothing about its speed. */
  double bytes();

  /** What an iteration makes that users count, for example 1 step or 2,048 tokens. */
  Units units();

  /**
   * Allocates and fills everything.
   *
   * @param backend to run on; stays the caller's
   */
  Prepared prepare(Backend backend);

  /**
   * Compares what the backend computes at this very size with the reference.
   *
   * @throws IllegalStateException when they disagree: a benchmark of wrong results is none
   */
  void check(Backend backend);

  /**
   * What sets a workload apart.
   *
   * @param suite for example {@code cells}
   * @param cell for example {@code LSTM}; or the operation
   * @param shape sizes
   * @param mode for example {@code train}; empty when there is but one
   */
  record Name(String suite, String cell, String shape, String mode) {
    /** For example {@code LSTM 256,2,32,64 train}. */
    public String title() {
      return (cell + " " + shape + " " + mode).strip();
    }
  }

  /**
   * What users count.
   *
   * @param perIteration how many an iteration makes
   * @param noun in the plural, for example {@code tokens}
   */
  record Units(double perIteration, String noun) {}

  /** A workload with its tensors and plans on a backend. */
  interface Prepared extends AutoCloseable {
    /** Enqueues one iteration; allocates nothing. */
    void run();

    /** What the last iteration computed; waits. Outputs come first, then gradients. */
    float[] outputs();

    /** Frees everything. */
    @Override
    void close();
  }
}
