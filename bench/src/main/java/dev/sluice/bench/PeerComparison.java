package dev.sluice.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.sluice.bench.peers.Peer;
import dev.sluice.bench.peers.PeerBench;
import dev.sluice.bench.peers.PeerException;
import dev.sluice.bench.peers.PeerRow;
import dev.sluice.bench.peers.PeerTable;
import dev.sluice.bench.peers.PeerWorks;
import dev.sluice.bench.peers.Work;
import dev.sluice.cli.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** {@code sluice bench --peers}: the same work on Sluice and on other engines, in turn. */
final class PeerComparison {
  private static final List<String> LEGEND =
      List.of(
          "times as fast: the peer's time over Sluice's, medians of turns; above 1, Sluice is faster.",
          "least-most: of neighbouring turns. Each engine is in a process of its own, set as it is",
          "fastest; its results were compared with Sluice's first.");

  private final PrintStream out;
  private final PrintStream err;
  private final Progress progress;

  PeerComparison(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
    this.progress = new Progress(err);
  }

  /**
   * All that was found, for {@code --json}.
   *
   * @param version of Sluice
   * @param date when it began, ISO 8601 with offset
   * @param machine on which
   * @param notes what a reader must know, rows that could not be compared too
   * @param rows results, times in nanoseconds
   */
  record PeerReport(
      String version, String date, Machine machine, List<String> notes, List<PeerRow> rows) {}

  /**
   * Runs and prints.
   *
   * @param suites of which rows are wanted
   * @param part of the rows' names
   * @param quick whether a part of the rows will do
   * @param json file to write; or null
   * @param markdown file to write; or null
   * @return 0, or 1 when a row could not be compared
   */
  int run(List<Suite> suites, String part, boolean quick, Path json, Path markdown)
      throws IOException {
    List<Work> works = works(suites, part, quick);
    PeerBench bench =
        PeerBench.here(quick ? PeerBench.Effort.QUICK : PeerBench.Effort.THOROUGH, progress);
    Machine machine = Machine.here();
    String date = OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString();
    List<String> notes = new ArrayList<>(Load.notes(machine.cores()));
    int known = notes.size();
    out.println("sluice " + Versions.running() + " on " + machine.title());
    out.println("JDK " + machine.jdk() + ", " + date);
    out.println("beside " + peers());
    notes.forEach(note -> out.println("note: " + note));
    List<PeerRow> rows = new ArrayList<>();
    for (Work work : works) {
      try {
        PeerRow row = bench.measure(work);
        rows.add(row);
        // Each at once, so that a comparison that is stopped half way was not in vain.
        progress.clear();
        err.println(PeerTable.sentence(row));
      } catch (PeerException e) {
        notes.add(work.title() + ": " + e.getMessage());
      }
    }
    progress.clear();
    boolean failed = notes.size() > known;
    notes.subList(known, notes.size()).forEach(note -> out.println("not compared: " + note));
    TextTable table = new TextTable(PeerTable.header().toArray(String[]::new));
    PeerTable.lines(rows).forEach(table::add);
    out.println();
    table.plain().forEach(out::println);
    out.println();
    LEGEND.forEach(out::println);
    PeerReport report = new PeerReport(Versions.running(), date, machine, notes, rows);
    if (json != null) {
      ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
      ReportFiles.write(json, mapper.writeValueAsString(report) + "\n");
    }
    if (markdown != null) {
      ReportFiles.write(markdown, page(report, table));
    }
    return failed ? 1 : 0;
  }

  /** The works of the suites that a peer can do. */
  static List<Work> works(List<Suite> suites, String part, boolean quick) {
    List<Work> works = new ArrayList<>();
    for (Suite suite : suites) {
      works.addAll(
          switch (suite) {
            case CELLS -> PeerWorks.cells();
            case STREAM -> PeerWorks.streams();
            case LM -> PeerWorks.languageModels();
            default -> List.of();
          });
    }
    String wanted = part.toLowerCase(Locale.ROOT);
    works.removeIf(work -> quick && !PeerWorks.inQuick(work));
    works.removeIf(work -> !work.title().toLowerCase(Locale.ROOT).contains(wanted));
    if (works.isEmpty()) {
      throw new UsageException(
          "no row that is compared with peers has a name that contains '%s' in these suites; names%s"
              .formatted(part, " are such as 'LSTM 256,2,32,64 train', of cells, stream and lm"));
    }
    return works;
  }

  private static String peers() {
    return Arrays.stream(Peer.values())
        .filter(peer -> peer != Peer.SLUICE)
        .map(peer -> peer.title() + " " + peer.version())
        .collect(Collectors.joining(", "));
  }

  private static String page(PeerReport report, TextTable table) {
    List<String> lines = new ArrayList<>();
    lines.add("# Sluice beside other engines");
    lines.add("");
    lines.add(
        "Sluice %s beside %s, on %s; JDK %s; %s."
            .formatted(
                report.version(),
                peers(),
                report.machine().title(),
                report.machine().jdk(),
                report.date()));
    report.notes().forEach(note -> lines.addAll(List.of("", "Note: " + note + ".")));
    lines.add("");
    lines.addAll(table.markdown());
    lines.add("");
    lines.addAll(LEGEND);
    return String.join("\n", lines) + "\n";
  }
}
