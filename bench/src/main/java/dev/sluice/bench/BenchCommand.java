package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.Precision;
import dev.sluice.cli.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sluice bench}: how fast this machine runs Sluice, against what the machine can do. */
@Command(
    name = "bench",
    description = {
      "Measures speed and memory against this machine's own ceiling: multiply-adds and memory reads"
          + " at the same thread count, in the same run. Each result is compared with the reference"
          + " before it is timed.",
      ""
    })
final class BenchCommand implements Callable<Integer> {
  private static final long CEILING_NANOS = 40_000_000;

  private final PrintStream out;
  private final PrintStream err;

  @Option(
      names = "--suite",
      paramLabel = "NAME",
      split = ",",
      description = "Only these, separated by commas: ${COMPLETION-CANDIDATES} (default: all).")
  private List<Suite> suites = List.of(Suite.values());

  @Option(
      names = "--row",
      paramLabel = "TEXT",
      description = "Only rows whose name contains this, for example 'GRU 256'.")
  private String row = "";

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "auto, cpu, cuda or reference (default: ${DEFAULT-VALUE}).")
  private String device = "auto";

  @Option(
      names = "--threads",
      paramLabel = "N",
      split = ",",
      description = "Threads on the CPU, separated by commas (default: 1 and all cores).")
  private List<Integer> threads = List.of();

  @Option(
      names = "--precision",
      paramLabel = "KIND",
      description = "fp32; on a GPU also tf32 or bf16 (default: fp32).")
  private Precision precision = Precision.FP32;

  @Option(
      names = "--quick",
      description = "All suites in less than two minutes; the figures are less sure.")
  private boolean quick;

  @Option(
      names = "--full",
      description = "Add the DeepBench grid to the suite cells, as far as memory allows.")
  private boolean full;

  @Option(
      names = "--peers",
      description = {
        "Compare with PyTorch, DL4J and ONNX Runtime, which take turns with Sluice: suites cells,"
            + " stream and lm. On first use Maven fetches some 400 MB."
      })
  private boolean peers;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the figures as JSON.")
  private Path json;

  @Option(names = "--md", paramLabel = "FILE", description = "Write the tables as Markdown.")
  private Path markdown;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write one page with bars against the ceiling.")
  private Path html;

  @Option(
      names = "--compare",
      paramLabel = "FILE",
      description =
          "Compare with the figures of an earlier --json. A row that looks slower is measured again"
              + " in JVMs of its own; when one stays slower, the exit code is 1.")
  private Path compare;

  @Option(
      names = "--threshold",
      paramLabel = "SHARE",
      description = "How much slower is too slow, with --compare (default: ${DEFAULT-VALUE}).")
  private String threshold = "10%";

  @Option(names = "--other-machine", description = "Let --compare take figures of another machine.")
  private boolean otherMachine;

  BenchCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() throws IOException {
    double limit = Threshold.parse(threshold);
    for (Path file : Arrays.asList(json, markdown, html)) {
      requireFolder(file);
    }
    if (peers) {
      return new PeerComparison(out, err).run(suites, row, quick, json, markdown);
    }
    List<Workload> works = workloads();
    Report before = compare == null ? null : earlier();
    Report report = measure(works);
    print(report);
    if (json != null) {
      ReportFiles.writeJson(json, report);
    }
    if (markdown != null) {
      ReportFiles.write(markdown, MarkdownPage.text(report));
    }
    if (html != null) {
      ReportFiles.write(html, HtmlPage.html(report));
    }
    return before == null ? 0 : compareWith(before, report, limit);
  }

  /** Refuses, before minutes of measuring, a file that could not be written after them. */
  private static void requireFolder(Path file) {
    if (file != null && !Files.isDirectory(file.toAbsolutePath().normalize().getParent())) {
      throw new UsageException(
          "cannot write %s: there is no folder %s"
              .formatted(file, file.toAbsolutePath().normalize().getParent()));
    }
  }

  private Report earlier() throws IOException {
    Report before = ReportFiles.readJson(compare);
    Machine here = Machine.here();
    if (!here.isLike(before.machine()) && !otherMachine) {
      throw new UsageException(
          "%s was measured on another machine (%s; this is %s), so ratios would not compare versions;"
                  .formatted(compare, before.machine().title(), here.title())
              + " measure it here, or pass --other-machine");
    }
    return before;
  }

  /** Prints the ratios; answers 1 when a row is slower and stays so when it is measured again. */
  private int compareWith(Report before, Report report, double limit) throws IOException {
    Progress progress = new Progress(err);
    List<Row> rows =
        Comparison.settle(
            before.rows(),
            report.rows(),
            limit,
            row -> {
              progress.accept("looks slower, measuring again: " + row.title());
              return Repeater.again(row, full);
            });
    progress.clear();
    List<Comparison.Line> lines = Comparison.of(before.rows(), rows, limit);
    out.println();
    out.println("compared with " + compare + ", " + before.version() + ", " + before.date());
    Tables.comparison(lines).plain().forEach(out::println);
    List<Comparison.Line> slower =
        lines.stream().filter(l -> l.verdict() == Comparison.Verdict.SLOWER).toList();
    out.println(
        slower.isEmpty()
            ? "no row is more than %s slower".formatted(Figures.percent(limit))
            : "%d of %d rows more than %s slower"
                .formatted(slower.size(), lines.size(), Figures.percent(limit)));
    if (lines.stream().anyMatch(l -> l.verdict() == Comparison.Verdict.UNCLEAR)) {
      out.println("rows marked unclear look slower, but others used the machine: compare again");
    }
    return slower.isEmpty() ? 0 : 1;
  }

  private List<Workload> workloads() {
    List<Workload> works = new ArrayList<>();
    for (Suite suite : suites) {
      suite.workloads(full, precision).stream()
          .filter(work -> work.name().title().contains(row))
          .forEach(works::add);
    }
    if (works.isEmpty()) {
      throw new UsageException(
          "no row's name contains '%s'; names are such as '%s'"
              .formatted(
                  row, suites.getFirst().workloads(full, precision).getFirst().name().title()));
    }
    return works;
  }

  /** The thread counts: those asked for, or one and all cores; for a GPU a single 1. */
  private List<Integer> threadCounts(boolean onCpu) {
    for (int count : threads) {
      if (count < 1) {
        throw new UsageException("--threads must be at least 1, not " + count);
      }
    }
    if (!onCpu) {
      return List.of(1);
    }
    return threads.isEmpty()
        ? Arrays.asList(1, Runtime.getRuntime().availableProcessors()).stream().distinct().toList()
        : threads.stream().distinct().toList();
  }

  private Report measure(List<Workload> works) {
    String date = OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString();
    String version = Versions.running();
    Machine machine = Machine.here();
    List<String> notes = new ArrayList<>(Load.notes(machine.cores()));
    String described;
    boolean onCpu;
    try (Backend backend = Backends.choose(device, new BackendOptions(0, 0, precision)).backend()) {
      onCpu = Bench.isCpu(backend);
      described =
          onCpu
              ? backend.name() + ", " + precision.name().toLowerCase(Locale.ROOT)
              : backend.name() + ", " + backend.description();
    }
    if (described.contains("stand-in")) {
      notes.add("stand-in driver, not a GPU: these times say nothing about one");
    }
    List<Integer> counts = threadCounts(onCpu);
    Progress progress = new Progress(err);
    out.println("sluice " + version + " on " + machine.title());
    out.println("JDK " + machine.jdk() + ", " + date);
    notes.forEach(note -> out.println("note: " + note));
    out.flush();
    progress.accept("measuring the ceiling");
    Ceilings ceilings = new Ceilings(CEILING_NANOS);
    List<Ceilings.Fma> fma = new ArrayList<>();
    List<Ceilings.Read> reads = new ArrayList<>();
    if (onCpu) {
      for (int count : counts) {
        fma.addAll(ceilings.fma(count));
        reads.addAll(ceilings.reads(count));
      }
    }
    int known = notes.size();
    List<Row> rows =
        new Bench(device, precision, ceilings, progress)
            .measure(works, counts, quick ? Bench.Plan.QUICK : Bench.Plan.THOROUGH, notes);
    progress.clear();
    notes.subList(known, notes.size()).forEach(note -> out.println("note: " + note));
    return new Report(
        Report.FORMAT,
        version,
        date,
        machine,
        described,
        List.copyOf(notes),
        List.copyOf(fma),
        List.copyOf(reads),
        rows);
  }

  private void print(Report report) {
    List<Tables.Section> sections = new ArrayList<>();
    if (!report.fma().isEmpty()) {
      sections.add(Tables.ceilings(report));
    }
    sections.addAll(Tables.suites(report));
    for (Tables.Section section : sections) {
      out.println();
      out.println(section.heading());
      section.table().plain().forEach(out::println);
    }
    out.println();
    Tables.legend().forEach(out::println);
  }
}
