package dev.sluice.bench;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;

/** Whether others use the machine. */
final class Load {
  /** Above this part of the cores in use, times are worth little. */
  private static final double BUSY = 0.4;

  private Load() {}

  /** A warning when the system's load of the last minute is high; else nothing. */
  static List<String> notes(int cores) {
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    return load > BUSY * cores
        ? List.of(
            String.format(
                Locale.ROOT,
                "the machine was busy when this began (load %.1f on %d cores): figures will be low",
                load,
                cores))
        : List.of();
  }
}
