package dev.sluice.cli;

import dev.sluice.task.LanguageModelConfig;
import picocli.CommandLine.Option;

/** The model: one-hot inputs or an embedding, recurrent layers, output weights. */
final class ModelOptions {
  @Option(
      names = "--cell",
      paramLabel = "CELL",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Choices.Cell cell = Choices.Cell.LSTM;

  @Option(
      names = "--layers",
      paramLabel = "L",
      description = "Recurrent layers (default: ${DEFAULT-VALUE}).")
  int layers = LanguageModelConfig.DEFAULT.layers();

  @Option(
      names = "--hidden",
      paramLabel = "H",
      description = "Units of each layer (default: ${DEFAULT-VALUE}).")
  int hidden = LanguageModelConfig.DEFAULT.hidden();

  @Option(
      names = "--embedding",
      paramLabel = "E",
      description =
          "Numbers that stand for a token at the input; 0 for one-hot inputs (default: what suits"
              + " the vocabulary).")
  Integer embedding;

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description =
          "Probability of dropping an output of a recurrent layer in training (default:"
              + " ${DEFAULT-VALUE}).")
  float dropout = LanguageModelConfig.DEFAULT.dropout();

  @Option(
      names = "--tie",
      negatable = true,
      description = "Use the embedding as output weights; the embedding has H numbers then.")
  boolean tie;

  @Option(
      names = "--layer-norm",
      negatable = true,
      description = "Normalise the output of the recurrent layers.")
  boolean layerNorm;

  @Option(
      names = "--reset-before",
      negatable = true,
      description = "GRU: apply the reset gate before the recurrent product.")
  boolean resetBefore;

  @Option(
      names = "--forget-bias",
      paramLabel = "X",
      description = "LSTM: what the forget gate's bias starts from (default: 1).")
  Float forgetBias;

  @Option(
      names = "--init",
      paramLabel = "KIND",
      description =
          "Initial weights: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}, bounds"
              + " 1/sqrt(H)).")
  Choices.Initial init = Choices.Initial.UNIFORM;

  /** The task's config. */
  LanguageModelConfig config() {
    if (forgetBias != null && cell != Choices.Cell.LSTM) {
      throw new IllegalArgumentException(
          "--forget-bias is for the LSTM; the cell is " + cell + ", which has no forget gate");
    }
    return new LanguageModelConfig(
        cell.type(),
        resetBefore,
        layers,
        hidden,
        embedding == null ? LanguageModelConfig.AUTOMATIC : embedding,
        dropout,
        tie,
        layerNorm,
        forgetBias == null ? 1 : forgetBias,
        init.weights());
  }
}
