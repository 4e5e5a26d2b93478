package dev.sluice.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Killed, signalled, out of disk: what is on disk stays whole, and the run goes on from there. */
class CrashTest {
  @TempDir Path folder;

  private List<Path> leftovers() throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".tmp")).toList();
    }
  }

  @Test
  void aProcessKilledInTheMiddleOfACheckpointResumesToTheBit() throws Exception {
    Process process = ToyProcess.start(0, folder.toString(), "hang", "4");
    try (BufferedReader output = process.inputReader()) {
      ToyProcess.await(output, "writing");
    } finally {
      process.destroyForcibly().waitFor(); // SIGKILL
    }
    assertEquals(1, leftovers().size(), "a half-written checkpoint");
    assertTrue(Files.size(leftovers().getFirst()) > 0);
    Path last = new RunFolder(folder).lastCheckpoint();
    assertEquals(3, Checkpoint.progress(last).step());
    try (ToyRun whole = ToyProcess.toy(folder.resolve("whole"));
        ToyRun resumed = ToyProcess.toy(folder)) {
      whole.builder.maxSteps(7);
      whole.run();
      resumed.builder.maxSteps(7).resume(last);
      resumed.run();
      assertArrayEquals(whole.parameters(), resumed.parameters());
    }
    assertEquals(List.of(), leftovers(), "the half-written one was removed");
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void aSignalFinishesTheStepAndSaves() throws Exception {
    for (String signal : List.of("-INT", "-TERM")) {
      Process process = ToyProcess.start(0, folder.toString(), "signal");
      try (BufferedReader output = process.inputReader()) {
        ToyProcess.await(output, "training");
        signal(process, signal);
        ToyProcess.await(output, "INTERRUPTED true");
        assertEquals(0, process.waitFor());
      } finally {
        process.destroyForcibly().waitFor();
      }
      assertTrue(Checkpoint.progress(new RunFolder(folder).lastCheckpoint()).step() >= 3);
    }
  }

  private static void signal(Process process, String signal) throws Exception {
    new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void aSecondSignalEndsTheProcess() throws Exception {
    Process process = ToyProcess.start(0, folder.toString(), "stubborn");
    try (BufferedReader output = process.inputReader()) {
      ToyProcess.await(output, "ready");
      signal(process, "-INT");
      ToyProcess.await(output, "asked");
      signal(process, "-INT");
      assertEquals(130, process.waitFor());
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void aDiskThatIsFullLeavesTheOldCheckpointAndSaysSo() throws Exception {
    RunFolder files = new RunFolder(folder);
    try (ToyRun toy = ToyProcess.toy(folder)) {
      toy.builder.maxSteps(3);
      toy.run();
    }
    byte[] before = Files.readAllBytes(files.lastCheckpoint());
    assertTrue(before.length > 100 * 1024, "more than the limit");
    byte[] model = Files.readAllBytes(files.model());
    Process process = ToyProcess.start(64, folder.toString(), "resume", "8");
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    assertTrue(
        said.startsWith("the state of step 8 could not be saved: cannot write " + files.folder()),
        said);
    assertTrue(
        said.contains("; the last checkpoint is that of step 3, " + files.lastCheckpoint()), said);
    assertArrayEquals(before, Files.readAllBytes(files.lastCheckpoint()));
    assertArrayEquals(model, Files.readAllBytes(files.model()));
    assertEquals(List.of(), leftovers());
  }
}
