package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
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
 * A recurrent stack with I = H: forward, and the training step (forward and backward to x and all
 * weights). A forward counts 2·T·B·L·G·H·2H floating-point operations, a training step three times
 * that.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 5,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "-XX:+UseTransparentHugePages",
      "-XX:ObjectAlignmentInBytes=64"
    })
public class RecurrentBenchmark {
  /** GFLOP/s. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Rate {
    /** Billions of floating-point operations. */
    public double gflop;
  }

  /** H, L, B, T. */
  @Param({"128,1,32,64", "256,2,32,64", "512,1,64,50", "1024,1,64,25"})
  public String shape;

  /** Which cell. */
  @Param({"LSTM", "GRU"})
  public CellType cell;

  /** Threads of the backend. */
  @Param({"1", "2"})
  public int threads;

  private Backend backend;
  private RecurrentWorkload forward;
  private RecurrentWorkload training;
  private Workload.Prepared forwardRun;
  private Workload.Prepared trainingRun;

  /** Makes the layers, and throws when what they compute differs from the reference. */
  @Setup(Level.Trial)
  public void setUp() {
    String[] sizes = shape.split(",");
    int hidden = Integer.parseInt(sizes[0]);
    int layers = Integer.parseInt(sizes[1]);
    int batch = Integer.parseInt(sizes[2]);
    int steps = Integer.parseInt(sizes[3]);
    Precision fp32 = Precision.FP32;
    forward = new RecurrentWorkload(cell, hidden, layers, batch, steps, false, fp32);
    training = new RecurrentWorkload(cell, hidden, layers, batch, steps, true, fp32);
    backend = Backends.choose("cpu", new BackendOptions(threads, 0)).backend();
    forward.check(backend);
    training.check(backend);
    forwardRun = forward.prepare(backend);
    trainingRun = training.prepare(backend);
  }

  /** Frees all. */
  @TearDown(Level.Trial)
  public void tearDown() {
    forwardRun.close();
    trainingRun.close();
    backend.close();
  }

  /** Forward of a plan for inference. */
  @Benchmark
  public Workload.Prepared forward(Rate rate) {
    forwardRun.run();
    rate.gflop += 1e-9 * forward.flops();
    return forwardRun;
  }

  /** Forward and backward. */
  @Benchmark
  public Workload.Prepared train(Rate rate) {
    trainingRun.run();
    rate.gflop += 1e-9 * training.flops();
    return trainingRun;
  }
}
