package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
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
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-XX:+UseTransparentHugePages"})
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
  private RecurrentSpec spec;
  private RecurrentPlan plan;
  private int batch;
  private int steps;
  private Tensor weights;
  private Tensor x;
  private Tensor y;
  private Tensor dy;
  private Tensor dx;
  private Tensor dWeights;
  private double forwardGflop;

  /** Makes the layer, and throws when its outputs differ from the reference's on a small batch. */
  @Setup(Level.Trial)
  public void setUp() {
    String[] sizes = shape.split(",");
    int hidden = Integer.parseInt(sizes[0]);
    int layers = Integer.parseInt(sizes[1]);
    batch = Integer.parseInt(sizes[2]);
    steps = Integer.parseInt(sizes[3]);
    spec = RecurrentSpec.of(cell, hidden, hidden).withLayers(layers);
    backend = Backends.choose("cpu", new BackendOptions(threads, 0)).backend();
    check();
    plan = backend.recurrent().plan(spec, steps, batch, true);
    weights = random(backend, 1, Shape.of((int) spec.weightCount()));
    dWeights = backend.allocate(DType.FLOAT32, weights.shape());
    Shape shapeOfX = Shape.of(steps, batch, hidden);
    x = random(backend, 2, shapeOfX);
    dy = random(backend, 3, shapeOfX);
    y = backend.allocate(DType.FLOAT32, shapeOfX);
    dx = backend.allocate(DType.FLOAT32, shapeOfX);
    forwardGflop = 2e-9 * steps * batch * layers * cell.gates() * hidden * 2 * hidden;
  }

  private void check() {
    int few = 2;
    try (Backend reference = Backends.choose("reference", BackendOptions.DEFAULT).backend()) {
      float[] expected = forwardAndGradient(reference, few);
      float[] actual = forwardAndGradient(backend, few);
      double largest = 0;
      double difference = 0;
      for (int i = 0; i < expected.length; i++) {
        largest = Math.max(largest, Math.abs(expected[i]));
        difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
      }
      if (!(difference < 1e-4 * largest)) {
        throw new IllegalStateException(
            "the backend is off the reference by %g of %g".formatted(difference, largest));
      }
    }
  }

  private float[] forwardAndGradient(Backend device, int few) {
    Shape small = Shape.of(few, few, spec.inputSize());
    try (RecurrentPlan smallPlan = device.recurrent().plan(spec, few, few, true)) {
      Tensor smallWeights = random(device, 1, Shape.of((int) spec.weightCount()));
      Tensor smallX = random(device, 2, small);
      Tensor smallY = device.allocate(DType.FLOAT32, small);
      Tensor smallDx = device.allocate(DType.FLOAT32, small);
      Tensor gradient = device.allocate(DType.FLOAT32, smallWeights.shape());
      smallPlan.forward(smallWeights, smallX, null, null, smallY, null, null);
      smallPlan.backward(random(device, 3, small), null, smallDx, null, gradient);
      float[] values = new float[(int) (2 * small.size() + spec.weightCount())];
      smallY.download(values, 0);
      smallDx.download(values, (int) small.size());
      gradient.download(values, (int) (2 * small.size()));
      return values;
    }
  }

  private static Tensor random(Backend device, long seed, Shape shape) {
    Random random = new Random(seed);
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = 0.2f * (random.nextFloat() - 0.5f);
    }
    Tensor tensor = device.allocate(DType.FLOAT32, shape);
    tensor.upload(values, 0);
    return tensor;
  }

  /** Frees all. */
  @TearDown(Level.Trial)
  public void tearDown() {
    plan.close();
    backend.close();
  }

  /** Forward of a training plan. */
  @Benchmark
  public Tensor forward(Rate rate) {
    plan.forward(weights, x, null, null, y, null, null);
    rate.gflop += forwardGflop;
    return y;
  }

  /** Forward and backward. */
  @Benchmark
  public Tensor train(Rate rate) {
    plan.forward(weights, x, null, null, y, null, null);
    plan.backward(dy, null, dx, null, dWeights);
    rate.gflop += 3 * forwardGflop;
    return dx;
  }
}
