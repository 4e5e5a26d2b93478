package dev.sluice.bench;

import java.util.concurrent.CountDownLatch;
import java.util.function.IntFunction;

/** Threads that do the same kind of work at the same time, to see what they reach together. */
final class Gang {
  /** A chunk of one thread's work; answers how much it was. */
  interface Work {
    double chunk();
  }

  private Gang() {}

  /**
   * Lets threads work for a while.
   *
   * @param threads how many
   * @param nanos how long each works at least
   * @param work what each does, by its number; the first chunk is not timed
   * @return amount of work a nanosecond, of all threads together
   */
  static double rate(int threads, long nanos, IntFunction<Work> work) {
    double[] rates = new double[threads];
    CountDownLatch ready = new CountDownLatch(threads);
    Thread[] team = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      int number = i;
      team[i] =
          new Thread(() -> rates[number] = one(work.apply(number), nanos, ready), "ceiling-" + i);
      team[i].setDaemon(true);
      team[i].start();
    }
    double sum = 0;
    for (int i = 0; i < threads; i++) {
      try {
        team[i].join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while measuring", e);
      }
      sum += rates[i];
    }
    return sum;
  }

  private static double one(Work work, long nanos, CountDownLatch ready) {
    work.chunk();
    ready.countDown();
    while (ready.getCount() > 0) {
      Thread.onSpinWait();
    }
    long start = System.nanoTime();
    double done = 0;
    long elapsed;
    do {
      done += work.chunk();
      elapsed = System.nanoTime() - start;
    } while (elapsed < nanos);
    return done / elapsed;
  }
}
