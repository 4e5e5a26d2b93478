package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Breaking one index, one bound, one alias or one barrier of the kernels turns the parity suite red:
 * each is done to a copy of the sources, from which a stand-in of its own is built.
 */
class KernelMutationTest {
  private static final Path KERNELS = Path.of("..", "kernels");

  @TempDir private Path folder;

  /**
   * One change to one file.
   *
   * @param what is broken
   * @param file that is changed
   * @param kernels the file, the same or one that includes it, whose kernels are built anew
   * @param original text of which the first occurrence is replaced
   * @param order in which the stand-in runs threads
   * @param cases of the suite that must find it, an expression
   */
  private record Mutation(
      String what,
      String file,
      String kernels,
      String original,
      String broken,
      String order,
      String cases) {}

  private static final String LSTM =
      "recurrent (forward|backward) \\| lstm[^|]*, states \\| T=[2-7] B=[2357] .*";
  private static final String BIAS = "bias.*";
  private static final String LOSS = "(softmax|cross entropy) .* V=1031.*";

  private static final List<Mutation> MUTATIONS =
      List.of(
          new Mutation(
              "an index: the cell's gate is written to the forget gate's place",
              "lstm.cu",
              "lstm.cu",
              "store<N>(gates + 2LL * a.units, g);",
              "store<N>(gates + a.units, g);",
              "forward",
              LSTM),
          new Mutation(
              "a bound: one thread too many owns a unit",
              "recurrent.cuh",
              "lstm.cu",
              "if (index < (unsigned)batch * (unsigned)units) {",
              "if (index <= (unsigned)batch * (unsigned)units) {",
              "forward",
              LSTM),
          new Mutation(
              "an alias: a gate is read after its gradient was written over it",
              "cells.cuh",
              "lstm.cu",
              "x.g = gradient * input *",
              "x.g = gradient * x.i *",
              "forward",
              LSTM),
          new Mutation(
              "a barrier: column sums are read before all warps have left theirs",
              "columns.cuh",
              "reductions.cu",
              "__syncthreads();",
              "",
              "forward",
              BIAS),
          new Mutation(
              "a barrier: a block's sum is overwritten while some still read it",
              "groups.cuh",
              "softmax.cu",
              "__syncthreads();  // parts",
              "// parts",
              "reverse",
              LOSS));

  @TestFactory
  Stream<DynamicTest> aBrokenKernelIsFound() {
    StandIn.require();
    return MUTATIONS.stream()
        .map(mutation -> DynamicTest.dynamicTest(mutation.what, () -> assertFound(mutation)));
  }

  /** What is built in the same way from sources that nobody broke stays green. */
  @TestFactory
  Stream<DynamicTest> aSoundKernelIsNot() {
    StandIn.require();
    return MUTATIONS.stream()
        .map(sound -> List.of(sound.kernels, sound.order, sound.cases))
        .distinct()
        .map(sound ->
            DynamicTest.dynamicTest(
                sound.toString(),
                () -> {
                  Run run = run(copyOfSources(), sound.getFirst(), sound.get(1), sound.getLast());
                  assertEquals(0, run.code, run.output);
                }));
  }

  private void assertFound(Mutation mutation) throws IOException, InterruptedException {
    Path sources = copyOfSources();
    Path file = sources.resolve(mutation.file);
    String text = Files.readString(file);
    int at = text.indexOf(mutation.original);
    assertTrue(at >= 0, mutation.file + " no longer holds: " + mutation.original);
    Files.writeString(
        file,
        text.substring(0, at) + mutation.broken + text.substring(at + mutation.original.length()));
    Run run = run(sources, mutation.kernels, mutation.order, mutation.cases);
    assertEquals(ParityProcess.RED, run.code, run.output);
  }

  private Path copyOfSources() throws IOException {
    Path copy = Files.createTempDirectory(folder, "cuda");
    try (Stream<Path> files = Files.list(KERNELS.resolve("src/main/cuda"))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  /** How a process ended and what it printed. */
  private record Run(int code, String output) {}

  private Run run(Path sources, String kernels, String order, String cases)
      throws IOException, InterruptedException {
    Path driver = Files.createTempDirectory(folder, "driver");
    Run built =
        end(
            new ProcessBuilder(
                "bash",
                KERNELS.resolve("build.sh").toString(),
                "variant",
                sources.toString(),
                kernels,
                driver.toString()));
    assertEquals(0, built.code, built.output);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--add-modules",
            "jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            ParityProcess.class.getName(),
            cases));
    ProcessBuilder process = new ProcessBuilder(command);
    process.environment().put("LD_LIBRARY_PATH", driver.toString());
    process.environment().put("SLUICE_CUDA_HOME", driver.toString());
    process.environment().put("SLUICE_STANDIN_ORDER", order);
    return end(process);
  }

  private Run end(ProcessBuilder process) throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, "output", ".txt");
    int code = process.redirectErrorStream(true).redirectOutput(output.toFile()).start().waitFor();
    return new Run(code, Files.readString(output));
  }
}
