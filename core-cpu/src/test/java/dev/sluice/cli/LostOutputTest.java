package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Output that nobody receives ends a command, with one sentence and exit code 1. */
class LostOutputTest {
  @TempDir private Path folder;

  /** Takes so many bytes and fails then, as a closed pipe or a full disk does. */
  private static final class Full extends OutputStream {
    private int room;
    private int refusals;

    Full(int room) {
      this.room = room;
    }

    @Override
    public void write(int value) throws IOException {
      if (room == 0) {
        refusals++;
        throw new IOException("full");
      }
      room--;
    }
  }

  private static void fails(Full full, String... arguments) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(
            arguments,
            new PrintStream(full, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    String sentence = err.toString(StandardCharsets.UTF_8);
    assertEquals(1, code, sentence);
    assertEquals("sluice: " + Main.OUTPUT_LOST, sentence.strip());
  }

  @Test
  void aReportThatIsLostIsAFailure() {
    fails(new Full(0), "info", "--json");
    fails(new Full(20), "--help");
  }

  @Test
  void generatingStopsWhenNobodyReads() throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), "one two three. ".repeat(40));
    Path run = folder.resolve("run");
    CommandRun trained =
        CommandRun.of(
            "train",
            "--data=" + text,
            "--out=" + run,
            "--threads=1",
            "--hidden=4",
            "--batch=2",
            "--bptt=5",
            "--max-steps=2");
    assertEquals(0, trained.code(), trained.err());
    Full full = new Full(20);
    fails(full, "generate", "--model=" + run, "--threads=1", "--length=2000");
    assertTrue(full.refusals <= 2, full.refusals + " writes after the first that failed");
  }
}
