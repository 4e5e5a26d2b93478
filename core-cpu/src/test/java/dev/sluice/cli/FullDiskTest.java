package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Writing a model fails in the middle, as on a full disk: the shell's limit on the size of a file
 * makes the same call fail.
 */
@EnabledOnOs({OS.LINUX, OS.MAC})
class FullDiskTest {
  private static final int BLOCKS = 200;

  @TempDir private Path folder;

  private CommandProcess sluice(int blocks, String... arguments) throws IOException {
    return new CommandProcess().limitFiles(blocks).start(folder, arguments);
  }

  @Test
  void nothingHalfWrittenIsLeftAndWhatWasThereStays() throws IOException, InterruptedException {
    Path text = Files.writeString(folder.resolve("text.txt"), "one two three. ".repeat(40));
    Path run = folder.resolve("run");
    String[] train = {
      "train",
      "--data=" + text,
      "--out=" + run,
      "--hidden=128",
      "--batch=2",
      "--bptt=5",
      "--max-steps=2",
      "--threads=1"
    };
    CommandProcess full = sluice(BLOCKS, train);
    assertEquals(1, full.code(), full.output());
    assertTrue(full.output().contains("cannot write"), full.output());
    assertTrue(
        full.output().lines().anyMatch(line -> line.startsWith("sluice: the state of step")),
        full.output());
    assertEquals(List.of(), weights(run));

    delete(run);
    CommandProcess whole = sluice(0, train);
    assertEquals(0, whole.code(), whole.output());
    byte[] model = Files.readAllBytes(run.resolve("model.safetensors"));
    byte[] checkpoint = Files.readAllBytes(run.resolve("checkpoint-last.safetensors"));
    String[] resume = {"train", "--resume=" + run, "--max-steps=4", "--threads=1"};
    CommandProcess again = sluice(BLOCKS, resume);
    assertEquals(1, again.code(), again.output());
    assertArrayEquals(model, Files.readAllBytes(run.resolve("model.safetensors")));
    assertArrayEquals(checkpoint, Files.readAllBytes(run.resolve("checkpoint-last.safetensors")));

    CommandProcess later = sluice(0, resume);
    assertEquals(0, later.code(), later.output());
  }

  /** Files that hold weights, whole or in part. */
  private static List<String> weights(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.contains("safetensors"))
          .toList();
    }
  }

  private static void delete(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }
}
