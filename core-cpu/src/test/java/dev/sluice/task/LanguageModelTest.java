package dev.sluice.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.data.Tokenizer;
import dev.sluice.data.Tokenizers;
import dev.sluice.nn.Gradients;
import dev.sluice.nn.Parameter;
import dev.sluice.nn.Pass;
import dev.sluice.nn.SequentialPlan;
import dev.sluice.task.LanguageModelConfig.InitialWeights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LanguageModelTest {
  private static final String TEXT = TinyText.pattern(300) + "xyz,. ";

  /** Cells, one-hot, tied, normalised, dropout, initial weights, sizes of 1. */
  static List<LanguageModelConfig> configs() {
    LanguageModelConfig small = LanguageModelConfig.DEFAULT.withSize(1, 5);
    List<LanguageModelConfig> configs = new ArrayList<>();
    for (CellType cell : CellType.values()) {
      configs.add(small.withCell(cell).withSize(2, 5));
    }
    configs.add(small.withEmbedding(0));
    configs.add(small.withEmbedding(3).withDropout(0.5f));
    configs.add(small.withTied(true));
    configs.add(small.withSize(1, 1));
    configs.add(
        new LanguageModelConfig(
            CellType.GRU, true, 2, 4, 0, 0.1f, false, true, 0, InitialWeights.ORTHOGONAL));
    configs.add(
        new LanguageModelConfig(
            CellType.LSTM, false, 3, 4, 4, 0.1f, true, true, 2, InitialWeights.XAVIER));
    return configs;
  }

  private static LanguageModel model(Backend backend, LanguageModelConfig config) {
    Tokenizer tokenizer = Tokenizers.fit("char", List.of(TEXT), 100);
    return LanguageModel.create(backend, config, tokenizer, 3);
  }

  /** The generator's step by step path computes what the whole-window path does. */
  @Test
  void greedyTextIsTheLikeliestOfWholeSequencePasses() {
    for (LanguageModelConfig config : configs()) {
      try (Backend backend = TinyText.reference();
          LanguageModel model = model(backend, config)) {
        int length = 12;
        String prompt = "abc x";
        String greedy = model.generate(prompt, length, Sampling.DEFAULT.withTemperature(0));
        int[] ids = model.tokenizer().encode(prompt + greedy);
        int steps = ids.length - 1;
        Shape window = Shape.of(steps, 1);
        Tensor inputs = backend.allocate(DType.INT32, window);
        inputs.upload(ids, 0);
        try (SequentialPlan plan = model.layers().plan(backend, window, Gradients.NONE)) {
          float[] logits = plan.forward(inputs, Pass.PLAIN).toFloats();
          int vocabulary = model.tokenizer().size();
          for (int t = prompt.length() - 1; t < steps; t++) {
            int best = 1; // 0 is the unknown token, which is never generated
            for (int v = 2; v < vocabulary; v++) {
              best = logits[t * vocabulary + v] > logits[t * vocabulary + best] ? v : best;
            }
            assertEquals(best, ids[t + 1], config + " at step " + t);
          }
        }
      }
    }
  }

  @Test
  void theSameSeedDrawsTheSameWeightsAndAnotherSeedOthers() {
    try (Backend backend = TinyText.reference()) {
      Tokenizer tokenizer = Tokenizers.fit("char", List.of(TEXT), 100);
      float[] first =
          LanguageModel.create(backend, LanguageModelConfig.DEFAULT.withSize(1, 4), tokenizer, 1)
              .parameters()
              .values()
              .toFloats();
      float[] same =
          LanguageModel.create(backend, LanguageModelConfig.DEFAULT.withSize(1, 4), tokenizer, 1)
              .parameters()
              .values()
              .toFloats();
      float[] other =
          LanguageModel.create(backend, LanguageModelConfig.DEFAULT.withSize(1, 4), tokenizer, 2)
              .parameters()
              .values()
              .toFloats();
      assertArrayEquals(first, same);
      assertTrue(!Arrays.equals(first, other));
    }
  }

  @Test
  void theForgetBiasStartsAsConfigured() {
    try (Backend backend = TinyText.reference();
        LanguageModel model = model(backend, LanguageModelConfig.DEFAULT.withSize(1, 3))) {
      float[] bias = model.parameters().parameter("rnn.bias_ih_l0").value().toFloats();
      assertArrayEquals(new float[] {1, 1, 1}, Arrays.copyOfRange(bias, 3, 6));
    }
  }

  /** A model that knows nothing, all weights zero, needs log2 V bits for each character. */
  @Test
  void theScoreOfAUniformModelIsLog2OfTheVocabulary() {
    try (Backend backend = TinyText.reference();
        LanguageModel model = model(backend, LanguageModelConfig.DEFAULT.withSize(1, 4))) {
      for (Parameter parameter : model.parameters().parameters()) {
        backend.elements().fill(parameter.value(), 0);
      }
      TextScore score = model.score(TEXT);
      int vocabulary = model.tokenizer().size();
      assertEquals(Math.log(vocabulary) / Math.log(2), score.bitsPerCharacter(), 1e-6);
      assertEquals(vocabulary, score.perplexity(), 1e-4);
      assertEquals(TEXT.length() - 1, score.tokens());
      assertEquals(TEXT.length() - 1, score.characters());
    }
  }

  @Test
  void anUnknownPieceInAPromptIsNamed() {
    try (Backend backend = TinyText.reference();
        LanguageModel model = model(backend, LanguageModelConfig.DEFAULT.withSize(1, 4))) {
      String message =
          assertThrows(
                  IllegalArgumentException.class, () -> model.generate("ab€", 3, Sampling.DEFAULT))
              .getMessage();
      assertTrue(message.contains("€"), message);
      assertEquals(1, model.score("ab€").unknownTokens());
    }
  }

  @Test
  void configsThatMakeNoSenseAreRefused() {
    LanguageModelConfig fine = LanguageModelConfig.DEFAULT;
    assertThrows(IllegalArgumentException.class, () -> fine.withSize(0, 4));
    assertThrows(IllegalArgumentException.class, () -> fine.withSize(1, 0));
    assertThrows(IllegalArgumentException.class, () -> fine.withEmbedding(-2));
    assertThrows(IllegalArgumentException.class, () -> fine.withDropout(1));
    assertThrows(IllegalArgumentException.class, () -> fine.withEmbedding(7).withTied(true));
    assertThrows(IllegalArgumentException.class, () -> fine.withEmbedding(0).resolve(100_000));
  }
}
