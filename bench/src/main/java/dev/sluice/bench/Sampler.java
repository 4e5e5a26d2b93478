package dev.sluice.bench;

import com.sun.management.ThreadMXBean;
import dev.sluice.backend.Backend;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/**
 * Collects samples of one workload over several rounds. A round warms up until the median stands
 * still, then takes samples; it allocates nothing meanwhile, so that what is counted as allocated is
 * the workload's.
 */
final class Sampler {
  /**
   * How long to measure.
   *
   * @param warmNanos longest warm-up of a round
   * @param sampleNanos how long a round takes samples
   * @param leastSamples of a round, however long they take
   */
  record Effort(long warmNanos, long sampleNanos, int leastSamples) {
    /** The same with less time. */
    Effort atMost(long nanos) {
      return new Effort(
          Math.min(warmNanos, nanos / 2), Math.min(sampleNanos, nanos / 2), leastSamples);
    }
  }

  private static final int MOST_SAMPLES = 1 << 16;
  private static final long SAMPLE_NANOS = 8_000_000;
  private static final int WINDOW = 5;
  private static final double STEADY = 0.02;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Backend backend;
  private final boolean eachAlone;
  private final double[] nanos = new double[MOST_SAMPLES];
  private int count;
  private double allocated = Double.MAX_VALUE;

  /**
   * An empty collection.
   *
   * @param backend what the workload runs on
   * @param eachAlone whether each iteration is a sample, however short, because its latency counts
   */
  Sampler(Backend backend, boolean eachAlone) {
    this.backend = backend;
    this.eachAlone = eachAlone;
  }

  /** Takes the samples of one round. */
  void round(Workload.Prepared run, Effort effort) {
    double iteration = warmUp(run, effort.warmNanos());
    int repeats = eachAlone ? 1 : (int) Math.clamp(SAMPLE_NANOS / iteration, 1, 1 << 20);
    long start = System.nanoTime();
    int first = count;
    int counted = count;
    long before = THREADS.getTotalThreadAllocatedBytes();
    boolean more = count < MOST_SAMPLES;
    while (more) {
      nanos[count++] = time(run, repeats);
      more =
          count < MOST_SAMPLES
              && (count - first < effort.leastSamples()
                  || System.nanoTime() - start < effort.sampleNanos());
      double looked = (double) (count - counted) * repeats;
      boolean only = !more && counted == first;
      if (only || looked * iteration >= SAMPLE_NANOS) {
        long bytes = THREADS.getTotalThreadAllocatedBytes();
        allocated = Math.min(allocated, (bytes - before) / looked);
        before = bytes;
        counted = count;
      }
    }
  }

  /** Runs until the median of a few samples stands still; answers the time of an iteration. */
  private double warmUp(Workload.Prepared run, long longest) {
    long start = System.nanoTime();
    double iteration = time(run, 1);
    double[] window = new double[WINDOW];
    double earlier = Double.MAX_VALUE;
    int still = 0;
    while (System.nanoTime() - start < longest && still < 2) {
      int repeats = (int) Math.clamp(SAMPLE_NANOS / 4 / iteration, 1, 1 << 20);
      for (int i = 0; i < WINDOW && System.nanoTime() - start < longest; i++) {
        window[i] = time(run, repeats);
      }
      Arrays.sort(window);
      iteration = Math.max(1, window[WINDOW / 2] > 0 ? window[WINDOW / 2] : window[WINDOW - 1]);
      still = Math.abs(iteration - earlier) <= STEADY * earlier ? still + 1 : 0;
      earlier = iteration;
    }
    return iteration;
  }

  /** Nanoseconds of an iteration, the mean of some. */
  private double time(Workload.Prepared run, int repeats) {
    long start = System.nanoTime();
    for (int i = 0; i < repeats; i++) {
      run.run();
    }
    backend.finish();
    return (double) (System.nanoTime() - start) / repeats;
  }

  /** All samples so far. */
  Timing timing() {
    return Timing.of(Arrays.copyOf(nanos, count));
  }

  /**
   * Bytes that an iteration allocated on the heap, of all threads, the fewest that were seen over 8 ms
   * or in a longer iteration: code that is not compiled yet boxes vectors.
   */
  long allocatedPerIteration() {
    return Math.round(allocated);
  }
}
