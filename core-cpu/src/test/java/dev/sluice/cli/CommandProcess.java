package dev.sluice.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The command line in a process of its own, with the JVM options that the launcher gives. */
final class CommandProcess {
  private final List<String> jvmOptions = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();
  private int largestFileBlocks;
  private Process process;
  private Path output;

  /** Adds an option of the JVM. */
  CommandProcess jvm(String option) {
    jvmOptions.add(option);
    return this;
  }

  /** Sets a variable of the environment; null removes it. */
  CommandProcess environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** Makes writing fail in files larger than this many units of 512 or 1024 bytes. */
  CommandProcess limitFiles(int blocks) {
    largestFileBlocks = blocks;
    return this;
  }

  CommandProcess start(Path folder, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    String limit = largestFileBlocks == 0 ? "" : "ulimit -f " + largestFileBlocks + " && ";
    command.addAll(List.of("sh", "-c", limit + "exec \"$@\"", "sh"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--add-modules",
            "jdk.incubator.vector",
            "-XX:+UseSerialGC",
            "-Xmn16m",
            "-XX:MarkSweepAlwaysCompactCount=1",
            "-XX:-UsePerfData"));
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Main.class.getName());
    command.addAll(List.of(arguments));
    output = Files.createTempFile(folder, "output", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    environment.forEach((name, value) -> {
      if (value == null) {
        builder.environment().remove(name);
      } else {
        builder.environment().put(name, value);
      }
    });
    process = builder.start();
    return this;
  }

  /** The running process. */
  Process process() {
    return process;
  }

  /** Waits for the end and returns the exit code. */
  int code() throws InterruptedException {
    return process.waitFor();
  }

  /** What it has printed, on both streams. */
  String output() throws IOException {
    return Files.readString(output, StandardCharsets.UTF_8);
  }
}
