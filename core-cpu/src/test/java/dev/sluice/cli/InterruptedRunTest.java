package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A process that is told to stop, or killed, loses nothing that its run had saved. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class InterruptedRunTest {
  private static final int STEPS = 3_000;

  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = Files.writeString(folder.resolve("text.txt"), "one two three. ".repeat(40));
  }

  private String[] train(Path run) {
    return new String[] {
      "train",
      "--data=" + text,
      "--out=" + run,
      "--hidden=4",
      "--batch=2",
      "--bptt=5",
      "--validation=0",
      "--dropout=0.1",
      "--checkpoint-every=250",
      "--threads=1",
      "--max-steps=" + STEPS
    };
  }

  private CommandProcess startAndWaitForCheckpoint(Path run)
      throws IOException, InterruptedException {
    CommandProcess running = new CommandProcess().start(folder, train(run));
    Path checkpoint = run.resolve("checkpoint-last.safetensors");
    while (!Files.exists(checkpoint) && running.process().isAlive()) {
      Thread.sleep(5);
    }
    return running;
  }

  private byte[] resumed(Path run) throws IOException {
    CommandRun rest = CommandRun.of("train", "--resume=" + run);
    assertEquals(0, rest.code(), rest.err());
    return Files.readAllBytes(run.resolve("model.safetensors"));
  }

  @Test
  void aRunThatWasStoppedOrKilledEndsInTheSameWeights() throws IOException, InterruptedException {
    CommandRun whole = CommandRun.of(train(folder.resolve("whole")));
    assertEquals(0, whole.code(), whole.err());
    byte[] expected = Files.readAllBytes(folder.resolve("whole/model.safetensors"));

    Path stopped = folder.resolve("stopped");
    CommandProcess running = startAndWaitForCheckpoint(stopped);
    CommandRun second = CommandRun.of("train", "--resume=" + stopped);
    assertEquals(1, second.code(), second.err());
    assertTrue(second.err().contains("another process is training in " + stopped), second.err());
    running.process().destroy();
    assertEquals(0, running.code(), running.output());
    assertTrue(running.output().contains("--resume " + stopped), running.output());
    assertArrayEquals(expected, resumed(stopped));

    Path killed = folder.resolve("killed");
    CommandProcess victim = startAndWaitForCheckpoint(killed);
    victim.process().destroyForcibly();
    assertTrue(victim.code() != 0);
    assertArrayEquals(expected, resumed(killed));
  }
}
