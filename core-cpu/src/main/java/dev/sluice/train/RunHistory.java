package dev.sluice.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What happened in a run, in memory: collected while it goes on, or read from a metrics file. */
public final class RunHistory implements TrainingListener {
  /**
   * Something noteworthy.
   *
   * @param step at which it happened
   * @param sentence for people
   */
  public record Note(long step, String sentence) {}

  private final List<StepReport> steps = new ArrayList<>();
  private final List<ValidationReport> validations = new ArrayList<>();
  private final List<SampleReport> samples = new ArrayList<>();
  private final List<Note> notes = new ArrayList<>();
  private TrainingStart start;
  private TrainingResult result;

  /**
   * Reads what {@link MetricsLog} wrote.
   *
   * @param metrics a metrics.jsonl; a last line that was cut off by a crash is left out
   * @param lastStep events after this step are left out
   * @throws IOException when the file cannot be read or a line in it is no event
   */
  public static RunHistory read(Path metrics, long lastStep) throws IOException {
    RunHistory history = new RunHistory();
    MetricsLog.forEachLine(metrics, lastStep, (line, _) -> MetricsJson.replay(line, history));
    return history;
  }

  /** How the run began, after its last resume; null before it began. */
  public TrainingStart start() {
    return start;
  }

  /** Step reports, oldest first. */
  public List<StepReport> steps() {
    return Collections.unmodifiableList(steps);
  }

  /** Validations, oldest first. */
  public List<ValidationReport> validations() {
    return Collections.unmodifiableList(validations);
  }

  /** Samples, oldest first. */
  public List<SampleReport> samples() {
    return Collections.unmodifiableList(samples);
  }

  /** Resumes, skipped steps and warnings, oldest first. */
  public List<Note> notes() {
    return Collections.unmodifiableList(notes);
  }

  /** How the run ended; null while it goes on. */
  public TrainingResult result() {
    return result;
  }

  @Override
  public void onStart(TrainingStart begun) {
    start = begun;
    result = null;
    if (begun.resumedStep() > 0) {
      note(begun.resumedStep(), "training was resumed");
    }
  }

  @Override
  public void onStep(StepReport report) {
    steps.add(report);
  }

  @Override
  public void onValidation(ValidationReport report) {
    validations.add(report);
  }

  @Override
  public void onSample(SampleReport sample) {
    samples.add(sample);
  }

  @Override
  public void onNonFinite(NonFiniteReport report) {
    note(report.step(), skipped(report));
  }

  @Override
  public void onWarning(long step, String sentence) {
    note(step, sentence);
  }

  @Override
  public void onEnd(TrainingResult ended) {
    result = ended;
  }

  private void note(long step, String sentence) {
    notes.add(new Note(step, sentence));
  }

  /** What the trainer did about a step that was not finite, in one sentence. */
  static String skipped(NonFiniteReport report) {
    String what =
        report.skipped() == 1
            ? "the step was not applied"
            : report.skipped() + " steps were not applied";
    return report.cause()
        + "; "
        + what
        + (report.inARow() > 1 ? " (" + report.inARow() + " in a row)" : "");
  }
}
