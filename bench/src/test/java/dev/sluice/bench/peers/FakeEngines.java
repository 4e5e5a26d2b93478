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

  /** Takes 4 ms with one thread; with two 5 ms while others use the cores, as its warm-up lasts, then 3 ms. */
  public static final class Disturbed implements Engine.Factory {
    private static final int DISTURBED = 85;

    @Override
    public Engine prepare(Work work, WorkData data, int threads) {
      return new Fake() {
        private int iterations;

        @Override
        public void iterate() throws InterruptedException {
          iterations++;
          Thread.sleep(threads == 1 ? 4 : iterations <= DISTURBED ? 5 : 3);
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
