package dev.sluice.bench.gpu;

import dev.sluice.bench.gpu.Contender.EngineName;
import dev.sluice.bench.peers.PeerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Measures a work on its contenders: each is prepared, its results are compared with Sluice's in
 * fp32, and it warms up; then they take turns, A B C A B C. What fails is left out of the turns and
 * says why.
 */
final class GpuBench {
  /**
   * How much to measure.
   *
   * @param warmUpNanos of each contender, at least {@link #WARM_UP_ITERATIONS}
   * @param turnNanos of each turn
   * @param turns of each contender; fewer, but at least 3, where iterations are long
   */
  record Effort(long warmUpNanos, long turnNanos, int turns) {
    /** About two seconds a work of nine contenders. */
    static final Effort STANDARD = new Effort(80_000_000L, 25_000_000L, 5);

    private static final int FEWEST_TURNS = 3;
    private static final double ALL_TURNS_NANOS = 3e9;

    /** How many turns there are when all contenders together take so long for one. */
    int turnsOf(double nanos) {
      return (int) Math.clamp(ALL_TURNS_NANOS / nanos, Math.min(FEWEST_TURNS, turns), turns);
    }
  }

  /** Sluice runs the first directly, records the second as a graph and launches it from then on. */
  private static final int WARM_UP_ITERATIONS = 4;

  /** Iterations at the beginning of a turn that are not counted: others used the caches. */
  private static final int PART_TO_SKIP = 8;

  private static final int MOST_ITERATIONS = 5_000;

  private final Map<EngineName, EngineHost> hosts;
  private final Effort effort;
  private final Consumer<String> progress;

  /**
   * A bench.
   *
   * @param hosts of the engines
   * @param progress receives what is being done
   */
  GpuBench(Map<EngineName, EngineHost> hosts, Effort effort, Consumer<String> progress) {
    this.hosts = hosts;
    this.effort = effort;
    this.progress = progress;
  }

  /** One contender on its way to an outcome. */
  private static final class Entry {
    private final Contender contender;
    private final List<Double> turns = new ArrayList<>();
    private double nanos;
    private long peakBytes;
    private Double distance;
    private String failure;

    Entry(Contender contender) {
      this.contender = contender;
    }

    GpuRow.Outcome outcome() {
      return new GpuRow.Outcome(
          contender,
          failure == null ? List.copyOf(turns) : List.of(),
          peakBytes,
          distance,
          failure);
    }
  }

  /**
   * Measures.
   *
   * @param contenders of the work
   */
  GpuRow measure(GpuWork work, List<Contender> contenders) throws IOException {
    Path folder = Files.createTempDirectory("sluice-gpu");
    Path file = folder.resolve("results");
    try {
      Expected expected = new Expected(file);
      List<Entry> entries = contenders.stream().map(Entry::new).toList();
      for (Entry entry : entries) {
        progress.accept(work.title() + ": " + entry.contender.title());
        attempt(entry, () -> makeReady(entry, expected, file));
      }
      progress.accept(work.title() + ": in turn");
      takeTurns(entries);
      for (EngineHost host : hosts.values()) {
        forget(host);
      }
      return new GpuRow(work, entries.stream().map(Entry::outcome).toList());
    } finally {
      Files.deleteIfExists(file);
      Files.delete(folder);
    }
  }

  private static void forget(EngineHost host) {
    try {
      host.forget();
    } catch (PeerException _) {
      host.close(); // the next work starts another process
    }
  }

  /** Something that an engine is asked for. */
  private interface Step {
    void run() throws IOException;
  }

  private static void attempt(Entry entry, Step step) throws IOException {
    try {
      step.run();
    } catch (PeerException e) {
      entry.failure = e.getMessage();
    }
  }

  /** What Sluice computes in fp32, computed when it is first needed. */
  private final class Expected {
    private final Path file;
    private final Map<GpuWork, Map<String, float[]>> known = new HashMap<>();

    Expected(Path file) {
      this.file = file;
    }

    Map<String, float[]> of(GpuWork work) throws IOException {
      if (!known.containsKey(work)) {
        known.put(work, Map.of());
        known.put(work, hosts.get(EngineName.SLUICE).results(exact(work), file));
      }
      Map<String, float[]> results = known.get(work);
      if (results.isEmpty()) {
        throw new PeerException("there is nothing to compare with, since Sluice failed in fp32");
      }
      return results;
    }
  }

  private static Contender exact(GpuWork work) {
    return new Contender(EngineName.SLUICE, NumberType.FP32, Contender.Mode.EAGER, work);
  }

  private void makeReady(Entry entry, Expected expected, Path file) throws IOException {
    EngineHost host = hosts.get(entry.contender.engine());
    Map<String, float[]> wanted = expected.of(entry.contender.work());
    entry.distance =
        entry.contender.equals(exact(entry.contender.work()))
            ? 0 // it is these results; a second time a language model would be trained further
            : compare(entry.contender, host.results(entry.contender, file), wanted);
    long spent = 0;
    int iterations = WARM_UP_ITERATIONS;
    do {
      long[] nanos = host.time(entry.contender, iterations);
      spent += Arrays.stream(nanos).sum();
      entry.nanos = median(nanos);
      iterations = iterations(entry.nanos, effort.warmUpNanos() / 2);
    } while (spent < effort.warmUpNanos());
    entry.peakBytes = host.memory(entry.contender);
  }

  /** The largest distance of all arrays. */
  private static double compare(
      Contender contender, Map<String, float[]> results, Map<String, float[]> wanted)
      throws PeerException {
    double largest = 0;
    for (Map.Entry<String, float[]> array : wanted.entrySet()) {
      float[] actual = results.get(array.getKey());
      if (actual == null) {
        throw new PeerException("there is no " + array.getKey() + " among its results");
      }
      double distance;
      try {
        distance = Samples.distance(actual, array.getValue());
      } catch (IllegalArgumentException e) {
        throw new PeerException(array.getKey() + " has " + e.getMessage(), e);
      }
      if (!(distance <= contender.type().tolerance())) { // NaN too
        throw new PeerException(
            "%s is %.2g of its norm away from Sluice's in fp32, more than the %.2g that %s explains"
                .formatted(
                    array.getKey(), distance, contender.type().tolerance(), contender.type()));
      }
      largest = Math.max(largest, distance);
    }
    return largest;
  }

  private void takeTurns(List<Entry> entries) throws IOException {
    double once =
        entries.stream()
            .filter(entry -> entry.failure == null)
            .mapToDouble(entry -> Math.max(entry.nanos, effort.turnNanos()))
            .sum();
    int rounds = effort.turnsOf(once);
    for (int round = 0; round < rounds; round++) {
      for (Entry entry : entries) {
        if (entry.failure == null) {
          attempt(entry, () -> entry.turns.add(turn(entry)));
        }
      }
    }
  }

  private double turn(Entry entry) throws PeerException {
    int counted = iterations(entry.nanos, effort.turnNanos());
    int skipped = Math.ceilDiv(counted, PART_TO_SKIP);
    long[] nanos = hosts.get(entry.contender.engine()).time(entry.contender, skipped + counted);
    return median(Arrays.copyOfRange(nanos, skipped, nanos.length));
  }

  private static int iterations(double nanos, long available) {
    return (int) Math.clamp(available / Math.max(nanos, 1), 1, MOST_ITERATIONS);
  }

  private static double median(long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
  }
}
