package dev.sluice.cli;

import dev.sluice.train.Checkpoint;
import dev.sluice.train.RunFolder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code sluice train}: trains a language model on text. */
@Command(
    name = "train",
    description = {
      "Trains a language model on text.",
      "",
      "Without options: an LSTM on the sources of the running JDK, character by character, for 90"
          + " seconds. The run's folder receives the model, checkpoints, metrics.jsonl, report.html"
          + " and config.yaml, all options of the run.",
      ""
    },
    customSynopsis = "sluice train [OPTION]...")
final class TrainCommand implements Callable<Integer> {
  private static final Set<String> LIMITS = Set.of("epochs", "max-steps", "max-time");

  /** What may differ between the parts of one run without changing what it computes. */
  private static final Set<String> FREE_ON_RESUME =
      Set.of(
          "epochs",
          "max-steps",
          "max-time",
          "checkpoint-every",
          "device",
          "threads",
          "precision",
          "recompute",
          "recurrent-path");

  @Spec private CommandSpec spec;
  @ParentCommand private Main main;
  @Mixin private TrainOptions options;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "YAML file with options, 'name: value' without the dashes; the command line overrides"
              + " it.")
  private Path config;

  @Option(
      names = "--resume",
      paramLabel = "FOLDER",
      description =
          "Go on with the run in this folder; only limits and the device's options may change.")
  private Path resume;

  @Option(
      names = "--dry-run",
      description = "Show what would happen and how much memory it takes; train nothing.")
  private boolean dryRun;

  @Option(
      names = "--explain-plan",
      description = "Show how the device runs the recurrent layers, and why.")
  private boolean explainPlan;

  @Option(names = "--json", description = "Print the result as JSON; progress goes to stderr.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    refuseRepeats();
    PrintStream people = json ? main.err() : main.out();
    TrainRun run = new TrainRun(config(), resume, people);
    TrainSummary summary = run.execute(dryRun, explainPlan);
    if (json) {
      main.out().println(Json.pretty(summary));
    } else if (!dryRun) {
      summary.print(main.out());
    }
    return 0;
  }

  /** An option given twice would start its group anew and drop what was given before it. */
  private void refuseRepeats() {
    Set<String> seen = new HashSet<>();
    for (String argument : spec.commandLine().getParseResult().originalArgs()) {
      OptionSpec option = spec.findOption(argument.split("=", 2)[0]);
      if (option != null && !option.isMultiValue() && !seen.add(option.longestName())) {
        throw new UsageException(option.longestName() + " is given twice; give it once");
      }
    }
  }

  private TrainConfig config() throws IOException {
    if (resume != null) {
      return resumedConfig();
    }
    return config == null
        ? TrainConfig.of(spec)
        : TrainConfig.of(ConfigFile.read(config), spec, Set.of());
  }

  private TrainConfig resumedConfig() throws IOException {
    if (config != null) {
      throw new UsageException(
          "--resume takes the options from the run's own folder; leave --config out");
    }
    RunFolder folder = RunFolders.resumable(resume);
    List<String> given =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .filter(option -> TrainConfig.isConfigurable(option))
            .map(OptionSpec::longestName)
            .map(name -> name.substring(2))
            .toList();
    for (String name : given) {
      if (!FREE_ON_RESUME.contains(name)) {
        throw new UsageException(
            "--%s cannot change when a run is resumed; train anew with --config %s"
                .formatted(name, folder.folder().resolve(RunFolders.CONFIG)));
      }
    }
    boolean newLimits = given.stream().anyMatch(LIMITS::contains);
    TrainConfig merged =
        TrainConfig.of(
            ConfigFile.read(folder.folder().resolve(RunFolders.CONFIG)),
            spec,
            newLimits ? LIMITS : Set.of());
    requireMoreToDo(folder, merged.options().run);
    return merged;
  }

  private static void requireMoreToDo(RunFolder folder, RunOptions run) throws IOException {
    Checkpoint.Progress progress = Checkpoint.progress(folder.lastCheckpoint());
    if (run.maxSteps != null && progress.step() >= run.maxSteps
        || run.epochs != null && progress.epoch() >= run.epochs) {
      throw new UsageException(
          "the run in %s is complete at step %d; give a higher --max-steps or --epochs, or --max-time"
              .formatted(folder.folder(), progress.step()));
    }
  }
}
