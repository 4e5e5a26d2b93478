package dev.sluice.train;

import dev.sluice.format.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keeps a report of the run as one HTML file: key figures, curves, samples and configuration. It
 * needs nothing from elsewhere and runs no script. It is written anew, whole or not at all, with
 * each validation and sample and at the end.
 */
public final class HtmlReport implements TrainingListener {
  private final Path file;
  private final Path metrics;
  private RunHistory history = new RunHistory();

  /**
   * A report of a run.
   *
   * @param file to write
   * @param metrics what {@link MetricsLog} writes in the same run: where a resumed run finds the
   *     curves up to its resume; or null when there is none
   */
  public HtmlReport(Path file, Path metrics) {
    this.file = file;
    this.metrics = metrics;
  }

  @Override
  public void onStart(TrainingStart start) {
    history = new RunHistory();
    if (start.resumedStep() > 0 && metrics != null && Files.exists(metrics)) {
      try {
        history = RunHistory.read(metrics, start.resumedStep());
      } catch (IOException e) {
        history.onStart(start);
        throw new UncheckedIOException(
            "the report begins at the resume, since the metrics before it cannot be read: "
                + e.getMessage(),
            e);
      }
    }
    history.onStart(start);
  }

  @Override
  public void onStep(StepReport report) {
    history.onStep(report);
  }

  @Override
  public void onValidation(ValidationReport report) {
    history.onValidation(report);
    write();
  }

  @Override
  public void onSample(SampleReport sample) {
    history.onSample(sample);
    write();
  }

  @Override
  public void onNonFinite(NonFiniteReport report) {
    history.onNonFinite(report);
  }

  @Override
  public void onWarning(long step, String sentence) {
    history.onWarning(step, sentence);
  }

  @Override
  public void onEnd(TrainingResult result) {
    history.onEnd(result);
    write();
  }

  private void write() {
    try {
      String page = new ReportPage(history).html();
      AtomicFile.write(file, stream -> stream.write(page.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException("the report cannot be written: " + e.getMessage(), e);
    }
  }
}
