package dev.sluice.bench;

import dev.sluice.backend.Backend;

/**
 * Another workload of which not the time but the memory is of interest.
 *
 * @param work whose memory
 */
public record MemoryWorkload(Workload work) implements Workload {
  @Override
  public Name name() {
    Name name = work.name();
    return new Name("memory", name.cell(), name.shape(), name.mode());
  }

  @Override
  public double flops() {
    return 0;
  }

  @Override
  public double bytes() {
    return 0;
  }

  @Override
  public Units units() {
    return work.units();
  }

  @Override
  public Prepared prepare(Backend backend) {
    return work.prepare(backend);
  }

  @Override
  public void check(Backend backend) {
    work.check(backend);
  }
}
