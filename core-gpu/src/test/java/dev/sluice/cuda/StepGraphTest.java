package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.Replay;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.data.Corpus;
import dev.sluice.data.Document;
import dev.sluice.data.SplitMethod;
import dev.sluice.optim.Schedule;
import dev.sluice.task.LanguageModelConfig;
import dev.sluice.task.LanguageModelTraining;
import dev.sluice.task.TextData;
import dev.sluice.task.TextOptions;
import dev.sluice.train.NonFiniteReport;
import dev.sluice.train.RunFolder;
import dev.sluice.train.StepReport;
import dev.sluice.train.Trainer;
import dev.sluice.train.TrainingListener;
import dev.sluice.train.TrainingResult;
import dev.sluice.train.ValidationReport;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A training step as one CUDA graph: the same bits as without, and one launch a step. */
class StepGraphTest {
  @TempDir private Path folder;

  /** What a run showed and left. */
  private record Run(
      List<Double> losses, List<Double> norms, List<Double> validations, float[] weights) {}

  private static LanguageModelTraining training(Backend backend, CellType cell) {
    String text = "Peter Piper picked a peck of pickled peppers. ".repeat(12);
    TextOptions options = new TextOptions("char", 100, SplitMethod.STREAMS, 0.1, 4, 9, 1);
    TextData data =
        TextData.of(new Corpus("tiny", List.of(new Document("tiny.txt", text))), options);
    LanguageModelConfig config =
        LanguageModelConfig.DEFAULT.withCell(cell).withSize(2, 12).withDropout(0.2f);
    return new LanguageModelTraining(backend, config, data, LanguageModelTraining.Settings.DEFAULT);
  }

  /** The backend, but whatever is to be replayed is run. */
  private static Backend withoutReplay(Backend backend) {
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (_, method, arguments) -> {
              if (method.getName().equals("replay")) {
                Runnable work = (Runnable) arguments[0];
                return new Replay() {
                  @Override
                  public void run() {
                    work.run();
                  }

                  @Override
                  public void close() {}
                };
              }
              try {
                return method.invoke(backend, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Notes what it is told. */
  private static final class Notes implements TrainingListener {
    private final List<Double> losses = new ArrayList<>();
    private final List<Double> norms = new ArrayList<>();
    private final List<Double> validations = new ArrayList<>();
    private final List<NonFiniteReport> skipped = new ArrayList<>();

    @Override
    public void onStep(StepReport report) {
      losses.add(report.loss());
      norms.add(report.gradientNorm());
    }

    @Override
    public void onValidation(ValidationReport report) {
      validations.add(report.evaluation().loss());
    }

    @Override
    public void onNonFinite(NonFiniteReport report) {
      skipped.add(report);
    }
  }

  private static Run run(Backend backend, CellType cell, int accumulation, int steps)
      throws IOException {
    Notes notes = new Notes();
    try (LanguageModelTraining training = training(backend, cell)) {
      trainer(backend, training, accumulation, notes).maxSteps(steps).build().run();
      return new Run(
          notes.losses,
          notes.norms,
          notes.validations,
          training.problem().parameters().values().toFloats());
    }
  }

  /** The learning rate changes with every step, and 3 epochs and a bit are passed. */
  private static Trainer.Builder trainer(
      Backend backend, LanguageModelTraining training, int accumulation, TrainingListener notes) {
    return Trainer.builder(
            backend, training.problem(), training.optimizer(), new Schedule.Cosine(0.01, 0, 5, 60))
        .accumulation(accumulation)
        .reportEvery(3)
        .validateEvery(5)
        .samples(false)
        .seed(7)
        .listener(notes);
  }

  /**
   * With dropout, carried state, a learning rate that changes, validations between the steps and,
   * with accumulation, a shorter last step in each epoch.
   */
  @ParameterizedTest
  @CsvSource({"LSTM, 1", "LSTM, 4", "GRU, 1", "GRU, 5", "RNN_TANH, 2"})
  void trainsToTheSameBitsAsWithout(CellType cell, int accumulation) throws IOException {
    try (Backend backend = StandIn.open()) {
      try (LanguageModelTraining training = training(backend, cell)) {
        long batches = training.problem().batchesPerEpoch();
        assertTrue(batches % 4 != 0 && batches % 5 != 0 && batches < 20, batches + " batches");
      }
      Run recorded = run(backend, cell, accumulation, 40);
      Run direct = run(withoutReplay(backend), cell, accumulation, 40);
      assertEquals(direct.losses(), recorded.losses());
      assertEquals(direct.norms(), recorded.norms());
      assertEquals(direct.validations(), recorded.validations());
      assertArrayEquals(direct.weights(), recorded.weights());
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 17", "4, 6"})
  void aResumedRunGoesOnToTheBit(int accumulation, int stop) throws IOException {
    try (Backend backend = StandIn.open()) {
      RunFolder kept = new RunFolder(folder);
      try (LanguageModelTraining training = training(backend, CellType.LSTM)) {
        trainer(backend, training, accumulation, new Notes())
            .maxSteps(stop)
            .folder(kept)
            .build()
            .run();
      }
      float[] resumed;
      try (LanguageModelTraining training = training(backend, CellType.LSTM)) {
        trainer(backend, training, accumulation, new Notes())
            .maxSteps(stop + 9)
            .resume(kept.lastCheckpoint())
            .build()
            .run();
        resumed = training.problem().parameters().values().toFloats();
      }
      Run unbroken = run(backend, CellType.LSTM, accumulation, stop + 9);
      assertArrayEquals(unbroken.weights(), resumed);
    }
  }

  /** Weights that were made infinite: no step is applied, and the trainer says so. */
  @Test
  void aLossThatIsNotFiniteIsNoticed() throws IOException {
    try (Backend backend = StandIn.open();
        LanguageModelTraining training = training(backend, CellType.LSTM)) {
      Notes notes = new Notes();
      Tensor bias = training.problem().parameters().parameter("output.bias").value();
      float[] sound = bias.toFloats();
      float[] broken = sound.clone();
      broken[3] = Float.POSITIVE_INFINITY;
      TrainingListener breaks =
          new TrainingListener() {
            @Override
            public void onStep(StepReport report) {
              if (report.step() == 9) {
                bias.upload(broken, 0);
              }
              if (report.step() == 12) {
                bias.upload(sound, 0);
              }
            }
          };
      TrainingResult result =
          trainer(backend, training, 1, notes).listener(breaks).maxSteps(18).build().run();
      assertEquals(18, result.step());
      assertEquals(1, notes.skipped.size());
      assertEquals(12, notes.skipped.getFirst().step());
      assertEquals(3, notes.skipped.getFirst().skipped());
      assertTrue(Double.isFinite(result.trainingLoss()));
      assertEquals(15, training.optimizer().applied());
    }
  }

  /**
   * What a step asks of the driver once it is recorded: the copies of ids and targets and one launch
   * of a graph; no kernel or product by itself, no waiting, no allocation. The heap gets nothing
   * either.
   */
  @Test
  void aSteadyStepIsOneLaunch() throws IOException {
    try (Backend backend = StandIn.open();
        LanguageModelTraining training = training(backend, CellType.LSTM)) {
      CountedSteps steps = new CountedSteps(training.problem(), backend);
      Trainer.builder(backend, steps, training.optimizer(), new Schedule.Constant(0.01))
          .reportEvery(10_000)
          .validateEachEpoch(false)
          .maxSteps(CountedSteps.STEPS)
          .build()
          .run();
      int counted = CountedSteps.COUNTED;
      assertEquals(
          Map.of("cuGraphLaunch", (long) counted, "cuMemcpyHtoDAsync_v2", 2L * counted),
          steps.calls());
      assertEquals(0, steps.heapBytes());
    }
  }

  @Test
  void refusesToRecordAnUpload() {
    try (Backend backend = StandIn.open();
        Tensor x = backend.allocate(DType.FLOAT32, Shape.of(3))) {
      AtomicInteger runs = new AtomicInteger();
      try (Replay replay =
          backend.replay(() -> {
            runs.incrementAndGet();
            x.upload(new float[] {1, 2, 3}, 0);
          })) {
        replay.run();
        assertThrows(IllegalStateException.class, replay::run);
        assertEquals(2, runs.get());
      }
      backend.elements().scale(x, 2);
      assertArrayEquals(new float[] {2, 4, 6}, x.toFloats(), "the lane goes on");
    }
  }

  /** Ids that do not fit are still reported when the work is no longer called. */
  @Test
  void reportsWrongIdsOfAReplay() {
    try (Backend backend = StandIn.open()) {
      Tensor table = backend.allocate(DType.FLOAT32, Shape.of(5, 2));
      Tensor ids = backend.allocate(DType.INT32, Shape.of(2));
      Tensor output = backend.allocate(DType.FLOAT32, Shape.of(2, 2));
      Replay replay = backend.replay(() -> backend.embedding().forward(table, ids, output));
      for (int run = 0; run < 4; run++) {
        ids.upload(new int[] {4, 1}, 0);
        replay.run();
        output.toFloats();
      }
      ids.upload(new int[] {4, 6}, 0);
      replay.run();
      IllegalArgumentException reported =
          assertThrows(IllegalArgumentException.class, output::toFloats);
      assertEquals("embedding: ids hold 6, but the table has 5 rows", reported.getMessage());
      replay.close();
      assertThrows(IllegalStateException.class, replay::run);
    }
  }
}
