package dev.sluice.backend.simd;

import java.util.Random;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The matrix product of a recurrent step, the right factor packed beforehand as a layer's weights
 * are: every member of the team multiplies all rows with its own panels.
 */
@State(Scope.Benchmark)
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
public class PackedGemmBenchmark implements ThreadTeam.Job {
  /** GFLOP/s. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Rate {
    /** Billions of floating-point operations. */
    public double gflop;
  }

  /** Rows x columns x inner extent. */
  @Param({"66x4096x1024", "768x4096x1024"})
  public String shape;

  /** Members of the team. */
  @Param({"1", "2"})
  public int threads;

  private int m;
  private int n;
  private int k;
  private float[] a;
  private float[] c;
  private PackedPanels b;
  private Gemm.Scratch[] scratch;
  private ThreadTeam team;

  /** Makes the factors, and throws when the product differs from one in double precision. */
  @Setup(Level.Trial)
  public void setUp() {
    String[] sizes = shape.split("x");
    m = Integer.parseInt(sizes[0]);
    n = Integer.parseInt(sizes[1]);
    k = Integer.parseInt(sizes[2]);
    Random random = new Random(1);
    a = new float[m * k];
    c = new float[m * n];
    float[] right = new float[k * n];
    for (int i = 0; i < a.length; i++) {
      a[i] = random.nextFloat() - 0.5f;
    }
    for (int i = 0; i < right.length; i++) {
      right[i] = random.nextFloat() - 0.5f;
    }
    b = new PackedPanels(k, 1, n);
    b.packRows(right, 0, n, 0, k, 1, 0, 1);
    scratch = Gemm.Scratch.forTeam(threads);
    team = new ThreadTeam(threads);
    team.run(threads, this);
    for (int probe = 0; probe < 1000; probe++) {
      int row = random.nextInt(m);
      int column = random.nextInt(n);
      double sum = 0;
      for (int p = 0; p < k; p++) {
        sum += (double) a[row * k + p] * right[p * n + column];
      }
      if (!(Math.abs(sum - c[row * n + column]) < 1e-3)) {
        throw new IllegalStateException("wrong product at " + row + ", " + column);
      }
    }
  }

  /** Ends the team. */
  @TearDown(Level.Trial)
  public void tearDown() {
    team.close();
  }

  /** One product. */
  @Benchmark
  public float[] multiply(Rate rate) {
    team.run(threads, this);
    rate.gflop += 2e-9 * m * n * k;
    return c;
  }

  @Override
  public void run(int part, int parts) {
    int from = b.blockPanels * part / parts;
    int to = b.blockPanels * (part + 1) / parts;
    Gemm.multiply(m, a, 0, k, 1, b, k, from, to, false, c, 0, n, scratch[part]);
  }
}
