package dev.sluice.backend.simd;

/**
 * A loop over 0..count-1 that the team shares: every member runs one range of it. Subclasses are
 * reused, with what they work on in fields, so that a call allocates nothing.
 */
abstract class RangeJob implements ThreadTeam.Job {
  private final ThreadTeam team;
  private int count;
  private int grain;

  RangeJob(ThreadTeam team) {
    this.team = team;
  }

  /** One member's part of the loop: {@code from} up to but not including {@code to}. */
  abstract void range(int from, int to, int part);

  /**
   * Runs the loop and returns when it is done.
   *
   * @param count iterations
   * @param grain ranges begin at multiples of this
   * @param work what the loop costs as a whole
   * @param workPerThread how much of that makes another thread pay, see {@link WorkPerThread}
   */
  final void share(int count, int grain, long work, int workPerThread) {
    this.count = count;
    this.grain = grain;
    int most = Math.min(team.size(), blocks());
    team.run(Math.clamp(work / workPerThread, 1, most), this);
  }

  @Override
  public final void run(int part, int parts) {
    range(cut(part, parts), cut(part + 1, parts), part);
  }

  private int cut(int part, int parts) {
    return (int) Math.min(count, (long) blocks() * part / parts * grain);
  }

  private int blocks() {
    return Math.ceilDiv(count, grain);
  }
}
