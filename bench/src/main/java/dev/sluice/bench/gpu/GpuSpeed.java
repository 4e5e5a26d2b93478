package dev.sluice.bench.gpu;

import dev.sluice.backend.Precision;
import dev.sluice.bench.gpu.Contender.EngineName;
import dev.sluice.bench.peers.PeerException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A whole run: ceilings, then the works as far as the time reaches, then files and tables. */
public final class GpuSpeed {
  /** Of an H200: an 8,192 product takes 1.4 ms in bf16, and 2 GiB read and written 1 ms. */
  private static final int PRODUCT_SIZE = 8192;

  private static final int COPIED_NUMBERS = 1 << 28;

  /** On a stand-in and on a CPU, where nothing is learnt from it. */
  private static final int SMALL_SIZE = 64;

  private final PrintStream out;
  private final Consumer<String> progress;

  /**
   * A run.
   *
   * @param out receives tables
   * @param progress receives what is being done
   */
  public GpuSpeed(PrintStream out, Consumer<String> progress) {
    this.out = out;
    this.progress = progress;
  }

  /**
   * What is asked for.
   *
   * @param version of Sluice
   * @param device {@code cuda}, {@code cuda:1}; {@code cpu} for tests
   * @param pytorch command that starts PyTorch's engine; empty for none
   * @param works to measure, the most important first
   * @param budget no work but the first is begun that would probably end after it
   * @param page document to put the tables in; null for none
   * @param folder receives {@code gpu-speed.json}, and the document under its own name
   */
  public record Request(
      String version,
      String device,
      List<String> pytorch,
      List<GpuWork> works,
      Duration budget,
      Path page,
      Path folder) {}

  /**
   * Runs and prints.
   *
   * @return 0, or 1 when something that was begun could not be measured
   * @throws IOException when Sluice's engine does not start, or a file cannot be read or written
   */
  public int measure(Request request) throws IOException {
    long end = System.nanoTime() + request.budget().toNanos();
    String date = OffsetDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MINUTES).toString();
    GpuReportFiles files = new GpuReportFiles(request.folder(), request.page());
    Map<EngineName, EngineHost> hosts = new EnumMap<>(EngineName.class);
    List<String> notes = new ArrayList<>();
    try {
      EngineHost sluice =
          new EngineHost(
              EngineName.SLUICE, sluiceCommand(request.device(), InputSets.MOST), Map.of());
      hosts.put(EngineName.SLUICE, sluice);
      progress.accept("starting the engines");
      String device = String.join(", ", sluice.about()).replaceFirst("^device=", "");
      boolean gpu = request.device().startsWith("cuda");
      boolean standIn = device.contains("stand-in");
      List<String> pytorch = startPyTorch(request, hosts, notes);
      progress.accept("measuring what the device can do");
      boolean real = gpu && !standIn;
      DeviceCeilings ceilings =
          ceilings(
              sluice, real ? PRODUCT_SIZE : SMALL_SIZE, real ? COPIED_NUMBERS : 1 << 20, notes);
      String driver = real ? NvidiaSmi.driver() : "";
      Reporter reporter =
          (rows, leftOut) ->
              new GpuReport(
                  GpuReport.FORMAT,
                  request.version(),
                  date,
                  standIn,
                  device,
                  driver,
                  pytorch,
                  standIn ? null : ceilings,
                  rows,
                  standIn ? List.of() : GpuTargets.judge(rows),
                  List.copyOf(notes),
                  leftOut);
      GpuBench bench = new GpuBench(hosts, GpuBench.Effort.STANDARD, progress);
      boolean compared = !pytorch.isEmpty();
      GpuReport report = measure(request, bench, types(gpu), compared, end, reporter, files);
      progress.accept("");
      boolean failed = print(report);
      return failed || real && !compared ? 1 : 0;
    } finally {
      hosts.values().forEach(EngineHost::close);
    }
  }

  /**
   * Does one iteration of a work in Sluice's engine, which runs under another command. It is the first
   * one: its kernels are launched one by one, not as a graph, so that a profiler sees each.
   *
   * @param device as in {@link Request}
   * @param profiler command with options
   * @param type what is multiplied in
   * @return 0
   */
  public int profile(String device, List<String> profiler, GpuWork work, NumberType type)
      throws IOException {
    List<String> command = new ArrayList<>(profiler);
    command.addAll(sluiceCommand(device, 1)); // making more would launch kernels of their own
    Contender contender = new Contender(EngineName.SLUICE, type, Contender.Mode.EAGER, work);
    try (EngineHost host = new EngineHost(EngineName.SLUICE, command, Map.of())) {
      progress.accept("profiling " + work.title());
      host.time(contender, 1);
      host.finish();
    }
    out.println(
        "one iteration of %s in %s was run under %s".formatted(work.title(), type, profiler));
    return 0;
  }

  private static List<NumberType> types(boolean gpu) {
    return gpu
        ? Arrays.stream(Precision.values()).map(type -> NumberType.valueOf(type.name())).toList()
        : List.of(NumberType.FP32);
  }

  private static DeviceCeilings ceilings(
      EngineHost sluice, int size, int copied, List<String> notes) {
    try {
      return sluice.ceilings(size, copied);
    } catch (PeerException e) {
      notes.add("what the device can do was not measured: " + e.getMessage());
      return null;
    }
  }

  /** What PyTorch runs on; empty, with a note, when it is not there. */
  private static List<String> startPyTorch(
      Request request, Map<EngineName, EngineHost> hosts, List<String> notes) {
    if (request.pytorch().isEmpty()) {
      notes.add("PyTorch was not asked for");
      return List.of();
    }
    EngineHost host = new EngineHost(EngineName.PYTORCH, request.pytorch(), Map.of());
    try {
      List<String> facts = host.about();
      hosts.put(EngineName.PYTORCH, host);
      return facts;
    } catch (PeerException e) {
      host.close();
      notes.add("Sluice was not compared with PyTorch: " + e.getMessage());
      return List.of();
    }
  }

  /** As the launcher starts Sluice. */
  static List<String> sluiceCommand(String device, int mostSets) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "--add-modules",
        "jdk.incubator.vector",
        "-XX:+UseSerialGC",
        "-XX:MaxRAMPercentage=30",
        "-cp",
        System.getProperty("java.class.path"),
        GpuEngineServer.class.getName(),
        device,
        Integer.toString(mostSets));
  }

  /** Makes a report of what there is so far. */
  private interface Reporter {
    GpuReport report(List<GpuRow> rows, List<String> leftOut);
  }

  /** Measures, and writes after each work what there is: a run that is ended leaves that. */
  private static GpuReport measure(
      Request request,
      GpuBench bench,
      List<NumberType> types,
      boolean compared,
      long end,
      Reporter reporter,
      GpuReportFiles files)
      throws IOException {
    List<GpuRow> rows = new ArrayList<>();
    List<String> leftOut = new ArrayList<>(request.works().stream().map(GpuWork::title).toList());
    long longest = 0;
    for (GpuWork work : request.works()) {
      long start = System.nanoTime();
      if (!rows.isEmpty() && start + longest > end) {
        continue;
      }
      rows.add(bench.measure(work, GpuWorks.contenders(work, types, compared)));
      leftOut.remove(work.title());
      if (work.kind() != GpuWork.Kind.LANGUAGE_MODEL) { // compiling says nothing of the others
        longest = Math.max(longest, System.nanoTime() - start);
      }
      files.write(reporter.report(List.copyOf(rows), List.copyOf(leftOut)));
    }
    return reporter.report(List.copyOf(rows), List.copyOf(leftOut));
  }

  /** Whether anything failed. */
  private boolean print(GpuReport report) {
    GpuTables tables = new GpuTables(report);
    out.println(GpuPage.head(report));
    for (GpuTables.Section section : tables.sections()) {
      out.println();
      out.println(section.heading());
      section.table().plain().forEach(out::println);
    }
    out.println();
    report.notes().forEach(note -> out.println("note: " + note));
    tables.failures().forEach(failure -> out.println("not measured: " + failure));
    if (!report.leftOut().isEmpty()) {
      out.println(
          "left out, for want of time: %d works, from %s on"
              .formatted(report.leftOut().size(), report.leftOut().getFirst()));
    }
    return !tables.failures().isEmpty();
  }
}
