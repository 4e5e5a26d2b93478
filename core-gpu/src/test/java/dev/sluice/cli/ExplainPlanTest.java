package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cuda.StandIn;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code --explain-plan} tells, and that a forced path is taken or refused. */
class ExplainPlanTest {
  @TempDir private Path folder;

  /** The stand-in has 4 multiprocessors. */
  @Test
  void tellsWhatEachLayerDoesAndWhy() throws IOException {
    StandIn.require();
    List<String> lines =
        train(0, "--device=cuda", "--precision=bf16", "--hidden=200").lines().toList();
    int first = first(lines);
    assertEquals(
        List.of(
            "paths      layer 0: standard, 5 chunks of 8 steps, 2 layers beside each other",
            "           layer 1: standard, 5 chunks of 8 steps, 2 layers beside each other",
            "           why standard: it can run every layer, and no other path serves",
            "           not small: H is 200, and R of at most 128 fits into one multiprocessor"),
        lines.subList(first, first + 4));
    assertTrue(
        lines
            .get(first + 4)
            .startsWith("           not grid: R of 200 units does not fit into 4 multiprocessors"),
        lines.get(first + 4));
  }

  @Test
  void takesAForcedPath() throws IOException {
    StandIn.require();
    String told =
        train(0, "--device=cuda", "--precision=bf16", "--hidden=64", "--recurrent-path=grid");
    List<String> lines = told.lines().toList();
    int first = first(lines);
    assertTrue(
        lines
            .get(first)
            .startsWith(
                "paths      layer 0: grid, sluice_lstm_grid_forward_bf16_n8 with 4 x 1 blocks of 16"
                    + " units, "),
        told);
    assertEquals("           why grid: it was asked for", lines.get(first + 2));
  }

  @Test
  void refusesAForcedPathThatCannot() throws IOException {
    StandIn.require();
    String told = train(2, "--device=cuda", "--hidden=64", "--recurrent-path=grid");
    assertTrue(
        told.contains(
            "its matrix units multiply in tf32 or bf16, and fp32 is asked for; use --recurrent-path"
                + " auto"),
        told);
  }

  @Test
  void theCpuHasOneWay() throws IOException {
    List<String> lines = train(0, "--device=cpu", "--hidden=64").lines().toList();
    assertEquals("paths      the device simd has one way only", lines.get(first(lines)));
  }

  private static int first(List<String> lines) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("paths ")) {
        return i;
      }
    }
    throw new AssertionError("no paths in " + lines);
  }

  /** What a dry run of 40 steps and two layers prints. */
  private String train(int code, String... options) throws IOException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "She sells sea shells on the sea shore. ".repeat(100));
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--data=" + text,
                "--out=" + folder.resolve("run"),
                "--layers=2",
                "--batch=4",
                "--bptt=40",
                "--dry-run",
                "--explain-plan"));
    arguments.addAll(List.of(options));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    int ended = Main.run(arguments.toArray(String[]::new), stream, stream);
    String told = out.toString(StandardCharsets.UTF_8);
    assertEquals(code, ended, told);
    return told;
  }
}
