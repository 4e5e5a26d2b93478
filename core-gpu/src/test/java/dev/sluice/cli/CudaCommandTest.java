package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.cuda.StandIn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Machines on which CUDA cannot be used, or only just: each ends in one sentence with the remedy, or
 * works all the same. On the stand-in driver, in processes of their own, since a driver is loaded
 * once.
 */
class CudaCommandTest {
  private static final String[] WORK = {"parity", "--device=cuda", "--operation=embedding"};

  @TempDir private Path folder;

  @BeforeAll
  static void needsTheStandIn() {
    StandIn.require();
  }

  @Test
  void noDriver() throws Exception {
    assumeFalse(Files.exists(Path.of("/proc/driver/nvidia")), "this machine has a driver");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    CommandProcess command =
        command().environment("LD_LIBRARY_PATH", null).environment("SLUICE_CUDA_HOME", "" + empty);
    assertRefused(
        command,
        "no NVIDIA driver was found (libcuda.so.1); install it, or run with --device cpu.");
  }

  @Test
  void aDriverThatIsTooOld() throws Exception {
    assertRefused(
        command().environment("SLUICE_STANDIN_DRIVER", "11080"),
        "the NVIDIA driver runs CUDA 11.8 at most, and 12.0 is needed; update it to 525 or newer.");
  }

  @Test
  void aDriverWithoutGpus() throws Exception {
    assertRefused(
        command().environment("SLUICE_STANDIN_DEVICES", "0"),
        "the NVIDIA driver sees no GPU; check 'nvidia-smi' and CUDA_VISIBLE_DEVICES, or run with"
            + " --device cpu.");
  }

  @Test
  void aGpuThatIsTooOld() throws Exception {
    assertRefused(
        command().environment("SLUICE_STANDIN_CAPABILITY", "75"),
        "GPU 0 (Sluice stand-in (no GPU)) has compute capability 7.5, and 8.0 (Ampere) or newer is"
            + " needed; run with --device cpu.");
  }

  @Test
  void autoFallsBackToTheCpuAndSaysWhy() throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "The sixth sheik. ".repeat(200));
    CommandProcess command =
        command()
            .environment("SLUICE_STANDIN_CAPABILITY", "75")
            .start(
                folder,
                "train",
                "--data=" + text,
                "--hidden=8",
                "--batch=4",
                "--bptt=8",
                "--max-steps=2",
                "--out=" + folder.resolve("run"));
    assertEquals(0, command.code(), command.output());
    String backend = line(command, "backend");
    assertTrue(backend.startsWith("backend    simd, "), backend);
    assertTrue(backend.contains("not cuda: GPU 0 (Sluice stand-in (no GPU)) has"), backend);
  }

  /** Too little even for the first of cuBLAS's workspaces. */
  @Test
  void noMemoryAtTheStart() throws Exception {
    CommandProcess command =
        command().environment("SLUICE_STANDIN_MEMORY", "1000000").start(folder, WORK);
    assertEquals(1, command.code(), command.output());
    String sentence = command.output().lines().toList().getLast();
    assertTrue(
        sentence.startsWith("sluice: GPU 0 (Sluice stand-in (no GPU)) is out of memory: "),
        sentence);
    assertTrue(sentence.contains("or run with --device cpu."), sentence);
  }

  private CommandProcess train(String failure) throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "The sixth sheik. ".repeat(200));
    return command()
        .environment("SLUICE_STANDIN_FAILURE", failure)
        .start(
            folder,
            "train",
            "--device=cuda",
            "--data=" + text,
            "--hidden=8",
            "--batch=4",
            "--bptt=8",
            "--max-steps=4",
            "--out=" + folder.resolve("run"));
  }

  /** The driver has no room for the graph of a step, which is made after the first one. */
  @Test
  void noMemoryWhileTraining() throws Exception {
    CommandProcess command = train("cuGraphInstantiateWithFlags:1:2");
    assertEquals(1, command.code(), command.output());
    String sentence = command.output().lines().toList().getLast();
    assertTrue(
        sentence.startsWith(
            "sluice: training stopped after step 1: GPU 0 (Sluice stand-in (no GPU)) is out of"),
        sentence);
    assertTrue(Files.exists(folder.resolve("run/checkpoint-last.safetensors")), command.output());
    CommandProcess resumed =
        command().start(folder, "train", "--resume=" + folder.resolve("run"), "--max-steps=4");
    assertEquals(0, resumed.code(), resumed.output());
  }

  @Test
  void aGpuThatFailsWhileTraining() throws Exception {
    CommandProcess command = train("cuGraphInstantiateWithFlags:1:700");
    assertEquals(1, command.code(), command.output());
    String sentence = command.output().lines().toList().getLast();
    assertTrue(
        sentence.startsWith("sluice: the GPU failed: cuGraphInstantiate failed for "), sentence);
    assertTrue(sentence.contains("(700), "), sentence);
    assertTrue(sentence.contains("'./sluice doctor'"), sentence);
  }

  /** A folder that even root cannot write: nothing is kept, and the command works. */
  @Test
  void aCacheThatCannotBeWritten() throws Exception {
    CommandProcess command =
        command()
            .environment("XDG_CACHE_HOME", "/proc/sluice")
            .jvm("-Djava.io.tmpdir=" + folder)
            .start(folder, "doctor");
    assertEquals(0, command.code(), command.output());
    String cache = line(command, "cache");
    assertTrue(cache.contains("for this run only, because /proc/sluice/sluice/cuda"), cache);
    try (Stream<Path> left = Files.list(folder)) {
      List<Path> folders = left.filter(Files::isDirectory).toList();
      assertEquals(List.of(), folders, "what was unpacked for the run is gone");
    }
  }

  @Test
  void damagedFilesInTheCacheAreReplaced() throws Exception {
    assertWorks(command().start(folder, WORK));
    List<Path> files = cached();
    assertTrue(files.size() >= 2, files.toString()); // and compiled kernels, without a fatbin
    for (Path file : files) {
      byte[] content = Files.readAllBytes(file);
      content[content.length / 2] ^= 1;
      Files.write(file, content);
    }
    CommandProcess doctor = command().start(folder, "doctor");
    assertWorks(doctor);
    String kernels = line(doctor, "kernels");
    if (kernels.contains("NVRTC")) {
      assertTrue(kernels.contains("because the cached file was damaged"), kernels);
    }
    assertEquals(files, cached());
  }

  @Test
  void twoAtOnceOnAnEmptyCache() throws Exception {
    CommandProcess first = command().start(folder, WORK);
    CommandProcess second = command().start(folder, WORK);
    assertWorks(first);
    assertWorks(second);
    for (Path file : cached()) {
      assertFalse(file.getFileName().toString().startsWith("new-"), file + " is left over");
    }
  }

  @Test
  void theDoctorMarksTheStandIn() throws Exception {
    CommandProcess doctor = command().start(folder, "doctor", "--json");
    assertEquals(0, doctor.code(), doctor.output());
    String output = doctor.output();
    JsonNode report = new ObjectMapper().readTree(output.substring(output.indexOf('{')));
    assertTrue(report.path("usable").asBoolean());
    assertTrue(report.path("standIn").asBoolean());
    assertTrue(report.path("verdict").asText().endsWith("a test tool, not a GPU"));
    List<String> subjects =
        report.path("findings").findValuesAsText("subject").stream().distinct().toList();
    assertEquals(
        List.of(
            "java", "driver", "cuBLAS", "NVRTC", "GPU 0", "JCuda", "cache", "kernels", "parity"),
        subjects);
  }

  @Test
  void theDoctorNamesWhatIsMissing() throws Exception {
    CommandProcess doctor =
        command().environment("SLUICE_STANDIN_DRIVER", "11080").start(folder, "doctor");
    assertEquals(1, doctor.code(), doctor.output());
    List<String> problems =
        doctor.output().lines().filter(line -> line.contains("PROBLEM: ")).toList();
    assertEquals(1, problems.size(), doctor.output());
    assertTrue(problems.getFirst().startsWith("driver "), problems.getFirst());
  }

  @Test
  void nothingStaysOfModels() throws Exception {
    CommandProcess command = command().start(folder, "parity", "--device=cuda", "--leaks=30");
    assertWorks(command);
    String sentence = command.output().lines().toList().getLast();
    assertTrue(sentence.startsWith("30 models opened, trained and closed: "), sentence);
    assertTrue(sentence.contains("; the device has "), sentence);
  }

  private CommandProcess command() {
    return new CommandProcess()
        .jvm("--enable-native-access=ALL-UNNAMED")
        .environment("XDG_CACHE_HOME", folder.resolve("cache").toString());
  }

  private void assertRefused(CommandProcess command, String reason) throws Exception {
    command.start(folder, WORK);
    assertEquals(1, command.code(), command.output());
    assertEquals(
        "sluice: the device 'cuda' cannot be used: " + reason,
        command.output().lines().toList().getLast());
  }

  private static void assertWorks(CommandProcess command) throws Exception {
    assertEquals(0, command.code(), command.output());
  }

  private static String line(CommandProcess command, String subject) throws IOException {
    return command
        .output()
        .lines()
        .filter(line -> line.startsWith(subject + " "))
        .findFirst()
        .orElse("");
  }

  private List<Path> cached() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
