package dev.sluice.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.sluice.backend.BackendProvider;
import dev.sluice.backend.Backends;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import jdk.incubator.vector.FloatVector;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code sluice info}: what this machine offers, and which backend would run and why. */
@Command(
    name = "info",
    description = "Shows the machine, the JVM, and why each backend is chosen or refused.")
final class InfoCommand implements Callable<Integer> {
  /** How a backend fared. */
  enum Verdict {
    CHOSEN,
    AVAILABLE,
    REFUSED
  }

  record BackendReport(String name, String device, Verdict verdict, String reason) {}

  record Report(
      String version,
      String jdk,
      String javaHome,
      String system,
      int processors,
      long memoryBytes,
      long heapLimitBytes,
      int vectorBits,
      List<BackendReport> backends) {}

  @ParentCommand private Main main;
  @Mixin private DeviceOptions devices;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    Report report = report();
    PrintStream out = main.out();
    if (json) {
      out.println(Json.pretty(report));
    } else {
      print(report, out);
    }
    return 0;
  }

  private Report report() {
    OperatingSystemMXBean machine =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return new Report(
        Main.VERSION,
        Runtime.version() + " (" + System.getProperty("java.vendor.version", "unknown") + ")",
        System.getProperty("java.home"),
        System.getProperty("os.name") + " " + System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        machine.getTotalMemorySize(),
        Runtime.getRuntime().maxMemory(),
        FloatVector.SPECIES_PREFERRED.vectorBitSize(),
        backends());
  }

  private List<BackendReport> backends() {
    List<BackendReport> reports = new ArrayList<>();
    String chosen;
    String running;
    try (var backend = devices.open().backend()) {
      chosen = backend.name();
      running = backend.description();
    }
    for (BackendProvider provider : Backends.providers()) {
      BackendProvider.Probe probe = provider.probe();
      if (provider.name().equals(chosen)) {
        reports.add(
            new BackendReport(chosen, provider.device(), Verdict.CHOSEN, why(provider, running)));
      } else {
        reports.add(
            new BackendReport(
                provider.name(),
                provider.device(),
                probe.available() ? Verdict.AVAILABLE : Verdict.REFUSED,
                probe.reason()));
      }
    }
    return reports;
  }

  private String why(BackendProvider provider, String running) {
    String cause =
        devices.device.equals("auto")
            ? "the fastest that can run here"
            : "asked for with --device " + devices.device;
    String found = provider.probe().reason();
    return cause + "; " + running + (found.equals(running) ? "" : "; " + found);
  }

  private static void print(Report report, PrintStream out) {
    out.println("Sluice     " + report.version());
    out.println("JDK        " + report.jdk() + ", " + report.javaHome());
    out.println("System     " + report.system() + ", " + report.processors() + " processors");
    out.println(
        "Memory     %s, of which the JVM may use %s for its heap"
            .formatted(Units.bytes(report.memoryBytes()), Units.bytes(report.heapLimitBytes())));
    out.println(
        "Vectors    %d bits, %d floats"
            .formatted(report.vectorBits(), report.vectorBits() / Float.SIZE));
    out.println("Backends");
    for (BackendReport backend : report.backends()) {
      out.println(
          "  %-10s --device %-10s %-10s %s"
              .formatted(
                  backend.name(),
                  backend.device(),
                  backend.verdict().name().toLowerCase(Locale.ROOT),
                  backend.reason()));
    }
  }
}
