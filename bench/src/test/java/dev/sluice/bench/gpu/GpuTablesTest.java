package dev.sluice.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.bench.gpu.Contender.Mode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables have the figures in the right columns, losses and failures too; of a stand-in none. */
class GpuTablesTest {
  @TempDir Path folder;

  private static final String PAGE =
      "# Title\n\n" + GpuPage.BEGIN + "\nold figures\n" + GpuPage.END + "\n\nrest\n";

  private static GpuReport report(boolean standIn) {
    return GpuReports.report(
        standIn,
        List.of(
            GpuReports.of(GpuReports.LONG)
                .sluice(NumberType.BF16, 8192)
                .pytorch(NumberType.FP16, Mode.EAGER, 6144)
                .pytorch(NumberType.FP16, Mode.GRAPH, 5120)
                .failed(NumberType.BF16, "no engine")
                .row(),
            GpuReports.of(GpuReports.LONG.withVariable(true))
                .sluice(NumberType.BF16, 9216)
                .padded(NumberType.BF16, 8192)
                .failed(NumberType.BF16, "no engine")
                .pytorch(NumberType.TF32, Mode.EAGER, 92_160)
                .row(),
            GpuReports.of(GpuWorks.LANGUAGE_MODEL)
                .sluice(NumberType.BF16, 40_000)
                .pytorch(NumberType.BF16, Mode.COMPILED, 60_000)
                .row()));
  }

  private static String line(String text, String start) {
    return text.lines().filter(line -> line.startsWith(start)).findFirst().orElseThrow();
  }

  @Test
  void figuresStandInTheirColumns() {
    String page = GpuPage.with(PAGE, report(false));
    // 0.4639 TFLOP in 8.192 ms; the floor is 0.58 ms of arithmetic and 2,048 exchanges of 1 us.
    assertEquals(
        "| LSTM (768, 16, 1024) L1 D1 forward+backward | bf16 | 8.00 | 56.6 | 32 % | 6.00 | fp16 |"
            + " 0.75 | 0.75-0.75 | NOT MET |",
        line(page, "| LSTM (768, 16, 1024) L1 D1 forward+backward | bf16"));
    assertEquals(
        "| LSTM (768, 16, 1024) L1 D1 forward+backward variable | bf16 | 9.00 | 8.00 | 1.13 |"
            + " NOT MET | 90.00 | tf32 | 10.00 |",
        line(page, "| LSTM (768, 16, 1024) L1 D1 forward+backward variable | bf16"));
    assertTrue(
        line(page, "| LSTM (1024, 64, 128) L2 V=32000 training step | bf16")
            .endsWith("| 3.00 GiB | 60.00 | bf16, compiled | 4.00 GiB | 1.50 |"));
    assertEquals(
        "| LSTM (768, 16, 1024) L1 D1 forward+backward | - | - | - | 6.00 | - | 5.00 | - |",
        line(page, "| LSTM (768, 16, 1024) L1 D1 forward+backward | - |"));
  }

  @Test
  void saysOnWhatAndWhatIsMissing() {
    String page = GpuPage.with(PAGE, report(false));
    assertTrue(
        page.startsWith("# Title\n\n" + GpuPage.BEGIN + "\n\nSluice 0.1.0, GPU 0: made up;"));
    assertTrue(
        page.contains("driver 580.1; pytorch=2.11.0, cudnn=9.13.0; 2026-01-02T03:04Z."), page);
    assertTrue(
        page.contains(
            "- LSTM (768, 16, 1024) L1 D1 forward+backward and 1 others, PyTorch, bf16: no engine"),
        page);
    assertTrue(page.contains("### Left out, for want of time\n\n- GRU (1, 2, 3) L1 D1 forward"));
    assertTrue(page.endsWith(GpuPage.END + "\n\nrest\n"));
    assertFalse(page.contains("old figures"));
  }

  @Test
  void aStandInShowsNoFigures() {
    GpuReport measured = report(true);
    GpuReport standIn =
        new GpuReport(
            measured.format(),
            measured.version(),
            measured.date(),
            true,
            measured.device(),
            "",
            List.of(),
            null,
            measured.rows(),
            List.of(),
            List.of(),
            List.of());
    String page = GpuPage.with(PAGE, standIn);
    assertTrue(page.contains("**Stand-in driver, not a GPU: no times.**"));
    assertEquals(
        "| LSTM (768, 16, 1024) L1 D1 forward+backward | bf16 | - | - | - | - | fp16 | - | --- | - |",
        line(page, "| LSTM (768, 16, 1024) L1 D1 forward+backward | bf16"));
    assertTrue(
        line(page, "| LSTM (1024, 64, 128) L2 V=32000 training step | bf16 | - | - | - | - |")
                .contains("3.00 GiB")
            == false);
  }

  @Test
  void aPageWithoutMarksIsRefusedBeforeAnythingIsMeasured() throws IOException {
    Path page = Files.writeString(folder.resolve("page.md"), "# Title\n" + GpuPage.END + "\n");
    IOException refused = assertThrows(IOException.class, () -> new GpuReportFiles(folder, page));
    assertTrue(refused.getMessage().startsWith(page + " has no lines <!-- measured: begin -->"));
  }

  @Test
  void theFilesOfAStandInHaveNoTimes() throws IOException {
    new GpuReportFiles(folder, null).write(report(true));
    String json = Files.readString(folder.resolve("gpu-speed.json"));
    assertTrue(json.contains("\"turns\" : [ ]") && json.contains("\"distance\" : 0.001"), json);
    assertFalse(json.contains("8192000"), json);
    new GpuReportFiles(folder, null).write(report(false));
    assertTrue(Files.readString(folder.resolve("gpu-speed.json")).contains("8192000.0"));
  }
}
