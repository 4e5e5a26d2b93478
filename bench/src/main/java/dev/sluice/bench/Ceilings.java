package dev.sluice.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the machine can do at best: multiply-adds, and reads of data that lies in a cache or not. */
final class Ceilings {
  /**
   * Multiply-adds with nothing read from memory.
   *
   * @param threads how many worked
   * @param bits vector width
   * @param gflops GFLOP/s of all together
   */
  record Fma(int threads, int bits, double gflops) {}

  /**
   * Reads in order.
   *
   * @param threads how many worked, each on its own part
   * @param level where the data lies: {@code L1}, {@code L2}, {@code L3} or {@code memory}
   * @param bytes of all parts together
   * @param gigabytes GB/s of all together
   */
  record Read(int threads, String level, long bytes, double gigabytes) {}

  private record Size(int threads, long bytes) {}

  private static final int LOOKS = 3; // the best counts: a disturbance only ever takes away
  private static final int FMA_ROUNDS = 2_000;
  private static final int VALUES = CeilingLoop.ACCUMULATORS * 16;
  private static final int FLOATS = 128; // a multiple of what ReadLoop reads at once
  private static final double CHUNK_BYTES = 1 << 20;

  private final Caches caches = Caches.ofThisMachine();
  private final Map<Integer, CeilingLoop> fma = new HashMap<>();
  private final CeilingLoop read = CeilingLoop.read();
  private final Map<Size, Double> reads = new HashMap<>();
  private final Map<Integer, Double> best = new HashMap<>();
  private final long nanos;
  private volatile float sink;

  /**
   * Ceilings to be measured.
   *
   * @param nanos how long each measurement takes
   */
  Ceilings(long nanos) {
    this.nanos = nanos;
    float[] values = new float[VALUES];
    float[] few = new float[CeilingLoop.FIRST + 32 * FLOATS];
    for (int bits : CeilingLoop.widths()) {
      CeilingLoop loop = CeilingLoop.fma(bits);
      fma.put(bits, loop);
      for (int i = 0; i < 3_000; i++) { // until it is compiled
        sink += loop.run(values, 200);
      }
    }
    for (int i = 0; i < 5_000; i++) {
      sink += read.run(few, 1);
    }
  }

  /** Multiply-adds for each vector width. */
  List<Fma> fma(int threads) {
    List<Fma> all = new ArrayList<>();
    for (int bits : CeilingLoop.widths()) {
      double rate = 0;
      for (int i = 0; i < LOOKS; i++) {
        rate = Math.max(rate, fma(threads, bits, nanos));
      }
      best.merge(threads, rate, Math::max);
      all.add(new Fma(threads, bits, rate));
    }
    return all;
  }

  /** Reads from each cache and from memory. */
  List<Read> reads(int threads) {
    List<Read> all = new ArrayList<>();
    all.add(read(threads, "L1", threads * caches.l1() / 2));
    all.add(read(threads, "L2", threads * caches.l2() / 2));
    if (caches.l3() / 2 > threads * caches.l2()) {
      all.add(read(threads, "L3", caches.l3() / 2));
    }
    long large = Math.clamp(4 * caches.l3(), 1L << 27, 1L << 30);
    all.add(read(threads, "memory", Math.min(large, Runtime.getRuntime().maxMemory() / 4)));
    return all;
  }

  private Read read(int threads, String level, long bytes) {
    for (int i = 0; i < LOOKS; i++) {
      readRateNow(threads, bytes);
    }
    return new Read(threads, level, bytes, readRate(threads, bytes));
  }

  /** The best multiply-add rate in GFLOP/s that these threads showed so far in this run. */
  double peak(int threads) {
    return best.computeIfAbsent(threads, this::widest);
  }

  /** The multiply-add rate right now, in GFLOP/s: a short look, for beside a measurement. */
  double peakNow(int threads) {
    double rate = fma(threads, CeilingLoop.widths().getLast(), nanos / 8);
    best.merge(threads, rate, Math::max);
    return rate;
  }

  private double widest(int threads) {
    return fma(threads, CeilingLoop.widths().getLast(), nanos);
  }

  /**
   * The rate in GB/s at which so many bytes are read over and over, each thread its own part: the best
   * that was seen so far in this run.
   */
  double readRate(int threads, long bytes) {
    return reads.computeIfAbsent(new Size(threads, bytes), size -> measureRead(size, nanos));
  }

  /** As {@link #readRate}, measured now, for beside a measurement. */
  double readRateNow(int threads, long bytes) {
    Size size = new Size(threads, bytes);
    double rate = measureRead(size, nanos / 2);
    reads.merge(size, rate, Math::max);
    return rate;
  }

  private double fma(int threads, int bits, long duration) {
    CeilingLoop loop = fma.get(bits);
    double work = 2.0 * CeilingLoop.ACCUMULATORS * (bits / Float.SIZE) * FMA_ROUNDS;
    return Gang.rate(
        threads,
        duration,
        _ -> {
          float[] values = new float[VALUES];
          return () -> {
            sink = loop.run(values, FMA_ROUNDS);
            return work;
          };
        });
  }

  private double measureRead(Size size, long duration) {
    long floats = size.bytes() / Float.BYTES / size.threads() / FLOATS * FLOATS;
    int length = (int) Math.clamp(floats, FLOATS, 1 << 28);
    int passes = (int) Math.max(1, CHUNK_BYTES / Float.BYTES / length);
    return Gang.rate(
        size.threads(),
        duration,
        _ -> {
          float[] data = new float[CeilingLoop.FIRST + length];
          return () -> {
            sink = read.run(data, passes);
            return (double) Float.BYTES * length * passes;
          };
        });
  }
}
