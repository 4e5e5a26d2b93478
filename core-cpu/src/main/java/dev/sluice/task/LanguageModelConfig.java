package dev.sluice.task;

import dev.sluice.backend.CellType;

/**
 * Sizes and options of a {@link LanguageModel}.
 *
 * @param cell recurrent cell
 * @param resetBefore GRU only: the reset gate before the recurrent product
 * @param layers recurrent layers, L, at least 1
 * @param hidden units of each layer, H, at least 1
 * @param embedding numbers that stand for a token at the input, E; 0 for one-hot inputs; {@link
 *     #AUTOMATIC} for what suits the vocabulary
 * @param dropout probability of dropping an output of a recurrent layer in training, at least 0 and
 *     below 1
 * @param tied whether the embedding serves as output weights too; E must be H then
 * @param layerNorm whether the output of the last recurrent layer is normalised
 * @param forgetBias LSTM only: what the forget gate's bias starts from; NaN to draw it like the
 *     others
 * @param initialWeights how the weights are drawn
 */
public record LanguageModelConfig(
    CellType cell,
    boolean resetBefore,
    int layers,
    int hidden,
    int embedding,
    float dropout,
    boolean tied,
    boolean layerNorm,
    float forgetBias,
    InitialWeights initialWeights) {
  /** An embedding size that depends on the vocabulary: see {@link #resolve}. */
  public static final int AUTOMATIC = -1;

  /** Above this vocabulary a one-hot input would waste more memory than an embedding saves work. */
  private static final int LARGEST_ONE_HOT = 4096;

  /** One LSTM layer of 256 units. */
  public static final LanguageModelConfig DEFAULT =
      new LanguageModelConfig(
          CellType.LSTM, false, 1, 256, AUTOMATIC, 0, false, false, 1, InitialWeights.UNIFORM);

  /** How initial weights are drawn. */
  public enum InitialWeights {
    /** As PyTorch does: uniform in ±1/√H. */
    UNIFORM,
    /** Xavier uniform, biases zero. */
    XAVIER,
    /** Recurrent weights orthogonal, the others Xavier uniform, biases zero, as Keras does. */
    ORTHOGONAL
  }

  public LanguageModelConfig {
    require(layers >= 1, "layers must be at least 1, not " + layers);
    require(hidden >= 1, "hidden must be at least 1, not " + hidden);
    require(
        embedding >= AUTOMATIC, "embedding must be at least 0 (0 for one-hot), not " + embedding);
    require(dropout >= 0 && dropout < 1, "dropout must be at least 0 and below 1, not " + dropout);
    require(
        !resetBefore || cell == CellType.GRU, "the reset gate is the GRU's; " + cell + " has none");
    require(
        Float.isNaN(forgetBias) || Float.isFinite(forgetBias),
        "the forget gate's bias must be finite, not " + forgetBias);
    require(
        !tied || embedding == AUTOMATIC || embedding == hidden,
        "tied weights need an embedding of the hidden size, %d, not of %d"
            .formatted(hidden, embedding));
    if (cell != CellType.LSTM) {
      forgetBias = Float.NaN;
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /**
   * The same with an embedding size for a vocabulary: H when tied; else at most H, 64 for up to 1024
   * tokens and 256 beyond.
   *
   * @param vocabulary V, at least 2
   * @throws IllegalArgumentException when the vocabulary is too large for one-hot inputs
   */
  public LanguageModelConfig resolve(int vocabulary) {
    require(
        embedding != 0 || vocabulary <= LARGEST_ONE_HOT,
        "one-hot inputs are for up to %d tokens; %d tokens need an embedding"
            .formatted(LARGEST_ONE_HOT, vocabulary));
    if (embedding != AUTOMATIC) {
      return this;
    }
    return withEmbedding(tied ? hidden : Math.min(hidden, vocabulary <= 1024 ? 64 : 256));
  }

  /** The same with another cell. */
  public LanguageModelConfig withCell(CellType value) {
    return new LanguageModelConfig(
        value,
        resetBefore,
        layers,
        hidden,
        embedding,
        dropout,
        tied,
        layerNorm,
        value == CellType.LSTM && cell != CellType.LSTM ? DEFAULT.forgetBias : forgetBias,
        initialWeights);
  }

  /** The same with L layers of H units. */
  public LanguageModelConfig withSize(int layerCount, int hiddenSize) {
    return new LanguageModelConfig(
        cell,
        resetBefore,
        layerCount,
        hiddenSize,
        embedding,
        dropout,
        tied,
        layerNorm,
        forgetBias,
        initialWeights);
  }

  /** The same with another embedding size. */
  public LanguageModelConfig withEmbedding(int size) {
    return new LanguageModelConfig(
        cell,
        resetBefore,
        layers,
        hidden,
        size,
        dropout,
        tied,
        layerNorm,
        forgetBias,
        initialWeights);
  }

  /** The same with another dropout probability. */
  public LanguageModelConfig withDropout(float probability) {
    return new LanguageModelConfig(
        cell,
        resetBefore,
        layers,
        hidden,
        embedding,
        probability,
        tied,
        layerNorm,
        forgetBias,
        initialWeights);
  }

  /** The same with tied or separate output weights. */
  public LanguageModelConfig withTied(boolean value) {
    return new LanguageModelConfig(
        cell,
        resetBefore,
        layers,
        hidden,
        embedding,
        dropout,
        value,
        layerNorm,
        forgetBias,
        initialWeights);
  }
}
