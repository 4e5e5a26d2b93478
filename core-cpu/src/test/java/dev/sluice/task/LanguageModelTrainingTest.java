package dev.sluice.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.data.Corpus;
import dev.sluice.data.Document;
import dev.sluice.data.SplitMethod;
import dev.sluice.optim.Schedule;
import dev.sluice.task.LanguageModelTraining.Settings;
import dev.sluice.train.Evaluation;
import dev.sluice.train.Trainer;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LanguageModelTrainingTest {
  private static final LanguageModelConfig SMALL = LanguageModelConfig.DEFAULT.withSize(1, 12);

  /** "abc abd " has one uncertain character in eight at most, and with a state none. */
  @Test
  void aTinyModelLearnsAPattern() throws IOException {
    TextData data = TinyText.data(TinyText.pattern(2000), 4, 16);
    try (Backend backend = TinyText.reference();
        LanguageModelTraining training =
            new LanguageModelTraining(backend, SMALL, data, Settings.DEFAULT)) {
      Trainer.builder(
              backend, training.problem(), training.optimizer(), new Schedule.Constant(0.03))
          .maxSteps(120)
          .build()
          .run();
      Evaluation evaluation = training.problem().evaluate();
      assertTrue(evaluation.loss() < 0.1, "loss " + evaluation.loss());
      assertEquals(
          "c abd abc abd",
          training.model().generate("abd ab", 13, Sampling.DEFAULT.withTemperature(0)));
    }
  }

  /** What the trainer may do between two batches changes nothing of the training. */
  @Test
  void evaluatingAndSamplingLeaveTheTrainingAsItWas() {
    TextData data = TinyText.data(TinyText.pattern(900), 3, 8);
    float[][] gradients = new float[2][];
    for (int disturbed = 0; disturbed < 2; disturbed++) {
      try (Backend backend = TinyText.reference();
          LanguageModelTraining training =
              new LanguageModelTraining(
                  backend, SMALL.withDropout(0.3f).withSize(2, 6), data, Settings.DEFAULT)) {
        LanguageModelProblem problem = training.problem();
        RandomDraw draw = new RandomDraw(1, 0, backend.allocate(DType.INT32, Shape.of(1)));
        problem.startEpoch(0);
        for (int batch = 0; batch < 3; batch++) {
          problem.accumulate(batch, 1, draw);
          if (disturbed == 1) {
            Evaluation first = problem.evaluate();
            assertEquals(first, problem.evaluate());
            assertEquals(problem.sample(), problem.sample());
          }
        }
        gradients[disturbed] = problem.parameters().gradients().toFloats();
        assertEquals(3 * 3 * 8, problem.trainTotal().toFloats()[1]);
      }
    }
    assertArrayEquals(gradients[0], gradients[1]);
  }

  /** The state goes on from window to window, and a new epoch starts from zero. */
  @Test
  void theStateIsCarriedAndResetAtAnEpochsStart() {
    TextData data = TinyText.data(TinyText.pattern(900), 3, 8);
    try (Backend backend = TinyText.reference();
        LanguageModelTraining training =
            new LanguageModelTraining(backend, SMALL, data, Settings.DEFAULT)) {
      LanguageModelProblem problem = training.problem();
      Map<String, Tensor> carried = problem.carried();
      assertEquals(List.of("rnn.h", "rnn.c"), List.copyOf(carried.keySet()));
      float[] zero = new float[3 * 12];
      problem.startEpoch(0);
      assertArrayEquals(zero, carried.get("rnn.h").toFloats());
      problem.accumulate(0, 1, null);
      float[] after = carried.get("rnn.h").toFloats();
      assertTrue(!Arrays.equals(zero, after));
      problem.accumulate(1, 1, null);
      assertTrue(!Arrays.equals(after, carried.get("rnn.h").toFloats()));
      problem.startEpoch(1);
      assertArrayEquals(zero, carried.get("rnn.h").toFloats());
      assertArrayEquals(zero, carried.get("rnn.c").toFloats());
    }
  }

  /** Each split scores every held-out token, and the model's own score agrees. */
  @Test
  void validationCountsEveryHeldOutToken() {
    String text = TinyText.pattern(3000);
    for (SplitMethod method : SplitMethod.values()) {
      Corpus corpus =
          new Corpus(
              "two", List.of(new Document("a", text), new Document("b", text.substring(0, 500))));
      TextData data = TextData.of(corpus, new TextOptions("char", 100, method, 0.2, 4, 16, 1));
      try (Backend backend = TinyText.reference();
          LanguageModelTraining training =
              new LanguageModelTraining(backend, SMALL, data, Settings.DEFAULT)) {
        Evaluation evaluation = training.problem().evaluate();
        long expected =
            switch (method) {
              case DOCUMENTS -> 499;
              case TAIL -> 699;
              case STREAMS -> (long) (3499 / 64 - (int) (3499 / 64 * 0.8)) * 64;
            };
        assertEquals(expected, evaluation.count(), method.toString());
        TextScore score = training.model().score(data);
        assertEquals(evaluation.loss(), score.natsPerToken(), 1e-12);
        assertEquals(
            evaluation.metrics().get("bits per character"), score.bitsPerCharacter(), 1e-12);
        assertEquals(
            score.bitsPerCharacter(), data.score(evaluation.loss()).bitsPerCharacter(), 1e-9);
      }
    }
  }

  /** Nothing held out, batch 1, one step, one unit: it still trains. */
  @Test
  void theSmallestSizesTrain() throws IOException {
    TextData data =
        TextData.of(
            TinyText.corpus("ab"), new TextOptions("char", 100, SplitMethod.TAIL, 0, 1, 1, 1));
    try (Backend backend = TinyText.reference();
        LanguageModelTraining training =
            new LanguageModelTraining(
                backend, LanguageModelConfig.DEFAULT.withSize(1, 1), data, Settings.DEFAULT)) {
      assertEquals(Evaluation.NONE, training.problem().evaluate());
      assertEquals(
          2,
          Trainer.builder(
                  backend, training.problem(), training.optimizer(), new Schedule.Constant(0.1))
              .maxSteps(2)
              .build()
              .run()
              .step());
    }
  }
}
