package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command is part of the command line, and refuses what makes no sense before it measures. */
class BenchCommandTest {
  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... args) {
    return Main.run(
        args,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private void refuses(int code, String sentence, String... args) {
    err.reset();
    assertEquals(code, run(args), err.toString(StandardCharsets.UTF_8));
    assertEquals(
        "sluice: " + sentence, err.toString(StandardCharsets.UTF_8).lines().findFirst().orElse(""));
    assertEquals("", out.toString(StandardCharsets.UTF_8));
  }

  @Test
  void helpListsTheCommand() {
    assertEquals(0, run("--help"));
    assertTrue(out.toString(StandardCharsets.UTF_8).contains("  bench "));
  }

  @Test
  void itsOwnHelpListsTheSuites() {
    assertEquals(0, run("bench", "--help"));
    String help = out.toString(StandardCharsets.UTF_8).replaceAll("\\s+", " ");
    assertTrue(help.contains("gemm, gates, cells, stream, lm, memory"), help);
  }

  @Test
  void refusesAnUnknownSuite() {
    refuses(
        2,
        "--suite must be one of gemm, gates, cells, stream, lm, memory, not 'speed'",
        "bench",
        "--suite",
        "gemm,speed");
  }

  @Test
  void refusesThreadsBelowOne() {
    refuses(2, "--threads must be at least 1, not 0", "bench", "--threads", "1,0");
  }

  @Test
  void refusesARowThatDoesNotExist() {
    refuses(
        2,
        "no row's name contains 'XYZ'; names are such as 'A·Bᵀ 64x1024x256'",
        "bench",
        "--row",
        "XYZ");
  }

  @Test
  void refusesANonsenseThreshold() {
    refuses(
        2,
        "--threshold must be a share such as 10% or 0.1, above 0 and below 1000%, not 'much'",
        "bench",
        "--threshold",
        "much");
  }

  @Test
  void refusesAFolderThatDoesNotExistBeforeItMeasures() {
    Path missing = folder.resolve("none").resolve("x.json");
    refuses(
        2,
        "cannot write %s: there is no folder %s".formatted(missing, missing.getParent()),
        "bench",
        "--json",
        missing.toString());
  }

  @Test
  void refusesAnOldFileThatIsMissingOrNoReport() throws IOException {
    Path file = folder.resolve("old.json");
    refuses(1, file + " does not exist", "bench", "--compare", file.toString());
    Files.writeString(file, "hello");
    refuses(
        1,
        file + " is not a file that bench --json wrote (line 1)",
        "bench",
        "--compare",
        file.toString());
  }

  @Test
  void refusesFiguresOfAnotherMachine() throws IOException {
    Path file = folder.resolve("old.json");
    Machine here = Machine.here();
    Machine other = new Machine("Z80", 1, 1 << 16, "CP/M", "none", 8);
    ReportFiles.writeJson(file, Rows.report(other, List.of(), Rows.memory(1)));
    refuses(
        2,
        ("%s was measured on another machine (Z80, 1 core, 8-bit vectors; this is %s), so ratios would"
                + " not compare versions; measure it here, or pass --other-machine")
            .formatted(file, here.title()),
        "bench",
        "--compare",
        file.toString());
  }

  @Test
  void refusesAPrecisionThatTheCpuLacks() {
    refuses(
        1,
        "--precision bf16 is for GPUs and the device cpu computes in fp32; use --precision fp32",
        "bench",
        "--device",
        "cpu",
        "--precision",
        "bf16");
  }
}
