package dev.sluice.cli;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Backends;
import dev.sluice.data.Corpus;
import dev.sluice.optim.Schedule;
import dev.sluice.task.LanguageModelConfig;
import dev.sluice.task.LanguageModelTraining;
import dev.sluice.task.TextData;
import dev.sluice.task.TextOptions;
import dev.sluice.train.HtmlReport;
import dev.sluice.train.MetricsLog;
import dev.sluice.train.ProgressBar;
import dev.sluice.train.RunFolder;
import dev.sluice.train.RunLock;
import dev.sluice.train.StopReason;
import dev.sluice.train.StopSignals;
import dev.sluice.train.Trainer;
import dev.sluice.train.TrainingResult;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One run of {@code sluice train}, from options to result. */
final class TrainRun {
  private final TrainConfig config;
  private final TrainOptions options;
  private RunFolder folder;
  private final boolean resumed;
  private final PrintStream out;
  private final List<String> textNotes = new ArrayList<>();

  /**
   * A run to come.
   *
   * @param config its options
   * @param resume folder of a run to go on with; or null
   * @param out for people
   * @throws UsageException when the folder does not suit
   * @throws IOException when the folder cannot be listed
   */
  TrainRun(TrainConfig config, Path resume, PrintStream out) throws IOException {
    this.config = config;
    this.out = out;
    options = config.options();
    options.run.limitByDefault();
    resumed = resume != null;
    folder = resumed ? RunFolders.resumable(resume) : RunFolders.fresh(options.run.out);
  }

  /**
   * Reads the text, tells what will happen, and trains.
   *
   * @param dryRun whether to stop before anything is allocated or written
   * @param explain whether to tell how the device runs the recurrent layers
   * @return what came of it
   */
  TrainSummary execute(boolean dryRun, boolean explain) throws IOException {
    options.run.check();
    TextOptions textOptions = Options.checked(() -> options.text.options(options.run.seed));
    LanguageModelConfig model = Options.checked(options.model::config);
    LanguageModelTraining.Settings settings =
        Options.checked(() -> options.optimization.settings(options.run.seed));
    Backends.Choice choice = options.device.open();
    try (Backend backend = choice.backend()) {
      TextData data = read(textOptions);
      long stepsPerEpoch = Math.ceilDiv(data.training().count(), options.optimization.accumulate);
      Schedule schedule =
          Options.checked(
              () -> options.optimization.schedule(options.run.plannedSteps(stepsPerEpoch)));
      LanguageModelTraining.Outline outline =
          Options.checked(() -> LanguageModelTraining.outline(backend, model, data, settings));
      options.run.resolve(stepsPerEpoch);
      resolve(data, outline, schedule);
      if (!dryRun && !resumed && options.run.out == null) {
        folder = RunFolders.claim(); // the one named before may have been taken meanwhile
      }
      TrainPlan plan =
          new TrainPlan(config, data, outline, choice, folder, textNotes, stepsPerEpoch);
      plan.print(out);
      if (explain) {
        plan.printPaths(out);
      }
      if (dryRun) {
        plan.printMemory(out);
        return TrainSummary.planned(plan);
      }
      folder.create();
      try (RunLock _ = RunLock.take(folder);
          LanguageModelTraining training =
              new LanguageModelTraining(backend, model, data, settings)) {
        return TrainSummary.of(
            plan, train(plan, training, schedule, backend), heapInUse(), backend);
      }
    }
  }

  /** A method of its own, so that the corpus is garbage when training begins. */
  private TextData read(TextOptions textOptions) throws IOException {
    Corpus corpus = options.text.read();
    textNotes.add(
        "%s: %s, %s"
            .formatted(
                corpus.name(),
                Units.count(corpus.documents().size(), "document"),
                Units.count(corpus.characters(), "character")));
    textNotes.addAll(corpus.notes());
    TextData data = TextData.of(corpus, textOptions);
    options.text.requireSame(
        data, "remove 'data-fingerprint' from the configuration to start anew");
    return data;
  }

  /** Puts what was decided on the way into the options, so that they alone repeat the run. */
  private void resolve(TextData data, LanguageModelTraining.Outline outline, Schedule schedule) {
    options.text.fingerprint = data.fingerprint();
    options.text.split = Choices.Split.valueOf(data.options().split().name());
    options.model.embedding = outline.config().embedding();
    if (!Float.isNaN(outline.config().forgetBias())) {
      options.model.forgetBias = outline.config().forgetBias();
    }
    options.optimization.learningRate = options.optimization.rate();
    if (schedule instanceof Schedule.Cosine cosine) {
      options.optimization.scheduleSteps = cosine.totalSteps();
    }
  }

  private TrainingResult train(
      TrainPlan plan, LanguageModelTraining training, Schedule schedule, Backend backend)
      throws IOException {
    Trainer.Builder builder =
        Options.checked(() ->
            options.run.apply(
                Trainer.builder(backend, training.problem(), training.optimizer(), schedule)
                    .accumulation(options.optimization.accumulate)
                    .configuration(config.describe())
                    .folder(folder)
                    .listener(progress())
                    .listener(new MetricsLog(folder.metrics()))
                    .listener(new HtmlReport(folder.report(), folder.metrics()))));
    if (resumed) {
      builder.resume(folder.lastCheckpoint());
    }
    Trainer trainer = builder.build();
    Path file = folder.folder().resolve(RunFolders.CONFIG);
    config.write(file, plan.comments());
    TrainingResult result;
    try (StopSignals _ = StopSignals.install(trainer::requestStop)) {
      result = trainer.run();
    }
    if (result.reason() == StopReason.TIME) {
      // Another run of this configuration must end at the same step, whatever the clock says.
      options.run.maxTime = null;
      options.run.epochs = null;
      options.run.maxSteps = result.step();
      config.write(file, plan.comments());
    }
    return result;
  }

  private ProgressBar progress() {
    return out == System.out
        ? ProgressBar.onStandardOutput(false)
        : new ProgressBar(out, false, 100, false, 10);
  }

  /** What the run keeps on the heap, garbage collected first. */
  private static long heapInUse() {
    ManagementFactory.getMemoryMXBean().gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
