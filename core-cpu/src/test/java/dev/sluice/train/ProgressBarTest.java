package dev.sluice.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What people see: one line that is rewritten on a terminal, plain lines elsewhere. */
class ProgressBarTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private long now;

  private ProgressBar bar(boolean terminal, int width) {
    ProgressBar bar = new ProgressBar(out, terminal, width, true, 10, () -> now);
    bar.onStart(
        new TrainingStart(Map.of(), 1_234, "characters", "nats/character", 10, 2_000, 90.0, 500));
    return bar;
  }

  private static StepReport step(long step, double loss) {
    return new StepReport(step, step / 10.0, loss, 0.1, 1, 31_234, 12, step / 2_000.0, 75);
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }

  /** What a terminal would show: each line as its last carriage return left it. */
  private List<String> screen() {
    List<String> lines = new ArrayList<>();
    for (String line : text().split("\n", -1)) {
      StringBuilder shown = new StringBuilder();
      for (String piece : line.split("\r", -1)) {
        shown.replace(0, Math.min(piece.length(), shown.length()), piece);
      }
      lines.add(shown.toString().stripTrailing());
    }
    return lines;
  }

  @Test
  void aTerminalLineIsRewritten() {
    ProgressBar bar = bar(true, 120);
    bar.onStep(step(600, 12.5));
    bar.onStep(step(1_000, 1.5));
    assertEquals(
        List.of(
            "training 1,234 parameters, 2,000 steps, at most 1 min 30 s, resumed after step 500",
            " 50% [##########..........]  step 1,000/2,000  epoch 100.00  loss 1.5000"
                + "  31.2k characters/s  1 min 15 s left"),
        screen());
  }

  @Test
  void aShorterLineErasesTheLongerOneBeforeIt() {
    ProgressBar bar = bar(true, 200);
    bar.onStep(step(1_000, 123_456));
    bar.onStep(new StepReport(1_001, 100.1, 1.5, 0.1, 1, 5, 12, 0.5, Double.NaN));
    assertTrue(screen().getLast().endsWith("5.00 characters/s"), screen().getLast());
  }

  @Test
  void aTerminalLineNeverWraps() {
    ProgressBar bar = bar(true, 40);
    bar.onStep(step(1_000, 1.5));
    String line = text().split("\n", -1)[1];
    assertEquals(39, line.length() - 1, "without the carriage return");
  }

  @Test
  void linesThatStayReplaceTheBar() {
    ProgressBar bar = bar(true, 120);
    bar.onStep(step(1_000, 1.5));
    Evaluation evaluation = new Evaluation(1.25, 8, Map.of("bits per character", 1.8034));
    bar.onValidation(new ValidationReport(1_000, 100, evaluation, true, 13));
    bar.onSample(new SampleReport(1_000, "int a;\n\tint b;"));
    bar.onNonFinite(new NonFiniteReport(1_001, "the loss is not finite", "", 3, 2));
    bar.onStep(step(1_010, 1.5));
    assertEquals(
        List.of(
            "validation at step 1,000: loss 1.2500 nats/character, 1.8034 bits per character (best"
                + " so far)",
            "  | int a;",
            "  |  int b;",
            "warning at step 1,001: the loss is not finite; 3 steps were not applied (2 in a row)"),
        screen().subList(1, 5));
    assertTrue(screen().getLast().contains("loss 1.5000  validation 1.2500  31.2k"));
  }

  @Test
  void plainLinesComeAtIntervalsAndHaveNoCarriageReturn() {
    ProgressBar bar = bar(false, 120);
    for (int i = 1; i <= 25; i++) {
      bar.onStep(step(i, i));
      now += 1_000_000_000L;
    }
    bar.onEnd(
        new TrainingResult(
            StopReason.EPOCHS, 25, 2.5, 1, Evaluation.NONE, 1, 1, 25, 5, null, null));
    List<String> lines = screen();
    assertEquals(0, text().chars().filter(c -> c == '\r').count());
    assertEquals(
        List.of("step 1/2,000", "step 11/2,000", "step 21/2,000"),
        lines.subList(1, 4).stream().map(line -> line.substring(0, line.indexOf("  "))).toList());
    assertEquals("training ended after 25 steps and 25 s: all epochs are done", lines.get(4));
  }

  @Test
  void aWidthBelowTwentyIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new ProgressBar(out, true, 19, true, 1));
  }
}
