package dev.sluice.cli;

import dev.sluice.backend.Backend;
import dev.sluice.task.LanguageModel;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** How a trained model is loaded. */
final class LoadOptions {
  @Option(
      names = "--weights",
      paramLabel = "TYPE",
      description =
          "How the weights of the recurrent layers are stored: fp32, bf16 or int8. Fewer bytes are"
              + " read faster and cost a little accuracy (default: ${DEFAULT-VALUE}).")
  private Choices.Weights weights = Choices.Weights.FP32;

  /**
   * Loads a model.
   *
   * @throws UsageException when the device does not store weights so
   */
  LanguageModel load(Backend backend, Path file) throws IOException {
    if (!backend.recurrent().stores(weights.storage())) {
      throw new UsageException(
          "--weights %s needs the CPU: the device %s keeps weights as fp32 only; add --device cpu"
              .formatted(weights, backend.name()));
    }
    return LanguageModel.load(backend, file, weights.storage());
  }
}
