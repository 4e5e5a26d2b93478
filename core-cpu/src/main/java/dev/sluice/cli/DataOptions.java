package dev.sluice.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which text to train on, and how it is cut. */
final class DataOptions {
  @Option(
      names = "--data",
      paramLabel = "PATH",
      description =
          "Text file, folder or zip file; may be given several times (default: the sources of the"
              + " running JDK).")
  List<Path> data = new ArrayList<>();

  @Option(
      names = "--tokenizer",
      paramLabel = "KIND",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Choices.Token tokenizer = Choices.Token.CHAR;

  @Option(
      names = "--max-vocabulary",
      paramLabel = "N",
      description =
          "Keep the N most frequent characters or words; others become one unknown token"
              + " (default: ${DEFAULT-VALUE}).")
  int maxVocabulary = 10_000;

  @Option(
      names = "--split",
      paramLabel = "KIND",
      description = {
        "What is held out for validation: whole documents, the tail of the text, or the last windows"
            + " of each of the --batch streams, as char-rnn does (default: documents when there are"
            + " 10 or more, else tail)."
      })
  Choices.Split split;

  @Option(
      names = "--validation",
      paramLabel = "FRACTION",
      description = "How much is held out, 0 for nothing (default: ${DEFAULT-VALUE}).")
  double validation = 0.05;

  @Option(
      names = "--batch",
      paramLabel = "B",
      description = "Streams of text in parallel (default: ${DEFAULT-VALUE}).")
  int batch = 64;

  @Option(
      names = "--bptt",
      paramLabel = "T",
      description =
          "Steps that gradients go back, truncated backpropagation through time (default:"
              + " ${DEFAULT-VALUE}).")
  int bptt = 64;
}
