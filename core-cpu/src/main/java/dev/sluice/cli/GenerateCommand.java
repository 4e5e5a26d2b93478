package dev.sluice.cli;

import dev.sluice.backend.Backend;
import dev.sluice.task.LanguageModel;
import dev.sluice.task.Sampling;
import dev.sluice.task.TextGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code sluice generate}: writes text with a trained model. */
@Command(name = "generate", description = "Writes text with a trained model, as it is made.")
final class GenerateCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ModelPathOption model;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "What to continue (default: a line's start).")
  private String prompt = "";

  @Option(
      names = "--length",
      paramLabel = "N",
      description = "Tokens to write (default: ${DEFAULT-VALUE}).")
  private int length = 500;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      description =
          "Below 1 favours the likely, above 1 the unlikely; 0 always takes the likeliest"
              + " (default: ${DEFAULT-VALUE}).")
  private double temperature = Sampling.DEFAULT.temperature();

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Draw from the K likeliest tokens only; 0 for all (default: ${DEFAULT-VALUE}).")
  private int topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description =
          "Draw from the fewest tokens whose probabilities reach P (default: ${DEFAULT-VALUE}).")
  private double topP = 1;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed writes the same text (default: ${DEFAULT-VALUE}).")
  private long seed = Sampling.DEFAULT.seed();

  @Mixin private LoadOptions loading;
  @Mixin private DeviceOptions devices;

  @Override
  public Integer call() throws IOException {
    Sampling sampling = Options.checked(() -> new Sampling(temperature, topK, topP, seed));
    if (length < 0) {
      throw new UsageException("--length must be at least 0, not " + length);
    }
    Path file = model.resolve();
    PrintStream out = main.out();
    try (Backend backend = devices.open().backend();
        LanguageModel loaded = loading.load(backend, file);
        TextGenerator generator = new TextGenerator(loaded)) {
      Options.checked(() -> loaded.tokenizer().encodeKnown(prompt));
      out.print(prompt);
      generator.generate(
          prompt,
          length,
          sampling,
          text -> {
            out.print(text);
            if (out.checkError()) { // it flushes too
              throw new UncheckedIOException(new IOException(Main.OUTPUT_LOST));
            }
          });
      out.println();
    }
    return 0;
  }
}
