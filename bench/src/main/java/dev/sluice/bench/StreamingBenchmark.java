package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.WeightStorage;
import java.util.Random;
import java.util.concurrent.TimeUnit;
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
 * One step of two layers with I = H, as a stream arrives: microseconds. A step reads 2·G·H·2H weights,
 * 4, 2 or 1 bytes each; {@link ReadBenchmark} is its ceiling.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 5,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "-XX:+UseTransparentHugePages",
      "-XX:ObjectAlignmentInBytes=64"
    })
public class StreamingBenchmark {
  private static final int LAYERS = 2;
  private static final int CHECKED_STEPS = 3;

  /** H. */
  @Param({"128", "256", "512", "1024"})
  public int hidden;

  /** B. */
  @Param({"1"})
  public int batch;

  /** Which cell. */
  @Param({"LSTM"})
  public CellType cell;

  /** How the weights are stored. */
  @Param({"FLOAT32", "BFLOAT16", "INT8"})
  public WeightStorage storage;

  /** Threads of the backend. */
  @Param({"1", "2"})
  public int threads;

  private Backend backend;
  private RecurrentStepper stepper;
  private RecurrentState state;
  private Tensor x;
  private Tensor y;

  /** Makes the stepper, and throws when its outputs differ from the reference's. */
  @Setup(Level.Trial)
  public void setUp() {
    RecurrentSpec spec = RecurrentSpec.of(cell, hidden, hidden).withLayers(LAYERS);
    backend = Backends.choose("cpu", new BackendOptions(threads, 0)).backend();
    float[] actual = start(backend, spec);
    try (Backend reference = Backends.choose("reference", BackendOptions.DEFAULT).backend()) {
      StreamingBenchmark exact = new StreamingBenchmark();
      exact.batch = batch;
      exact.storage = storage;
      requireClose(exact.start(reference, spec), actual);
    }
  }

  private float[] start(Backend device, RecurrentSpec spec) {
    Tensor weights = random(device, 1, Shape.of((int) spec.weightCount()));
    stepper = device.recurrent().stepper(spec, batch, weights, storage);
    state = RecurrentState.allocate(device, spec, batch);
    x = random(device, 2, Shape.of(batch, spec.inputSize()));
    y = device.allocate(DType.FLOAT32, Shape.of(batch, spec.hiddenSize()));
    for (int i = 0; i < CHECKED_STEPS; i++) {
      stepper.step(x, state, y);
    }
    return y.toFloats();
  }

  private static void requireClose(float[] expected, float[] actual) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
    }
    if (!(difference < 1e-5 * largest)) {
      throw new IllegalStateException(
          "the stepper is off the reference by %g of %g".formatted(difference, largest));
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
    stepper.close();
    backend.close();
  }

  /** One step. */
  @Benchmark
  public Tensor step() {
    stepper.step(x, state, y);
    return y;
  }
}
