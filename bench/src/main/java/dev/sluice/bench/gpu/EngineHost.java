package dev.sluice.bench.gpu;

import dev.sluice.bench.gpu.Contender.EngineName;
import dev.sluice.bench.peers.ArrayFile;
import dev.sluice.bench.peers.EngineProcess;
import dev.sluice.bench.peers.EngineServer;
import dev.sluice.bench.peers.PeerException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One engine's process over a whole run. What failed may have left the device's context unusable, so
 * after a failure the process must show that it still works, or another one takes its place.
 */
final class EngineHost implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration PREPARE = Duration.ofSeconds(60);
  private static final Duration TIME = Duration.ofSeconds(60);

  /** {@code torch.compile} and the first run of what it made. */
  private static final Duration COMPILE = Duration.ofSeconds(100);

  private final EngineName name;
  private final List<String> command;
  private final Map<String, String> environment;
  private final Set<String> prepared = new HashSet<>();
  private EngineProcess process;

  /**
   * A host; the process starts with the first request.
   *
   * @param command with arguments
   * @param environment variables to add
   */
  EngineHost(EngineName name, List<String> command, Map<String, String> environment) {
    this.name = name;
    this.command = List.copyOf(command);
    this.environment = Map.copyOf(environment);
  }

  /** What runs the engine, name=value. */
  List<String> about() throws PeerException {
    return List.of(ask("about", GpuEngineServer.ABOUT, START).split("\t"));
  }

  /** What the device can do; Sluice's process only. */
  DeviceCeilings ceilings(int size, int copied) throws PeerException {
    String request = "ceilings %d %d".formatted(size, copied);
    return DeviceCeilings.parse(ask(request, GpuEngineServer.CEILINGS, START));
  }

  /** Samples of a work's results. */
  Map<String, float[]> results(Contender contender, Path file) throws IOException {
    prepare(contender);
    ask(
        "check %s|%s".formatted(file, contender.toWords()),
        EngineServer.CHECKED,
        compiling(contender, PREPARE));
    return ArrayFile.read(file);
  }

  /** Nanoseconds of some iterations. */
  long[] time(Contender contender, int iterations) throws PeerException {
    prepare(contender);
    String request = "time %d %s".formatted(iterations, contender.toWords());
    try {
      return running().times(request, iterations, compiling(contender, TIME));
    } catch (PeerException e) {
      recover();
      throw e;
    }
  }

  /** The most bytes of the device that a work took; asked for before another one is prepared. */
  long memory(Contender contender) throws PeerException {
    prepare(contender);
    return Long.parseLong(ask("memory " + contender.toWords(), GpuEngineServer.MEMORY, TIME));
  }

  /** Frees all that was prepared. */
  void forget() throws PeerException {
    if (!prepared.isEmpty()) {
      prepared.clear();
      ask("forget", GpuEngineServer.FORGOTTEN, PREPARE);
    }
  }

  private static Duration compiling(Contender contender, Duration otherwise) {
    return contender.mode() == Contender.Mode.COMPILED ? COMPILE : otherwise;
  }

  private void prepare(Contender contender) throws PeerException {
    if (!prepared.contains(contender.toWords())) {
      ask("prepare " + contender.toWords(), EngineServer.PREPARED, PREPARE);
      prepared.add(contender.toWords());
    }
  }

  /** What stands behind the expected word. */
  private String ask(String request, String expected, Duration limit) throws PeerException {
    try {
      return running().request(request, expected, limit).substring(expected.length()).strip();
    } catch (PeerException e) {
      recover();
      throw e;
    }
  }

  private EngineProcess running() throws PeerException {
    if (process == null) {
      try {
        process = new EngineProcess(name.title(), command, environment, START);
      } catch (IOException e) {
        throw new PeerException(name.title() + " cannot be started: " + e.getMessage(), e);
      }
    }
    return process;
  }

  /** Keeps the process when it can still free what it holds, which waits for the device. */
  private void recover() {
    prepared.clear();
    try {
      if (process != null) {
        process.request("forget", GpuEngineServer.FORGOTTEN, PREPARE);
      }
    } catch (PeerException _) {
      close();
    }
  }

  /** Lets the process end by itself, so that what it runs under can write down what it found. */
  void finish() throws PeerException {
    if (process != null) {
      process.finish(START);
      process = null;
    }
  }

  @Override
  public void close() {
    prepared.clear();
    if (process != null) {
      process.close();
      process = null;
    }
  }
}
