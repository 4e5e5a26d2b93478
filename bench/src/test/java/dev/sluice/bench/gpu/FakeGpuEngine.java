package dev.sluice.bench.gpu;

import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.bench.gpu.Contender.EngineName;
import dev.sluice.bench.peers.ArrayFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A program that stands for PyTorch's: it has Sluice's results at hand and spoils them, or itself,
 * for some types, as its argument says.
 */
public final class FakeGpuEngine {
  private FakeGpuEngine() {}

  /**
   * Serves until the input ends.
   *
   * @param args {@code good}; {@code wrong}: results in bf16 are doubled; {@code dying}: the process
   *     ends when it shall time fp16; {@code stuck}: after a failure in tf32 it answers nothing but
   *     failures
   */
  public static void main(String[] args) throws IOException {
    boolean stuck = false;
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      String answer = answer(line);
      if (args[0].equals("wrong") && line.startsWith("check") && line.contains(" bf16 ")) {
        spoil(line);
      } else if (args[0].equals("dying") && line.startsWith("time") && line.contains(" fp16 ")) {
        System.err.println("illegal address");
        Runtime.getRuntime().halt(3);
      } else if (args[0].equals("stuck") && line.startsWith("prepare") && line.contains(" tf32 ")) {
        stuck = true;
      }
      System.out.println("a library says hello");
      System.out.println(stuck ? "@failed the context is lost" : answer);
      System.out.flush();
    }
  }

  private static String answer(String line) throws IOException {
    String[] word = line.split(" ", 3);
    return switch (word[0]) {
      case "about" -> "@about pytorch=fake\tcudnn=none";
      case "prepare" -> "@prepared";
      case "check" -> check(line.substring("check ".length()).split("\\|"));
      case "time" -> "@times" + " 1000000".repeat(Integer.parseInt(word[1]));
      case "memory" -> "@memory 12345";
      case "forget" -> "@forgotten";
      default -> "@failed " + line;
    };
  }

  private static String check(String[] fileAndWords) throws IOException {
    GpuWork work = Contender.parse(EngineName.PYTORCH, fileAndWords[1]).work();
    ArrayFile.write(Path.of(fileAndWords[0]), Samples.of(results(work)));
    return "@checked";
  }

  private static Map<String, float[]> results(GpuWork work) {
    try (GpuEngine sluice =
        new SluiceLayers(Backends.choose("cpu", BackendOptions.DEFAULT).backend(), work, 1)) {
      return sluice.results();
    }
  }

  private static void spoil(String line) throws IOException {
    Path file = Path.of(line.substring("check ".length(), line.indexOf('|')));
    Map<String, float[]> wrong = new LinkedHashMap<>(ArrayFile.read(file));
    float[] y = wrong.get("y");
    for (int i = 0; i < y.length; i++) {
      y[i] *= 2;
    }
    ArrayFile.write(file, wrong);
  }
}
