package dev.sluice.bench.gpu;

/**
 * The least time that a work can take on a device: the larger of its operations over the rate of a
 * large matrix product and its bytes over the bandwidth of a large copy, and for each step that must
 * follow another one exchange between all multiprocessors.
 */
final class Floor {
  private final DeviceCeilings ceilings;

  Floor(DeviceCeilings ceilings) {
    this.ceilings = ceilings;
  }

  /** Nanoseconds of an iteration; 0 when the device's rate in the type is not known. */
  double nanos(GpuWork work, NumberType type) {
    double rate = ceilings.flops(type);
    if (rate == 0) {
      return 0;
    }
    double arithmetic = work.flops() / rate * 1e9;
    double memory = work.bytes(type) / ceilings.copyBytes() * 1e9;
    return Math.max(arithmetic, memory) + work.exchanges() * ceilings.exchangeNanos();
  }
}
