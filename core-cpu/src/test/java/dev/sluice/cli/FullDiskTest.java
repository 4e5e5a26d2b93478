package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
  @TempDir private Path folder;

  private record Ended(int code, String output) {}

  /**
   * Runs {@code sluice} in a process of its own.
   *
   * @param blocks largest file in units of 512 or 1024 bytes; 0 for no limit
   */
  private Ended sluice(int blocks, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    String limit = blocks == 0 ? "" : "ulimit -f " + blocks + " && ";
    command.addAll(List.of("sh", "-c", limit + "exec \"$@\"", "sh"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--add-modules", "jdk.incubator.vector", "-XX:-UsePerfData", "-Xmx256m", "-cp"));
    command.addAll(List.of(System.getProperty("java.class.path"), "dev.sluice.cli.Main"));
    command.addAll(List.of(arguments));
    Path output = folder.resolve("output.txt");
    int code =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start()
            .waitFor();
    return new Ended(code, Files.readString(output, StandardCharsets.UTF_8));
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
    Ended full = sluice(200, train);
    assertEquals(1, full.code(), full.output());
    assertTrue(full.output().contains("cannot write"), full.output());
    assertEquals(List.of(), weights(run));

    delete(run);
    Ended whole = sluice(0, train);
    assertEquals(0, whole.code(), whole.output());
    byte[] model = Files.readAllBytes(run.resolve("model.safetensors"));
    byte[] checkpoint = Files.readAllBytes(run.resolve("checkpoint-last.safetensors"));
    Ended again = sluice(200, "train", "--resume=" + run, "--max-steps=4", "--threads=1");
    assertEquals(1, again.code(), again.output());
    assertArrayEquals(model, Files.readAllBytes(run.resolve("model.safetensors")));
    assertArrayEquals(checkpoint, Files.readAllBytes(run.resolve("checkpoint-last.safetensors")));

    Ended later = sluice(0, "train", "--resume=" + run, "--max-steps=4", "--threads=1");
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
