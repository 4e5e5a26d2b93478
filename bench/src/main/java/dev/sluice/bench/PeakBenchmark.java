package dev.sluice.bench;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The ceiling of every other figure: fused multiply-adds on twelve independent accumulators, nothing
 * read from memory. Run with {@code -t 2} for two cores.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 5, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class PeakBenchmark {
  private static final int ROUNDS = 100_000;
  private static final float FACTOR = 0.999_999f;

  /** GFLOP/s of all threads together. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Rate {
    /** Billions of floating-point operations. */
    public double gflop;
  }

  /** Vector width; more than the machine has is refused. */
  @Param({"128", "256", "512"})
  public int bits;

  private CeilingLoop loop;
  private float[] values;

  /** Makes the loop, and throws when it does not compute what a plain loop computes. */
  @Setup(Level.Trial)
  public void setUp() {
    if (!CeilingLoop.widths().contains(bits)) {
      throw new IllegalStateException("this machine has no vectors of " + bits + " bits");
    }
    loop = CeilingLoop.fma(bits);
    values = new float[CeilingLoop.ACCUMULATORS * bits / Float.SIZE];
    Arrays.fill(values, 0.25f);
    float accumulator = 0.25f;
    for (int i = 0; i < 10; i++) {
      accumulator = Math.fma(accumulator, FACTOR, 0.25f);
    }
    float expected = CeilingLoop.ACCUMULATORS * accumulator;
    float actual = loop.run(values, 10);
    if (!(Math.abs(actual - expected) <= 1e-5 * expected)) {
      throw new IllegalStateException("the loop gave " + actual + ", not " + expected);
    }
  }

  /** One call: 12 x ROUNDS vector multiply-adds. */
  @Benchmark
  public float fma(Rate rate) {
    rate.gflop += 2e-9 * CeilingLoop.ACCUMULATORS * (bits / Float.SIZE) * ROUNDS;
    return loop.run(values, ROUNDS);
  }
}
