package dev.sluice.cli;

import dev.sluice.backend.Backend;
import dev.sluice.data.Corpus;
import dev.sluice.data.CorpusReader;
import dev.sluice.task.LanguageModel;
import dev.sluice.task.TextData;
import dev.sluice.task.TextScore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code sluice eval}: scores a trained model on a text. */
@Command(
    name = "eval",
    description =
        "Scores a trained model: on a text, or on what its run held out when --data is not given.")
final class EvalCommand implements Callable<Integer> {
  /** The result; {@code unknownTokens} are those scored that the model cannot tell apart. */
  record Report(
      String model,
      String text,
      long characters,
      long tokens,
      long unknownTokens,
      double natsPerToken,
      double perplexity,
      double bitsPerCharacter) {
    static Report of(Path model, String text, TextScore score) {
      return new Report(
          model.toAbsolutePath().toString(),
          text,
          score.characters(),
          score.tokens(),
          score.unknownTokens(),
          score.natsPerToken(),
          score.perplexity(),
          score.bitsPerCharacter());
    }
  }

  @ParentCommand private Main main;
  @Mixin private ModelPathOption model;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description =
          "Text file, folder or zip file; may be given several times (default: the text that the"
              + " model's run held out).")
  private List<Path> data = List.of();

  @Mixin private LoadOptions loading;
  @Mixin private DeviceOptions devices;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Path file = model.resolve();
    Report report;
    try (Backend backend = devices.open().backend();
        LanguageModel loaded = loading.load(backend, file)) {
      report = data.isEmpty() ? scoreHeldOut(file, loaded) : scoreData(file, loaded);
    }
    if (json) {
      main.out().println(Json.pretty(report));
    } else {
      print(report, main.out());
    }
    return 0;
  }

  private Report scoreData(Path file, LanguageModel loaded) throws IOException {
    Corpus corpus = CorpusReader.read(data);
    String text = TextData.join(corpus.documents());
    return Report.of(file, corpus.name(), loaded.score(text));
  }

  private Report scoreHeldOut(Path file, LanguageModel loaded) throws IOException {
    Path config = file.resolveSibling(RunFolders.CONFIG);
    if (!Files.isRegularFile(config)) {
      throw new UsageException(
          "there is no %s beside the model to say what was held out; give a text with --data"
              .formatted(RunFolders.CONFIG));
    }
    TrainOptions options = TrainConfig.of(ConfigFile.read(config)).options();
    Corpus corpus = options.text.read();
    TextData held = TextData.of(corpus, options.text.options(options.run.seed));
    options.text.requireSame(held, "give a text to score with --data");
    if (held.validationCharacters() == 0) {
      throw new UsageException("the model's run held nothing out; give a text with --data");
    }
    return Report.of(file, "held out from " + corpus.name(), loaded.score(held));
  }

  private static void print(Report report, PrintStream out) {
    out.println("model      " + report.model());
    out.println("text       " + report.text());
    out.println(
        String.format(
            Locale.ROOT,
            "size       %,d characters, %,d tokens, %,d of them unknown to the model",
            report.characters(),
            report.tokens(),
            report.unknownTokens()));
    out.println(
        String.format(
            Locale.ROOT,
            "score      %.3f bits per character, %.4f nats per token, perplexity %.2f",
            report.bitsPerCharacter(),
            report.natsPerToken(),
            report.perplexity()));
  }
}
