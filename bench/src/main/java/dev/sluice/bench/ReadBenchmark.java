package dev.sluice.bench;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
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
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * How fast memory is read: every thread adds up its share of so many bytes, front to back, on eight
 * vectors. The ceiling of {@link StreamingBenchmark}; run it with {@code -t 1} and {@code -t 2}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 5,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "-XX:+UseTransparentHugePages",
      "-XX:ObjectAlignmentInBytes=64"
    })
public class ReadBenchmark {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final int STEP = 8 * LANES;

  /** GB/s. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Rate {
    /** Billions of bytes. */
    public double gigabytes;
  }

  /** Size of what all threads read. */
  @Param({"1", "4", "16", "64"})
  public int mebibytes;

  private float[] data;
  private int length;

  /** Allocates a thread's share, and throws when its sum is wrong. */
  @Setup(Level.Trial)
  public void setUp(BenchmarkParams params) {
    int share = (mebibytes << 18) / params.getThreads();
    length = share / STEP * STEP;
    data = new float[CeilingLoop.FIRST + length];
    Arrays.fill(data, 1);
    if (sum(data) != length) {
      throw new IllegalStateException("the sum is " + sum(data) + ", not " + length);
    }
  }

  /** Reads everything once. */
  @Benchmark
  public float read(Rate rate) {
    rate.gigabytes += 4e-9 * length;
    return sum(data);
  }

  private static float sum(float[] data) {
    var s0 = FloatVector.zero(SPECIES);
    var s1 = FloatVector.zero(SPECIES);
    var s2 = FloatVector.zero(SPECIES);
    var s3 = FloatVector.zero(SPECIES);
    var s4 = FloatVector.zero(SPECIES);
    var s5 = FloatVector.zero(SPECIES);
    var s6 = FloatVector.zero(SPECIES);
    var s7 = FloatVector.zero(SPECIES);
    for (int i = CeilingLoop.FIRST; i < data.length; i += STEP) {
      s0 = s0.add(FloatVector.fromArray(SPECIES, data, i));
      s1 = s1.add(FloatVector.fromArray(SPECIES, data, i + LANES));
      s2 = s2.add(FloatVector.fromArray(SPECIES, data, i + 2 * LANES));
      s3 = s3.add(FloatVector.fromArray(SPECIES, data, i + 3 * LANES));
      s4 = s4.add(FloatVector.fromArray(SPECIES, data, i + 4 * LANES));
      s5 = s5.add(FloatVector.fromArray(SPECIES, data, i + 5 * LANES));
      s6 = s6.add(FloatVector.fromArray(SPECIES, data, i + 6 * LANES));
      s7 = s7.add(FloatVector.fromArray(SPECIES, data, i + 7 * LANES));
    }
    var sum = s0.add(s1).add(s2).add(s3).add(s4.add(s5).add(s6).add(s7));
    return sum.reduceLanes(VectorOperators.ADD);
  }
}
