package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
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
@Fork(value = 2, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class PeakBenchmark {
  private static final int ROUNDS = 100_000;

  /** GFLOP/s of all threads together. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Rate {
    /** Billions of floating-point operations. */
    public double gflop;
  }

  private final float[] values = new float[12 * LANES];

  /** One call: 12 x ROUNDS vector multiply-adds. */
  @Benchmark
  public float fma(Rate rate) {
    var x = FloatVector.broadcast(SPECIES, 0.999_999f);
    var y = FloatVector.broadcast(SPECIES, values[0]);
    var a0 = FloatVector.fromArray(SPECIES, values, 0);
    var a1 = FloatVector.fromArray(SPECIES, values, LANES);
    var a2 = FloatVector.fromArray(SPECIES, values, 2 * LANES);
    var a3 = FloatVector.fromArray(SPECIES, values, 3 * LANES);
    var a4 = FloatVector.fromArray(SPECIES, values, 4 * LANES);
    var a5 = FloatVector.fromArray(SPECIES, values, 5 * LANES);
    var a6 = FloatVector.fromArray(SPECIES, values, 6 * LANES);
    var a7 = FloatVector.fromArray(SPECIES, values, 7 * LANES);
    var a8 = FloatVector.fromArray(SPECIES, values, 8 * LANES);
    var a9 = FloatVector.fromArray(SPECIES, values, 9 * LANES);
    var a10 = FloatVector.fromArray(SPECIES, values, 10 * LANES);
    var a11 = FloatVector.fromArray(SPECIES, values, 11 * LANES);
    for (int i = 0; i < ROUNDS; i++) {
      a0 = a0.fma(x, y);
      a1 = a1.fma(x, y);
      a2 = a2.fma(x, y);
      a3 = a3.fma(x, y);
      a4 = a4.fma(x, y);
      a5 = a5.fma(x, y);
      a6 = a6.fma(x, y);
      a7 = a7.fma(x, y);
      a8 = a8.fma(x, y);
      a9 = a9.fma(x, y);
      a10 = a10.fma(x, y);
      a11 = a11.fma(x, y);
    }
    rate.gflop += 2e-9 * 12 * LANES * ROUNDS;
    var sum = a0.add(a1).add(a2).add(a3).add(a4).add(a5);
    sum = sum.add(a6).add(a7).add(a8).add(a9).add(a10).add(a11);
    return sum.lane(0);
  }
}
