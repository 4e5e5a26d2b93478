package dev.sluice.backend.simd;

import java.util.concurrent.locks.LockSupport;

/**
 * A fixed team of threads that runs one job at a time, each member its own part.
 *
 * <p>A training step hands out some hundred jobs of 10 µs to 10 ms, so handing one out must cost well
 * under a microsecond: members spin for the next job for a while before they park. The caller is
 * member 0. Jobs are split by index alone, never by timing, so that results are repeatable.
 */
final class ThreadTeam implements AutoCloseable {
  /** Work that can be cut into parts. Implementations are reused, so that no call allocates. */
  interface Job {
    /**
     * Runs one part.
     *
     * @param part 0 .. parts-1
     * @param parts how many parts there are: at most the team's size
     */
    void run(int part, int parts);
  }

  /** Polls of the next job before a member parks: some 100 µs, longer than the gap within a step. */
  private static final int SPINS = 20_000;

  private final Member[] members;
  private final boolean spin;
  private volatile Throwable failure;
  private volatile boolean closed;

  /** Barrier of the running job: arrivals of each part, counted up. */
  private final PaddedCounter[] arrivals;

  ThreadTeam(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("a team needs at least one thread, not " + size);
    }
    spin = size <= Runtime.getRuntime().availableProcessors();
    members = new Member[size];
    arrivals = new PaddedCounter[size];
    for (int i = 0; i < size; i++) {
      arrivals[i] = new PaddedCounter();
      if (i > 0) {
        members[i] = new Member(i);
        members[i].start();
      }
    }
  }

  /** Number of threads, the caller included. */
  int size() {
    return members.length;
  }

  /**
   * Runs a job and returns when all its parts are done.
   *
   * @param parts how many members take part; 1 runs on the caller alone
   * @throws RuntimeException what a part threw
   * @throws IllegalStateException when the team is closed
   */
  void run(int parts, Job job) {
    if (closed) {
      throw new IllegalStateException("the backend is closed");
    }
    if (parts <= 1) {
      job.run(0, 1);
      return;
    }
    for (int i = 0; i < parts; i++) {
      arrivals[i].value = 0;
    }
    for (int i = 1; i < parts; i++) {
      members[i].give(job, parts);
    }
    try {
      job.run(0, parts);
    } catch (RuntimeException | Error e) {
      fail(e);
    }
    for (int i = 1; i < parts; i++) {
      members[i].awaitDone();
    }
    if (failure != null) {
      rethrow();
    }
  }

  /**
   * Waits, within a job, until every part of it has called this as often. What a part wrote before is
   * seen by all parts after.
   */
  void barrier(int part, int parts) {
    if (parts == 1) {
      return;
    }
    long mine = arrivals[part].value + 1;
    arrivals[part].value = mine;
    for (int i = 0; i < parts; i++) {
      for (int polls = 0; arrivals[i].value < mine; polls++) {
        if (failure != null) {
          throw new IllegalStateException("another part of the job failed");
        }
        pause(polls);
      }
    }
  }

  private void pause(int polls) {
    if (spin && polls < SPINS) {
      Thread.onSpinWait();
    } else {
      Thread.yield();
    }
  }

  /** Keeps the first failure: those that follow are its consequences. */
  private synchronized void fail(Throwable thrown) {
    if (failure == null) {
      failure = thrown;
    }
  }

  private void rethrow() {
    Throwable thrown = failure;
    failure = null;
    if (thrown instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) thrown;
  }

  /** Ends the threads. */
  @Override
  public void close() {
    closed = true;
    for (int i = 1; i < members.length; i++) {
      LockSupport.unpark(members[i]);
    }
  }

  /** A counter on cache lines of its own, so that members polling each other do not collide. */
  @SuppressWarnings("unused") // the padding is there to be unused
  private static final class PaddedCounter {
    long p0, p1, p2, p3, p4, p5, p6, p7;
    volatile long value;
    long q0, q1, q2, q3, q4, q5, q6, q7;
  }

  private final class Member extends Thread {
    private final int part;
    private Job job;
    private int parts;
    private final PaddedCounter given = new PaddedCounter();
    private final PaddedCounter done = new PaddedCounter();
    private volatile boolean parked;

    Member(int part) {
      super("sluice-simd-" + part);
      this.part = part;
      setDaemon(true);
    }

    void give(Job next, int count) {
      job = next;
      parts = count;
      given.value = given.value + 1; // publishes job and parts
      if (parked) {
        LockSupport.unpark(this);
      }
    }

    void awaitDone() {
      long wanted = given.value;
      for (int polls = 0; done.value < wanted; polls++) {
        pause(polls);
      }
    }

    @Override
    public void run() {
      for (long seen = 0; awaitJob(seen); seen++) {
        try {
          job.run(part, parts);
        } catch (Throwable e) {
          fail(e);
        }
        done.value = seen + 1;
      }
    }

    /** Whether there is another job; false when the team is closed. */
    private boolean awaitJob(long seen) {
      for (int polls = 0; given.value == seen; polls++) {
        if (closed) {
          return false;
        }
        if (spin && polls < SPINS) {
          Thread.onSpinWait();
        } else {
          parked = true;
          if (given.value == seen && !closed) {
            LockSupport.park(this);
          }
          parked = false;
        }
      }
      return true;
    }
  }
}
