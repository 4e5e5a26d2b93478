package dev.sluice.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.backend.CellType;
import dev.sluice.bench.gpu.Contender.EngineName;
import dev.sluice.bench.gpu.Contender.Mode;
import dev.sluice.bench.gpu.GpuWork.Kind;
import dev.sluice.bench.peers.ArrayFile;
import dev.sluice.bench.peers.WorkData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code torch_engine.py}: with a stub of PyTorch it must answer every line, whatever fails. With
 * PyTorch itself, which few build machines have ({@code SLUICE_PYTHON} names a Python that does), its
 * results on the CPU must be Sluice's.
 */
class TorchEngineTest {
  private static final Path ENGINE = Path.of("torch_engine.py").toAbsolutePath();

  @TempDir Path folder;

  private static String python() {
    return System.getenv().getOrDefault("SLUICE_PYTHON", "python3");
  }

  private List<String> answers(String stub, String... requests) throws Exception {
    if (stub != null) {
      Files.writeString(folder.resolve("torch.py"), stub);
    }
    Process process;
    try {
      ProcessBuilder builder = new ProcessBuilder(python(), ENGINE.toString(), "cpu");
      builder.environment().put("PYTHONPATH", folder.toString());
      builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
      process = builder.redirectError(folder.resolve("errors").toFile()).start();
    } catch (IOException _) {
      assumeTrue(false, "skipped: there is no " + python());
      return List.of();
    }
    try (var input = process.outputWriter(StandardCharsets.UTF_8)) {
      input.write(String.join("\n", requests) + "\n");
    }
    List<String> lines = process.inputReader(StandardCharsets.UTF_8).lines().toList();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue());
    return lines;
  }

  private static String words(Kind kind, NumberType type) {
    GpuWork work = GpuWork.of(kind, CellType.LSTM, 1, 1, 3, 4, 5);
    return new Contender(EngineName.PYTORCH, type, Mode.EAGER, work).toWords();
  }

  @Test
  void answersEveryLineWithOne() throws Exception {
    String words = words(Kind.TRAIN, NumberType.BF16);
    List<String> answers =
        answers(
            "__version__ = '9.9'\nprint('@prepared by a library')\n",
            "about",
            "sing",
            "prepare TRAIN LSTM 3",
            "prepare " + words,
            "time 3 " + words,
            "forget");
    assertEquals(6, answers.size(), answers.toString());
    assertTrue(answers.get(0).startsWith("@about pytorch=9.9\tpython=3"), answers.get(0));
    assertEquals("@failed ValueError: unknown request: sing", answers.get(1));
    assertEquals("@failed ValueError: not a work: TRAIN LSTM 3", answers.get(2));
    assertTrue(answers.get(3).startsWith("@failed AttributeError: "), answers.get(3)); // the stub
    assertEquals("@failed ValueError: not prepared: " + words, answers.get(4));
    assertEquals("@forgotten", answers.get(5));
  }

  /** Tensors of 64-bit integers, as far as drawing needs them. */
  private static final String INTEGERS =
      """
      import torch_engine
      class Bits:
        def __init__(self, values): self.values = [torch_engine.signed(v) for v in values]
        def __mul__(self, n): return Bits(v * n for v in self.values)
        def __add__(self, n): return Bits(v + n for v in self.values)
        def __rshift__(self, n): return Bits(v >> n for v in self.values)
        def __and__(self, n): return Bits(v & n for v in self.values)
        def __xor__(self, other): return Bits(v ^ w for v, w in zip(self.values, other.values))
      class Torch:
        int64 = None
        def arange(self, first, end, dtype, device): return Bits(range(first, end))
      print(torch_engine.draw_bits(Torch(), "weight_ih_l0", 2, 5, "cpu").values)
      """;

  @Test
  void drawsTheNumbersThatJavaDraws() throws Exception {
    Process process;
    try {
      ProcessBuilder builder = new ProcessBuilder(python(), "-c", INTEGERS);
      builder.environment().put("PYTHONPATH", ENGINE.getParent().toString());
      builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
      process = builder.redirectError(folder.resolve("errors").toFile()).start();
    } catch (IOException _) {
      assumeTrue(false, "skipped: there is no " + python());
      return;
    }
    int[] drawn = WorkData.integers("weight_ih_l0", 7, 1 << 24);
    assertEquals(
        Arrays.toString(Arrays.copyOfRange(drawn, 2, 7)),
        process.inputReader(StandardCharsets.UTF_8).readLine(),
        Files.readString(folder.resolve("errors")));
  }

  @Test
  void saysThatPyTorchIsMissing() throws Exception {
    List<String> answers = answers("raise ImportError('no such thing')\n", "about", "about");
    assertEquals(2, answers.size());
    assertTrue(answers.getFirst().endsWith(" has no PyTorch (no such thing)"), answers.getFirst());
  }

  @Test
  void computesWhatSluiceComputes() throws Exception {
    Process probe;
    try {
      probe =
          new ProcessBuilder(python(), "-c", "import torch")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException _) {
      assumeTrue(false, "skipped: there is no " + python());
      return;
    }
    assumeTrue(probe.waitFor() == 0, "skipped: " + python() + " has no PyTorch");
    List<Contender> contenders = new ArrayList<>();
    for (CellType cell : List.of(CellType.LSTM, CellType.GRU)) {
      for (boolean variable : new boolean[] {false, true}) {
        GpuWork work = GpuWork.of(Kind.TRAIN, cell, 2, 2, 12, 5, 9).withVariable(variable);
        contenders.add(new Contender(EngineName.PYTORCH, NumberType.FP32, Mode.EAGER, work));
        contenders.add(new Contender(EngineName.PYTORCH, NumberType.BF16, Mode.EAGER, work));
      }
    }
    GpuWork model = new GpuWork(Kind.LANGUAGE_MODEL, CellType.LSTM, 12, 2, 1, 3, 7, 50, false);
    contenders.add(new Contender(EngineName.PYTORCH, NumberType.FP32, Mode.EAGER, model));
    contenders.add(new Contender(EngineName.PYTORCH, NumberType.BF16, Mode.EAGER, model));
    List<String> requests = new ArrayList<>();
    for (int i = 0; i < contenders.size(); i++) {
      String words = contenders.get(i).toWords();
      requests.add("prepare " + words);
      requests.add("check %s|%s".formatted(folder.resolve("results" + i), words));
    }
    List<String> answers = answers(null, requests.toArray(String[]::new));
    try (EngineHost sluice =
        new EngineHost(EngineName.SLUICE, GpuSpeed.sluiceCommand("cpu", 1), Map.of())) {
      for (int i = 0; i < contenders.size(); i++) {
        Contender contender = contenders.get(i);
        assertEquals("@checked", answers.get(2 * i + 1), contender.toWords());
        Contender exact =
            new Contender(EngineName.SLUICE, NumberType.FP32, Mode.EAGER, contender.work());
        Map<String, float[]> wanted = sluice.results(exact, folder.resolve("ours"));
        Map<String, float[]> actual = ArrayFile.read(folder.resolve("results" + i));
        assertEquals(wanted.keySet(), actual.keySet());
        double bound = contender.type() == NumberType.FP32 ? 1e-5 : contender.type().tolerance();
        for (String name : wanted.keySet()) {
          double distance = Samples.distance(actual.get(name), wanted.get(name));
          assertTrue(distance <= bound, contender.toWords() + ": " + name + ": " + distance);
        }
      }
    }
  }
}
