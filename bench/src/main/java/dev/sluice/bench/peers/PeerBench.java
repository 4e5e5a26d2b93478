package dev.sluice.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Measures a work on Sluice and on the peers. Each engine runs in a process of its own, with one
 * thread and with all cores; it warms up, the fastest of its {@link Peer#settings} is kept, those that
 * are near it being timed in turn, and its results are compared with Sluice's. Then the engines take
 * turns, A B C A B C, the others stopped meanwhile.
 */
public final class PeerBench {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  /** Iterations of a turn that are not counted: its engine slept, and others used the caches. */
  private static final int PART_TO_SKIP = 8;

  /**
   * A setting that is so much slower than the best so far after a part of its warm-up is not warmed
   * up any further, unless it still quickens, nor timed in turn with it; the part leaves a JVM the time
   * to compile.
   */
  private static final double HOPELESS = 1.5;

  /** Turns in which the settings of one engine are timed before one is chosen. */
  private static final int TRIALS = 5;

  private static final double FAIR_CHANCE = 0.6;

  /**
   * A warm-up goes on while a round, or one of the last {@link #STILL}, takes less than this part of the
   * best before: code is compiled.
   */
  private static final double QUICKENS = 0.95;

  private static final int STILL = 3;

  /** But no longer than so many warm-ups. */
  private static final double LONGEST = 3;

  /** Parts of a warm-up that are timed each for itself. */
  private static final int WARM_UP_ROUNDS = 8;

  /**
   * How much to measure.
   *
   * @param warmUpNanos of each engine and thread count
   * @param turnNanos of each turn
   * @param turns of each engine, at least {@link #FEWEST_TURNS}; fewer where iterations are long
   */
  public record Effort(long warmUpNanos, long turnNanos, int turns) {
    /** For a first look. */
    public static final Effort QUICK = new Effort(800_000_000L, 80_000_000L, 5);

    private static final int FEWEST_TURNS = 3;
    private static final double ALL_TURNS_NANOS = 9e9;

    /** How many turns there are when all engines together take so long for one. */
    int turnsOf(double nanos) {
      return (int) Math.clamp(ALL_TURNS_NANOS / nanos, Math.min(FEWEST_TURNS, turns), turns);
    }

    /** For figures to publish. */
    public static final Effort THOROUGH = new Effort(1_000_000_000L, 150_000_000L, 9);
  }

  /** Starts processes. */
  interface Starter {
    EngineProcess start(Peer peer, Setting setting, Duration patience) throws PeerException;
  }

  private final Starter starter;
  private final int cores;
  private final Effort effort;
  private final Consumer<String> progress;

  /**
   * A bench.
   *
   * @param starter of the engines' processes
   * @param cores of the machine
   * @param effort how much to measure
   * @param progress receives what is being done
   */
  PeerBench(Starter starter, int cores, Effort effort, Consumer<String> progress) {
    this.starter = starter;
    this.cores = cores;
    this.effort = effort;
    this.progress = progress;
  }

  /**
   * A bench of the engines that this installation has.
   *
   * @throws PeerException on a system that the peers are not made for
   */
  public static PeerBench here(Effort effort, Consumer<String> progress) throws PeerException {
    Installation installation = Installation.here();
    int cores = Runtime.getRuntime().availableProcessors();
    return new PeerBench(installation::start, cores, effort, progress);
  }

  /** A process that is ready, and how fast it turned out to be. */
  private record Candidate(Peer peer, Setting setting, EngineProcess process, double nanos) {}

  /**
   * Measures.
   *
   * @throws PeerException when an engine is not built or fails, or its results are not Sluice's
   */
  public PeerRow measure(Work work) throws IOException {
    return measure(work, Arrays.stream(Peer.values()).filter(peer -> peer.does(work)).toList());
  }

  /** As above on some engines only, Sluice first. */
  PeerRow measure(Work work, List<Peer> peers) throws IOException {
    List<Candidate> chosen = new ArrayList<>();
    Path folder = Files.createTempDirectory("sluice-peers");
    Path results = folder.resolve("results");
    try {
      ResultBound bound = null;
      for (Peer peer : peers) {
        progress.accept(work.title() + ": " + peer.title() + " warms up");
        int first = chosen.size();
        double best = Double.POSITIVE_INFINITY;
        for (Setting setting : peer.settings(work, cores)) {
          EngineProcess process = starter.start(peer, setting, PATIENCE);
          // Known at once, so that it is closed whatever happens.
          chosen.add(new Candidate(peer, setting, process, Double.POSITIVE_INFINITY));
          if (bound == null) {
            bound = bound(process, work, results);
          }
          process.prepare(work, setting.threads());
          double nanos = warmUp(process, best);
          chosen.set(chosen.size() - 1, new Candidate(peer, setting, process, nanos));
          best = Math.min(best, nanos);
          double limit = HOPELESS * best;
          close(chosen.subList(first, chosen.size()), hopeless -> hopeless.nanos() >= limit);
        }
        keepFastest(chosen.subList(first, chosen.size()));
        compare(bound, chosen.getLast(), work, results);
      }
      progress.accept(work.title() + ": in turn");
      return takeTurns(work, chosen);
    } finally {
      chosen.forEach(candidate -> candidate.process().close());
      Files.deleteIfExists(results);
      Files.delete(folder);
    }
  }

  /**
   * Leaves the fastest of an engine's settings. Those near the best are timed in turn: others on the
   * machine may have used the cores while one of them warmed up.
   */
  private void keepFastest(List<Candidate> settings) throws PeerException {
    if (settings.size() > 1) {
      List<Double> times =
          inTurn(settings, TRIALS, effort.warmUpNanos() / WARM_UP_ROUNDS).stream()
              .map(PeerRow::median)
              .toList();
      Candidate fastest = settings.get(times.indexOf(Collections.min(times)));
      close(settings, setting -> setting != fastest);
    }
  }

  private static void close(List<Candidate> settings, Predicate<Candidate> which) {
    settings.stream().filter(which).forEach(setting -> setting.process().close());
    settings.removeIf(which);
  }

  private static ResultBound bound(EngineProcess process, Work work, Path file) throws IOException {
    process.check(work, 1, 0, 0, file);
    Map<String, float[]> expected = ArrayFile.read(file);
    List<Map<String, float[]>> moved = new ArrayList<>();
    for (int seed = 1; seed <= 2; seed++) {
      process.check(work, 1, ResultBound.change(work), seed, file);
      moved.add(ArrayFile.read(file));
    }
    return new ResultBound(expected, moved);
  }

  /** Compares the results of the setting that was kept, and makes it ready again. */
  private static void compare(ResultBound bound, Candidate kept, Work work, Path file)
      throws IOException {
    int threads = kept.setting().threads();
    kept.process().check(work, threads, 0, 0, file);
    Optional<String> disagreement = bound.disagreement(ArrayFile.read(file));
    if (disagreement.isPresent()) {
      throw new PeerException(
          "%s on %s, threads %s: %s; what computes something else is not compared"
              .formatted(
                  work.title(), kept.peer().title(), kept.setting().title(), disagreement.get()));
    }
    kept.process().prepare(work, threads);
    kept.process().time(1);
  }

  /**
   * The shortest median of the warm-up's rounds: a moment in which others used the cores must not
   * decide on a setting, least of all against a thread for each core.
   */
  private double warmUp(EngineProcess process, double best) throws PeerException {
    long spent = 0;
    long[] nanos = process.time(1);
    double shortest = Double.POSITIVE_INFINITY;
    int still = 0;
    double part;
    do {
      nanos = process.time(count(median(nanos), effort.warmUpNanos() / WARM_UP_ROUNDS));
      spent += Arrays.stream(nanos).sum();
      still = median(nanos) < QUICKENS * shortest ? 0 : still + 1;
      shortest = Math.min(shortest, median(nanos));
      part = still < STILL ? LONGEST : shortest < HOPELESS * best ? 1 : FAIR_CHANCE;
    } while (spent < part * effort.warmUpNanos());
    return shortest;
  }

  private static int count(double iterationNanos, long nanos) {
    return (int) Math.max(1, Math.min(1_000_000, nanos / Math.max(iterationNanos, 1)));
  }

  private PeerRow takeTurns(Work work, List<Candidate> engines) throws PeerException {
    double allOnce =
        engines.stream().mapToDouble(engine -> Math.max(engine.nanos(), effort.turnNanos())).sum();
    List<List<Double>> turns = inTurn(engines, effort.turnsOf(allOnce), effort.turnNanos());
    List<PeerRow.Timed> timed = new ArrayList<>();
    for (int i = 0; i < engines.size(); i++) {
      Candidate engine = engines.get(i);
      timed.add(
          new PeerRow.Timed(engine.peer(), engine.setting().title(), List.copyOf(turns.get(i))));
    }
    return new PeerRow(work, List.copyOf(timed));
  }

  /** For each engine and turn the median nanoseconds of an iteration. */
  private static List<List<Double>> inTurn(List<Candidate> engines, int turns, long turnNanos)
      throws PeerException {
    List<List<Double>> times = new ArrayList<>();
    engines.forEach(engine -> times.add(new ArrayList<>()));
    for (int turn = 0; turn < turns; turn++) {
      for (int i = 0; i < engines.size(); i++) {
        Candidate engine = engines.get(i);
        int counted = count(engine.nanos(), turnNanos);
        int skipped = counted == 1 ? 0 : Math.ceilDiv(counted, PART_TO_SKIP);
        long[] nanos = engine.process().time(skipped + counted);
        times.get(i).add(median(Arrays.copyOfRange(nanos, skipped, nanos.length)));
      }
    }
    return times;
  }

  private static double median(long[] nanos) {
    return PeerRow.median(Arrays.stream(nanos).mapToObj(value -> (double) value).toList());
  }
}
