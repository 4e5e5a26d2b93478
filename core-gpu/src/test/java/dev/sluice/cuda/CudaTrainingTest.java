package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Shape;
import dev.sluice.backend.reference.ReferenceBackend;
import dev.sluice.cli.Main;
import dev.sluice.data.Corpus;
import dev.sluice.data.Document;
import dev.sluice.parity.Narrowing;
import dev.sluice.task.LanguageModelConfig;
import dev.sluice.task.LanguageModelProblem;
import dev.sluice.task.LanguageModelTraining;
import dev.sluice.task.TextData;
import dev.sluice.task.TextOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Training steps, from ids to updated weights, agree with the CPU's. */
class CudaTrainingTest {
  private static final int STEPS = 5;
  private static final Pattern LOSS = Pattern.compile("\"loss\":([0-9.Ee+-]+)");

  @TempDir private Path folder;

  /** What some training steps left: the total loss after each, and the weights after the last. */
  private record Trained(List<Float> losses, float[] weights) {}

  @ParameterizedTest
  @EnumSource(CellType.class)
  void stepsAgreeWithTheCpu(CellType cell) {
    Trained expected;
    try (Backend cpu = Backends.choose("cpu", BackendOptions.DEFAULT).backend()) {
      expected = train(cpu, cell);
    }
    Trained actual;
    Trained again;
    try (Backend gpu = StandIn.open()) {
      actual = train(gpu, cell);
      again = train(gpu, cell);
    }
    for (int step = 0; step < STEPS; step++) {
      float loss = expected.losses().get(step);
      assertEquals(loss, actual.losses().get(step), 2e-5f * loss, "step " + step);
    }
    for (int i = 0; i < expected.weights().length; i++) {
      // Adam's steps are 0.01 long whatever the gradient, so a tiny one may turn around.
      assertEquals(expected.weights()[i], actual.weights()[i], 2e-3f, "weight " + i);
    }
    assertEquals(actual.losses(), again.losses());
    assertArrayEquals(actual.weights(), again.weights(), "the same run twice");
  }

  /**
   * Reduced precision trains as fp32 does, but for at most twice what becomes of the same training on
   * a reference that rounds where the GPU does, and for what fp32 itself may be off.
   */
  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"TF32", "BF16"})
  void reducedPrecisionTrainsAsItsRoundingAllows(Precision precision) {
    List<Float> exact;
    List<Float> rounded;
    List<Float> cpu;
    try (Backend reference = new ReferenceBackend();
        Backend rounding = new ReferenceBackend(Narrowing.nearest(precision));
        Backend simd = Backends.choose("cpu", BackendOptions.DEFAULT).backend()) {
      exact = train(reference, CellType.LSTM).losses();
      rounded = train(rounding, CellType.LSTM).losses();
      cpu = train(simd, CellType.LSTM).losses();
    }
    float worst = 0;
    for (int step = 0; step < STEPS; step++) {
      worst = Math.max(worst, Math.abs(exact.get(step) - rounded.get(step)));
    }
    BackendOptions options = new BackendOptions(0, 0, precision);
    Trained actual;
    Trained again;
    try (Backend gpu = StandIn.open(options)) {
      actual = train(gpu, CellType.LSTM);
      again = train(gpu, CellType.LSTM);
    }
    for (int step = 0; step < STEPS; step++) {
      float loss = cpu.get(step);
      float bound = 2 * worst + 2e-5f * loss;
      assertEquals(loss, actual.losses().get(step), bound, "step " + step);
    }
    // The total grows by each step's loss.
    float first = actual.losses().getFirst();
    float last = actual.losses().getLast() - actual.losses().get(STEPS - 2);
    assertTrue(last < 0.98f * first, "it falls from " + first + " to " + last);
    assertEquals(actual.losses(), again.losses());
    assertArrayEquals(actual.weights(), again.weights(), "the same run twice");
  }

  private static Trained train(Backend backend, CellType cell) {
    try (LanguageModelTraining training = training(backend, cell)) {
      LanguageModelProblem problem = training.problem();
      RandomDraw draw = new RandomDraw(1, 0, backend.allocate(DType.INT32, Shape.of(1)));
      List<Float> losses = new ArrayList<>();
      problem.startEpoch(0);
      for (int step = 0; step < STEPS; step++) {
        step(backend, training, draw, step);
        losses.add(problem.trainTotal().toFloats()[0]);
      }
      return new Trained(losses, problem.parameters().values().toFloats());
    }
  }

  private static void step(
      Backend backend, LanguageModelTraining training, RandomDraw draw, int step) {
    training.problem().parameters().zeroGradients();
    training.problem().accumulate(step, 1, draw);
    training.optimizer().step(0.01);
    backend.elements().increment(draw.step());
  }

  private static LanguageModelTraining training(Backend backend, CellType cell) {
    String text = "Peter Piper picked a peck of pickled peppers. ".repeat(40);
    TextData data =
        TextData.of(
            new Corpus("tiny", List.of(new Document("tiny.txt", text))),
            TextOptions.DEFAULT.withWindow(4, 9));
    LanguageModelConfig config =
        LanguageModelConfig.DEFAULT.withCell(cell).withSize(2, 12).withDropout(0.2f);
    return new LanguageModelTraining(backend, config, data, LanguageModelTraining.Settings.DEFAULT);
  }

  @Test
  void theCommandLineTrainsOnIt() throws IOException {
    StandIn.require();
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "She sells sea shells on the sea shore. ".repeat(100));
    List<Double> cpu = losses("cpu", text);
    List<Double> cuda = losses("cuda", text);
    assertFalse(cpu.isEmpty());
    assertEquals(cpu.size(), cuda.size());
    for (int i = 0; i < cpu.size(); i++) {
      assertEquals(cpu.get(i), cuda.get(i), 1e-4 * cpu.get(i), "loss " + i);
    }
  }

  /** A run in bf16, its configuration, and what can be done with its model. */
  @Test
  void theCommandLineTrainsInBf16() throws IOException {
    StandIn.require();
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "She sells sea shells on the sea shore. ".repeat(100));
    Path run = folder.resolve("cuda");
    losses("cuda", text, "--precision=bf16", "--recompute");
    String config = Files.readString(run.resolve("config.yaml"));
    assertTrue(config.contains("precision: bf16"), config);
    assertTrue(config.contains("recompute: true"), config);
    String model = "--model=" + run;
    run("generate", model, "--device=cuda", "--precision=bf16", "--length=20");
    run("eval", model, "--device=cuda", "--precision=tf32");
    // Elsewhere it goes on in that device's precision.
    String[] resumed = {
      "train", "--resume=" + run, "--max-steps=8", "--device=cpu", "--precision=fp32"
    };
    String refused = fails(resumed);
    assertTrue(refused.contains("--recompute is for GPUs"), refused);
    run(Stream.concat(Stream.of(resumed), Stream.of("--recompute=false")).toArray(String[]::new));
  }

  private static void run(String... arguments) {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
    assertEquals(0, Main.run(arguments, out, out), () -> printed.toString(StandardCharsets.UTF_8));
  }

  private static String fails(String... arguments) {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
    assertEquals(2, Main.run(arguments, out, out), () -> printed.toString(StandardCharsets.UTF_8));
    return printed.toString(StandardCharsets.UTF_8);
  }

  private List<Double> losses(String device, Path text, String... more) throws IOException {
    Path run = folder.resolve(device);
    String[] arguments = {
      "train",
      "--device",
      device,
      "--data",
      text.toString(),
      "--hidden",
      "12",
      "--layers",
      "2",
      "--batch",
      "4",
      "--bptt",
      "8",
      "--max-steps",
      "6",
      "--out",
      run.toString()
    };
    run(Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new));
    List<Double> losses = new ArrayList<>();
    Matcher found = LOSS.matcher(Files.readString(run.resolve("metrics.jsonl")));
    while (found.find()) {
      losses.add(Double.valueOf(found.group(1)));
    }
    assertTrue(Files.exists(run.resolve("report.html")));
    return losses;
  }

  /**
   * Nothing of a whole training step is allocated anew, on the device or (below 1 KB) on the heap.
   */
  @Test
  void aSteadyStepAllocatesNextToNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Backend backend = StandIn.open();
        LanguageModelTraining training = training(backend, CellType.LSTM)) {
      RandomDraw draw = new RandomDraw(1, 0, backend.allocate(DType.INT32, Shape.of(1)));
      for (int warm = 0; warm < 10; warm++) {
        step(backend, training, draw, warm);
      }
      long device = backend.allocatedBytes();
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int step = 0; step < 10; step++) {
        step(backend, training, draw, step);
      }
      long each = (threads.getCurrentThreadAllocatedBytes() - before) / 10;
      assertTrue(each < 1024, each + " bytes a step");
      assertEquals(device, backend.allocatedBytes());
    }
  }
}
