package dev.sluice.bench.gpu;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.DeviceMemoryUse;
import dev.sluice.backend.Precision;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Stopwatch;
import dev.sluice.bench.gpu.Contender.EngineName;
import dev.sluice.bench.peers.ArrayFile;
import dev.sluice.bench.peers.EngineServer;
import dev.sluice.bench.peers.Signals;
import dev.sluice.bench.peers.SluiceLanguageModel;
import dev.sluice.bench.peers.WorkData;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The main program of Sluice's process. It answers each line that it reads with one line, as
 * PyTorch's does; CONTENDER stands for {@link Contender#toWords}.
 *
 * <pre>
 *   about                     "@about", then what runs it, name=value, separated by tabs
 *   prepare CONTENDER         keeps it beside those before; "@prepared"
 *   check FILE|CONTENDER      writes samples of its results to FILE; "@checked"
 *   time N CONTENDER          "@times" and N numbers of nanoseconds by the device's clock
 *   memory CONTENDER          "@memory" and the most bytes that it took, its inputs included
 *   forget                    frees all that was prepared; "@forgotten"
 *   ceilings SIZE COUNT       "@ceilings" and {@link DeviceCeilings#toWords}; Sluice only
 *   anything that fails       "@failed" and why
 * </pre>
 *
 * The end of the input ends the program.
 */
public final class GpuEngineServer {
  static final String ABOUT = "@about";
  static final String MEMORY = "@memory";
  static final String FORGOTTEN = "@forgotten";
  static final String CEILINGS = "@ceilings";

  private final String device;
  private final int mostSets;
  private final Map<String, Prepared> prepared = new HashMap<>();

  /** Keeps the device's context, so that the backends of the works open quickly. */
  private Backend anchor;

  private GpuEngineServer(String device, int mostSets) {
    this.device = device;
    this.mostSets = mostSets;
  }

  private record Prepared(Backend backend, Stopwatch stopwatch, GpuEngine engine) {
    void close() {
      stopwatch.close();
      engine.close(); // and the backend with it
    }
  }

  /**
   * Serves until the input ends.
   *
   * @param args the device, as {@link Backends#choose} takes it; and how many sets of inputs there
   *     may be
   */
  public static void main(String[] args) throws IOException {
    Signals.endWithParent();
    PrintStream answers = System.out;
    System.setOut(System.err);
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    GpuEngineServer server = new GpuEngineServer(args[0], Integer.parseInt(args[1]));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      String answer;
      try {
        answer = server.answer(line);
      } catch (Exception | LinkageError | OutOfMemoryError e) {
        e.printStackTrace();
        answer = EngineServer.FAILED + " " + String.valueOf(e).replace('\n', ' ');
      }
      answers.println(answer);
      answers.flush();
    }
    server.forget();
  }

  private String answer(String line) throws IOException {
    String[] word = line.split(" ", 2);
    return switch (word[0]) {
      case "about" -> about();
      case "prepare" -> prepare(word[1]);
      case "check" -> check(word[1].split("\\|", 2));
      case "time" -> time(word[1].split(" ", 2));
      case "memory" -> memory(word[1]);
      case "forget" -> forget();
      case "ceilings" -> ceilings(word[1].split(" "));
      default -> throw new IllegalArgumentException("unknown request: " + line);
    };
  }

  private String about() {
    if (anchor == null) {
      anchor = Backends.choose(device, BackendOptions.DEFAULT).backend();
    }
    // The anchor is in fp32, which says nothing of the works.
    return "%s device=%s".formatted(ABOUT, anchor.description().replace(", fp32,", ","));
  }

  private String prepare(String words) {
    Contender contender = Contender.parse(EngineName.SLUICE, words);
    Precision precision =
        contender
            .type()
            .precision()
            .orElseThrow(() -> new IllegalArgumentException("Sluice has no " + contender.type()));
    Backend backend = Backends.choose(device, new BackendOptions(0, 0, precision)).backend();
    try {
      prepared.put(
          words, new Prepared(backend, backend.stopwatch(), engine(backend, contender.work())));
    } catch (RuntimeException | Error e) {
      backend.close();
      throw e;
    }
    return EngineServer.PREPARED;
  }

  private GpuEngine engine(Backend backend, GpuWork work) {
    if (work.kind() != GpuWork.Kind.LANGUAGE_MODEL) {
      return new SluiceLayers(backend, work, mostSets);
    }
    int tokens = work.steps() * work.batch();
    SluiceLanguageModel model =
        new SluiceLanguageModel(
            backend,
            work.spec(),
            work.vocabulary(),
            Shape.of(work.steps(), work.batch()),
            work.parameters(),
            WorkData.integers("ids", tokens, work.vocabulary()),
            WorkData.integers("targets", tokens, work.vocabulary()));
    return new GpuEngine() {
      @Override
      public void enqueue() {
        model.enqueue();
      }

      @Override
      public Map<String, float[]> results() {
        return model.results();
      }

      @Override
      public void close() {
        model.close();
      }
    };
  }

  private Prepared get(String words) {
    Prepared found = prepared.get(words);
    if (found == null) {
      throw new IllegalStateException("not prepared: " + words);
    }
    return found;
  }

  private String check(String[] fileAndWords) throws IOException {
    Map<String, float[]> results = get(fileAndWords[1]).engine().results();
    ArrayFile.write(Path.of(fileAndWords[0]), Samples.of(results));
    return EngineServer.CHECKED;
  }

  private String time(String[] countAndWords) {
    Prepared timed = get(countAndWords[1]);
    int count = Integer.parseInt(countAndWords[0]);
    timed.stopwatch().mark();
    for (int i = 0; i < count; i++) {
      timed.engine().enqueue();
      timed.stopwatch().mark();
    }
    StringBuilder times = new StringBuilder(EngineServer.TIMES);
    for (long nanos : timed.stopwatch().laps()) {
      times.append(' ').append(nanos);
    }
    return times.toString();
  }

  private String memory(String words) {
    Backend backend = get(words).backend();
    long most =
        backend.deviceMemory().map(DeviceMemoryUse::peak).orElseGet(backend::allocatedBytes);
    return MEMORY + " " + most;
  }

  private String forget() {
    prepared.values().forEach(Prepared::close);
    prepared.clear();
    return FORGOTTEN;
  }

  private String ceilings(String[] sizeAndCount) {
    DeviceCeilings ceilings =
        DeviceCeilings.measure(
            device, Integer.parseInt(sizeAndCount[0]), Integer.parseInt(sizeAndCount[1]));
    return CEILINGS + " " + ceilings.toWords();
  }
}
