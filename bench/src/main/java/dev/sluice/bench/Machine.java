package dev.sluice.bench;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;

/**
 * What the figures were measured on.
 *
 * @param cpu the processor's name
 * @param cores that the JVM may use
 * @param memoryBytes of the machine
 * @param system operating system and architecture
 * @param jdk version and vendor
 * @param vectorBits widest vectors that the JVM uses
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record Machine(String cpu, int cores, long memoryBytes, String system, String jdk, int vectorBits) {
  /** This one. */
  static Machine here() {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return new Machine(
        cpuName(Path.of("/proc/cpuinfo")),
        Runtime.getRuntime().availableProcessors(),
        system.getTotalMemorySize(),
        system.getName() + " " + system.getArch(),
        Runtime.version() + " (" + System.getProperty("java.vendor.version", "unknown") + ")",
        FloatVector.SPECIES_PREFERRED.vectorBitSize());
  }

  /** The name that Linux gives, or the architecture. */
  static String cpuName(Path cpuinfo) {
    try (Stream<String> lines = Files.lines(cpuinfo)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException _) {
      return System.getProperty("os.arch");
    }
  }

  /** Whether times from there and from here can be compared: the same hardware and vectors. */
  boolean isLike(Machine other) {
    return cpu.equals(other.cpu) && cores == other.cores && vectorBits == other.vectorBits;
  }

  /** For example {@code AMD EPYC, 2 cores, 512-bit vectors}. */
  String title() {
    return "%s, %d %s, %d-bit vectors"
        .formatted(cpu, cores, cores == 1 ? "core" : "cores", vectorBits);
  }
}
