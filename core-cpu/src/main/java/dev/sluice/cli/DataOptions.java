package dev.sluice.cli;

import dev.sluice.data.Corpus;
import dev.sluice.data.CorpusReader;
import dev.sluice.data.JdkCorpus;
import dev.sluice.task.TextData;
import dev.sluice.task.TextOptions;
import java.io.IOException;
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

  @Option(
      names = "--data-fingerprint",
      paramLabel = "N",
      hidden = true,
      description = "Refuse to train when the text is not the one with this fingerprint.")
  Long fingerprint;

  /** Reads the text: what --data says, or the JDK's sources. */
  Corpus read() throws IOException {
    return data.isEmpty() ? JdkCorpus.load() : CorpusReader.read(data);
  }

  /** The task's options. */
  TextOptions options(long seed) {
    return new TextOptions(
        tokenizer.toString(),
        maxVocabulary,
        split == null ? null : split.method(),
        validation,
        batch,
        bptt,
        seed);
  }

  /**
   * Refuses a text other than the one that a configuration was written for.
   *
   * @param remedy what else to do than to restore the text, to follow "or"
   * @throws IllegalStateException with the remedy
   */
  void requireSame(TextData found, String remedy) {
    if (fingerprint != null && fingerprint != found.fingerprint()) {
      throw new IllegalStateException(
          "the text is not the one that the configuration was made with, so the result would differ;"
              + " restore it, or "
              + remedy);
    }
  }
}
