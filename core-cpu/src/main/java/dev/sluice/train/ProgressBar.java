package dev.sluice.train;

import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Shows progress to people: on a terminal one line that is rewritten, elsewhere plain lines at
 * intervals. Validations, warnings and the end get lines of their own that stay.
 */
public final class ProgressBar implements TrainingListener {
  private static final int BAR_CELLS = 20;
  private static final long NANOS = 1_000_000_000L;
  private static final int SAMPLE_LINES = 8;

  private final PrintStream out;
  private final boolean terminal;
  private final int width;
  private final boolean showSamples;
  private final long intervalNanos;
  private final LongSupplier nanoTime;

  private TrainingStart start;
  private double validationLoss = Double.NaN;
  private long lastLineNanos;
  private boolean anyLine;
  private int shown;

  /**
   * Progress on a stream.
   *
   * @param out where to print
   * @param terminal whether a line can be rewritten there
   * @param width columns of the terminal, at least 20; not used for plain lines
   * @param showSamples whether to print the first lines of each sample
   * @param secondsBetweenLines least time between two plain lines of steps
   */
  public ProgressBar(
      PrintStream out,
      boolean terminal,
      int width,
      boolean showSamples,
      double secondsBetweenLines) {
    this(out, terminal, width, showSamples, secondsBetweenLines, System::nanoTime);
  }

  ProgressBar(
      PrintStream out,
      boolean terminal,
      int width,
      boolean showSamples,
      double secondsBetweenLines,
      LongSupplier nanoTime) {
    if (width < 20) {
      throw new IllegalArgumentException("width must be at least 20, not " + width);
    }
    this.out = out;
    this.terminal = terminal;
    this.width = width;
    this.showSamples = showSamples;
    this.intervalNanos = (long) (secondsBetweenLines * NANOS);
    this.nanoTime = nanoTime;
  }

  /**
   * Progress on standard output: a bar when it is a terminal, else a line every 10 seconds or so.
   *
   * @param showSamples whether to print the first lines of each sample
   */
  public static ProgressBar onStandardOutput(boolean showSamples) {
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal();
    return new ProgressBar(System.out, terminal, terminalWidth(), showSamples, 10);
  }

  /** What the shell says in COLUMNS, or 100. */
  private static int terminalWidth() {
    String columns = System.getenv("COLUMNS");
    return columns != null && columns.matches("[1-9][0-9]{1,3}")
        ? Math.max(20, Integer.parseInt(columns))
        : 100;
  }

  @Override
  public void onStart(TrainingStart started) {
    start = started;
    StringBuilder line = new StringBuilder("training ");
    line.append(Figures.count(started.parameters())).append(" parameters");
    if (started.plannedSteps() > 0) {
      line.append(", ").append(Figures.count(started.plannedSteps())).append(" steps");
    }
    if (Double.isFinite(started.maxSeconds())) {
      line.append(", at most ").append(Figures.duration(started.maxSeconds()));
    }
    if (started.resumedStep() > 0) {
      line.append(", resumed after step ").append(Figures.count(started.resumedStep()));
    }
    print(line.toString());
  }

  @Override
  public void onStep(StepReport report) {
    String figures = figures(report);
    if (terminal) {
      rewrite(bar(report.progress()) + "  " + figures);
      return;
    }
    long now = nanoTime.getAsLong();
    if (!anyLine || now - lastLineNanos >= intervalNanos) {
      anyLine = true;
      lastLineNanos = now;
      print(figures);
    }
  }

  @Override
  public void onValidation(ValidationReport report) {
    Evaluation evaluation = report.evaluation();
    validationLoss = evaluation.loss();
    StringBuilder line = new StringBuilder("validation at step ");
    line.append(Figures.count(report.step()));
    line.append(": loss ").append(Figures.loss(evaluation.loss()));
    if (!start.lossUnit().isEmpty()) {
      line.append(' ').append(start.lossUnit());
    }
    for (Map.Entry<String, Double> metric : evaluation.metrics().entrySet()) {
      line.append(", ").append(Figures.loss(metric.getValue())).append(' ').append(metric.getKey());
    }
    print(line.append(report.best() ? " (best so far)" : "").toString());
  }

  @Override
  public void onSample(SampleReport sample) {
    if (!showSamples) {
      return;
    }
    String[] lines = sample.text().split("\\R", -1);
    for (int i = 0; i < Math.min(lines.length, SAMPLE_LINES); i++) {
      print("  | " + lines[i].replaceAll("\\p{Cntrl}", " "));
    }
  }

  @Override
  public void onNonFinite(NonFiniteReport report) {
    onWarning(report.step(), RunHistory.skipped(report));
  }

  @Override
  public void onWarning(long step, String sentence) {
    print("warning at step " + Figures.count(step) + ": " + sentence);
  }

  @Override
  public void onEnd(TrainingResult result) {
    print(
        "training ended after "
            + Figures.count(result.step())
            + " steps and "
            + Figures.duration(result.seconds())
            + ": "
            + result.reason().words());
  }

  private String figures(StepReport report) {
    StringBuilder line = new StringBuilder("step ").append(Figures.count(report.step()));
    if (start.plannedSteps() > 0) {
      line.append('/').append(Figures.count(start.plannedSteps()));
    }
    line.append("  epoch ").append(Figures.epoch(report.epoch()));
    line.append("  loss ").append(Figures.loss(report.loss()));
    if (!Double.isNaN(validationLoss)) {
      line.append("  validation ").append(Figures.loss(validationLoss));
    }
    line.append("  ").append(Figures.rate(report.unitsPerSecond())).append(' ');
    line.append(start.unit()).append("/s");
    if (!Double.isNaN(report.secondsLeft())) {
      line.append("  ").append(Figures.duration(report.secondsLeft())).append(" left");
    }
    return line.toString();
  }

  private static String bar(double progress) {
    double share = Double.isNaN(progress) ? 0 : Math.clamp(progress, 0, 1);
    int filled = (int) (share * BAR_CELLS);
    String percent = String.format(Locale.ROOT, "%3d%%", (int) (share * 100));
    return percent + " [" + "#".repeat(filled) + ".".repeat(BAR_CELLS - filled) + "]";
  }

  /** Replaces the line that is being rewritten; never wraps, so that the next one replaces it too. */
  private void rewrite(String line) {
    String cut = line.length() < width ? line : line.substring(0, width - 1);
    out.print('\r' + cut + " ".repeat(Math.max(0, shown - cut.length())));
    out.flush();
    shown = cut.length();
  }

  /** Prints a line that stays. */
  private void print(String line) {
    if (shown > 0) {
      out.print('\r' + " ".repeat(shown) + '\r');
      shown = 0;
    }
    out.println(line);
    out.flush();
  }
}
