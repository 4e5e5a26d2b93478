package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.OutOfDeviceMemoryException;
import dev.sluice.backend.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Measures workloads in turn, in several rounds, so that a disturbance of a few seconds does not fall
 * on one row alone. Each row's ceiling is measured beside it.
 */
final class Bench {
  /**
   * How much to measure.
   *
   * @param rounds how often each row is visited
   * @param effort of a visit
   * @param nanos for all visits together, beyond which they are cut short; 0 for no limit
   */
  record Plan(int rounds, Sampler.Effort effort, long nanos) {
    /** Well under two minutes for all suites on two cores. */
    static final Plan QUICK =
        new Plan(2, new Sampler.Effort(250_000_000L, 200_000_000L, 2), 85_000_000_000L);

    /** For figures to publish. */
    static final Plan THOROUGH =
        new Plan(3, new Sampler.Effort(1_500_000_000L, 1_000_000_000L, 5), 0);
  }

  private final String device;
  private final Precision precision;
  private final Ceilings ceilings;
  private final Consumer<String> progress;

  /**
   * A bench.
   *
   * @param device for {@link Backends#choose}
   * @param precision of the backends
   * @param ceilings measured beside the rows
   * @param progress receives what is being done
   */
  Bench(String device, Precision precision, Ceilings ceilings, Consumer<String> progress) {
    this.device = device;
    this.precision = precision;
    this.ceilings = ceilings;
    this.progress = progress;
  }

  /** A row being measured. */
  private final class Entry {
    final Workload work;
    final int threads;
    final Backend backend;
    final boolean onCpu;
    final Sampler sampler;
    final List<Double> nearby = new ArrayList<>();
    long held;
    String skipped;

    Entry(Workload work, int threads, Backend backend) {
      this.work = work;
      this.threads = threads;
      this.backend = backend;
      onCpu = isCpu(backend);
      sampler = new Sampler(backend, work instanceof StreamWorkload);
    }

    void visit(boolean first, Sampler.Effort effort) {
      if (first) {
        work.check(backend);
      }
      long before = backend.allocatedBytes();
      try (Workload.Prepared run = work.prepare(backend)) {
        held = backend.allocatedBytes() - before;
        look();
        sampler.round(run, effort);
        look();
      } catch (OutOfMemoryError | OutOfDeviceMemoryException e) {
        skipped = work.name().title() + " was left out: " + e.getMessage();
      }
    }

    /** A short look at the ceiling. */
    private void look() {
      if (onCpu && work.bytes() > 0) {
        nearby.add(ceilings.readRateNow(threads, (long) work.bytes()));
      } else if (onCpu && work.flops() > 0) {
        nearby.add(ceilings.peakNow(threads));
      }
    }

    Row row() {
      Workload.Name name = work.name();
      Timing timing = work instanceof MemoryWorkload ? null : sampler.timing();
      double perSecond = timing == null ? 0 : work.units().perIteration() / timing.medianNs() * 1e9;
      return new Row(
          name.suite(),
          name.cell(),
          name.shape(),
          name.mode(),
          backend.name(),
          onCpu ? threads : 0,
          precision.name().toLowerCase(Locale.ROOT),
          timing,
          timing == null ? null : rate(timing),
          perSecond,
          work.units().noun(),
          sampler.allocatedPerIteration(),
          held);
    }

    private Row.Rate rate(Timing timing) {
      if (nearby.isEmpty()) {
        return null;
      }
      double around = nearby.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
      return work.bytes() > 0
          ? new Row.Rate(
              work.bytes() / timing.medianNs(),
              "GB/s",
              ceilings.readRate(threads, (long) work.bytes()),
              around)
          : new Row.Rate(
              work.flops() / timing.medianNs(), "GFLOP/s", ceilings.peak(threads), around);
    }
  }

  /** Whether a backend computes on the cores whose ceiling is measured. */
  static boolean isCpu(Backend backend) {
    return !backend.name().equals("cuda");
  }

  /**
   * Measures.
   *
   * @param works what
   * @param threads with how many threads each; one entry for a GPU
   * @param plan how thoroughly
   * @param notes receives what was left out and why
   * @return a row for each workload and thread count
   */
  List<Row> measure(List<Workload> works, List<Integer> threads, Plan plan, List<String> notes) {
    List<Backend> backends = new ArrayList<>();
    try {
      List<Entry> entries = new ArrayList<>();
      for (int count : threads) {
        backends.add(Backends.choose(device, new BackendOptions(count, 0, precision)).backend());
      }
      for (Workload work : works) {
        for (int i = 0; i < threads.size(); i++) {
          entries.add(new Entry(work, threads.get(i), backends.get(i)));
        }
      }
      visitAll(entries, plan);
      entries.stream().map(entry -> entry.skipped).filter(s -> s != null).forEach(notes::add);
      return entries.stream().filter(entry -> entry.skipped == null).map(Entry::row).toList();
    } finally {
      backends.forEach(Backend::close);
    }
  }

  private void visitAll(List<Entry> entries, Plan plan) {
    long start = System.nanoTime();
    int visits = entries.size() * plan.rounds();
    int done = 0;
    for (int round = 0; round < plan.rounds(); round++) {
      for (Entry entry : entries) {
        Workload.Name name = entry.work.name();
        progress.accept(
            "%3d%%  %s: %s, %s"
                .formatted(
                    100 * done / visits,
                    name.suite(),
                    name.title(),
                    entry.threads == 1 ? "1 thread" : entry.threads + " threads"));
        if (entry.skipped == null && !(round > 0 && entry.work instanceof MemoryWorkload)) {
          Sampler.Effort effort = effort(plan, start, visits - done);
          boolean timed = !(entry.work instanceof MemoryWorkload);
          entry.visit(round == 0, timed ? effort : effort.atMost(0));
        }
        done++;
      }
    }
  }

  private static Sampler.Effort effort(Plan plan, long start, int left) {
    return plan.nanos() == 0
        ? plan.effort()
        : plan.effort().atMost(Math.max(0, plan.nanos() - (System.nanoTime() - start)) / left);
  }
}
