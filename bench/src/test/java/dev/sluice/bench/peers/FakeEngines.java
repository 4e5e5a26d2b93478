package dev.sluice.bench.peers;

import java.util.Map;

/** Engines that behave well or badly, for tests of the processes. */
final class FakeEngines {
  private FakeEngines() {}

  /** An engine whose only result is given. */
  abstract static class Fake implements Engine {
    @Override
    public void iterate() throws Exception {}

    @Override
    public Map<String, float[]> results() {
      return Map.of("y", new float[] {1, -2.5f, Float.MIN_VALUE});
    }

    @Override
    public void close() {}
  }

  /** Does what it should, and prints to the standard output as a native library may. */
  public static final class Good implements Engine.Factory {
    @Override
    public Engine prepare(Work work, WorkData data, int threads) {
      System.out.println("@prepared nonsense");
      return new Fake() {};
    }
  }

  /** Ends its process in the middle of the work. */
  public static final class Dying implements Engine.Factory {
    @Override
    public Engine prepare(Work work, WorkData data, int threads) {
      return new Fake() {
        @Override
        public void iterate() {
          System.err.println("no such instruction");
          Runtime.getRuntime().halt(7);
        }
      };
    }
  }

  /** Never ends. */
  public static final class Hanging implements Engine.Factory {
    @Override
    public Engine prepare(Work work, WorkData data, int threads) {
      return new Fake() {
        @Override
        public void iterate() throws InterruptedException {
          Thread.sleep(600_000);
        }
      };
    }
  }

  /** Cannot do the work. */
  public static final class Refusing implements Engine.Factory {
    @Override
    public Engine prepare(Work work, WorkData data, int threads) {
      throw new UnsupportedOperationException("no\nGRU");
    }
  }

  /** Takes 4 ms with one thread; with two 20 ms until it has warmed up, then 1 ms. */
  public static final class Warming implements Engine.Factory {
    private static final int COLD = 6;

    @Override
    public Engine prepare(Work work, WorkData data, int threads) {
      return new Fake() {
        private int iterations;

        @Override
        public void iterate() throws InterruptedException {
          iterations++;
          Thread.sleep(threads == 1 ? 4 : iterations <= COLD ? 20 : 1);
        }
      };
    }
  }

  /** Takes 4 ms with one thread; with two 5 ms for some time, while others use the cores, then 3 ms. */
  public static final class Disturbed implements Engine.Factory {
    /** A little longer than the warm-up. */
    private static final long NANOS = 420_000_000;

    @Override
    public Engine prepare(Work work, WorkData data, int threads) {
      return new Fake() {
        private long spent;

        @Override
        public void iterate() throws InterruptedException {
          long start = System.nanoTime();
          Thread.sleep(threads == 1 ? 4 : spent < NANOS ? 5 : 3);
          spent += System.nanoTime() - start;
        }
      };
    }
  }

  /** Takes 10 ms with one thread; with two 40 ms at first, less and less, and 5 ms after 420 ms. */
  public static final class Compiling implements Engine.Factory {
    @Override
    public Engine prepare(Work work, WorkData data, int threads) {
      return new Fake() {
        private long spent;

        @Override
        public void iterate() throws InterruptedException {
          long start = System.nanoTime();
          long millis = Math.max(5, 40 - spent / 12_000_000);
          Thread.sleep(threads == 1 ? 10 : millis);
          spent += System.nanoTime() - start;
        }
      };
    }
  }

  /** Sluice with the two halves of x exchanged: quick, and wrong. */
  public static final class Wrong implements Engine.Factory {
    @Override
    public Engine prepare(Work work, WorkData data, int threads) {
      Work other =
          new Work(work.kind(), work.cell(), work.hidden(), work.layers(), work.batch(), 1, 0);
      return new SluiceEngines().prepare(other, WorkData.of(other), threads);
    }
  }
}
