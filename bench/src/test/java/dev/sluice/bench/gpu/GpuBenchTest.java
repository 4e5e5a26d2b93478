package dev.sluice.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.bench.gpu.Contender.EngineName;
import dev.sluice.bench.gpu.Contender.Mode;
import dev.sluice.bench.gpu.GpuRow.Outcome;
import dev.sluice.bench.gpu.GpuWork.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Sluice on the CPU beside a fake engine: whatever fails is one line, and the others are measured. */
@EnabledOnOs(OS.LINUX)
class GpuBenchTest {
  private static final GpuWork WORK = GpuWork.of(Kind.TRAIN, CellType.LSTM, 2, 2, 5, 3, 4);
  private static final GpuBench.Effort EFFORT = new GpuBench.Effort(1_000_000, 1_000_000, 3);

  @TempDir Path folder;

  private static List<String> fake(String behaviour) {
    List<String> command = new ArrayList<>(GpuSpeed.sluiceCommand("cpu", 1));
    int main = command.indexOf(GpuEngineServer.class.getName());
    command.set(main, FakeGpuEngine.class.getName());
    command.set(main + 1, behaviour);
    return command;
  }

  private static GpuRow measure(GpuWork work, String behaviour) throws IOException {
    Map<EngineName, EngineHost> hosts = new EnumMap<>(EngineName.class);
    hosts.put(
        EngineName.SLUICE,
        new EngineHost(EngineName.SLUICE, GpuSpeed.sluiceCommand("cpu", 2), Map.of()));
    hosts.put(EngineName.PYTORCH, new EngineHost(EngineName.PYTORCH, fake(behaviour), Map.of()));
    try {
      return new GpuBench(hosts, EFFORT, _ -> {})
          .measure(work, GpuWorks.contenders(work, List.of(NumberType.FP32), true));
    } finally {
      hosts.values().forEach(EngineHost::close);
    }
  }

  private static String failure(GpuRow row, NumberType type) {
    Contender contender = new Contender(EngineName.PYTORCH, type, Mode.EAGER, row.work());
    return row.outcomes().stream()
        .filter(outcome -> outcome.contender().equals(contender))
        .map(Outcome::failure)
        .findFirst()
        .orElse(null);
  }

  @Test
  void allTakeTurns() throws IOException {
    GpuRow row = measure(WORK, "good");
    assertEquals(7, row.outcomes().size());
    for (Outcome outcome : row.outcomes()) {
      assertNull(outcome.failure());
      assertEquals(3, outcome.turns().size());
      assertEquals(0, outcome.distance());
      assertTrue(outcome.peakBytes() > 0);
    }
    assertEquals(1e6, row.pytorchBest(NumberType.FP32).orElseThrow().nanos());
    assertTrue(row.ratio(NumberType.FP32).orElseThrow() > 0);
  }

  @Test
  void variableLengthsStandBesideFullOnes() throws IOException {
    GpuRow row = measure(WORK.withVariable(true), "good");
    assertTrue(row.ours(NumberType.FP32).isPresent());
    assertTrue(row.oursPadded(NumberType.FP32).isPresent());
    assertTrue(row.outcomes().stream().allMatch(outcome -> outcome.failure() == null));
  }

  @Test
  void whatComputesSomethingElseIsNotTimed() throws IOException {
    GpuRow row = measure(WORK, "wrong");
    assertEquals(
        "y is 1.0 of its norm away from Sluice's in fp32, more than the 0.060 that bf16 explains",
        failure(row, NumberType.BF16));
    assertTrue(row.pytorch(NumberType.TF32, Mode.EAGER).isPresent());
    assertTrue(row.pytorch(NumberType.BF16, Mode.EAGER).isEmpty());
  }

  @Test
  void aProcessThatEndsIsStartedAgainForTheOthers() throws IOException {
    GpuRow row = measure(WORK, "dying");
    String failure = failure(row, NumberType.FP16);
    assertTrue(failure.contains("exit code 3") && failure.endsWith("illegal address"), failure);
    assertEquals(3, row.pytorch(NumberType.BF16, Mode.EAGER).orElseThrow().turns().size());
    assertEquals(3, row.pytorch(NumberType.FP32, Mode.EAGER).orElseThrow().turns().size());
  }

  @Test
  void aProcessThatCannotGoOnIsReplaced() throws IOException {
    GpuRow row = measure(WORK, "stuck");
    assertEquals("PyTorch failed: the context is lost", failure(row, NumberType.TF32));
    assertEquals(3, row.pytorch(NumberType.BF16, Mode.EAGER).orElseThrow().turns().size());
  }

  private String run(Duration budget, Path page) throws IOException {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    GpuSpeed run = new GpuSpeed(new PrintStream(printed, true, StandardCharsets.UTF_8), _ -> {});
    List<GpuWork> works =
        List.of(
            new GpuWork(Kind.LANGUAGE_MODEL, CellType.GRU, 4, 2, 1, 2, 3, 11, false),
            WORK,
            WORK.withVariable(true));
    List<String> pytorch = List.of("no-such-python");
    assertEquals(
        0, run.measure(new GpuSpeed.Request("1.2.3", "cpu", pytorch, works, budget, page, folder)));
    return printed.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aRunLeavesFiles() throws IOException {
    Path page = Files.createDirectory(folder.resolve("docs")).resolve("page.md");
    Files.writeString(page, "# P\n" + GpuPage.BEGIN + "\n" + GpuPage.END + "\n");
    String text = run(Duration.ofMinutes(10), page);
    assertTrue(text.contains("Sluice 1.2.3, "), text);
    assertTrue(
        text.contains("note: Sluice was not compared with PyTorch: PyTorch cannot be started"),
        text);
    String json = Files.readString(folder.resolve("gpu-speed.json"));
    assertTrue(json.contains("\"hidden\" : 5"), json);
    String tables = Files.readString(folder.resolve("page.md"));
    assertTrue(tables.contains("| " + WORK.title() + " | fp32 |"), tables);
    assertTrue(tables.contains("| GRU (4, 2, 3) L2 V=11 training step | fp32 |"), tables);
    assertTrue(tables.contains("| " + WORK.title() + " variable | fp32 |"), tables);
  }

  @Test
  void aRunSaysForWhatItHadNoTime() throws IOException {
    String text = run(Duration.ofNanos(1), null);
    assertTrue(text.contains("GRU (4, 2, 3) L2 V=11 training step"), text);
    assertTrue(
        text.contains("left out, for want of time: 2 works, from " + WORK.title() + " on"), text);
  }

  @Test
  void aProfilerSeesOneIteration() throws IOException {
    Path script = folder.resolve("profiler");
    Path noted = folder.resolve("noted");
    Files.writeString(script, "#!/bin/sh\nshift\n\"$@\"\necho \"ended with $?\" >" + noted + "\n");
    assertTrue(script.toFile().setExecutable(true));
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    new GpuSpeed(new PrintStream(printed, true, StandardCharsets.UTF_8), _ -> {})
        .profile("cpu", List.of(script.toString(), "--an-option"), WORK, NumberType.FP32);
    assertEquals("ended with 0\n", Files.readString(noted));
    assertTrue(
        printed.toString(StandardCharsets.UTF_8).startsWith("one iteration of " + WORK.title()));
  }
}
