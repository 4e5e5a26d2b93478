package dev.sluice.bench.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The ratios as rows of cells. */
public final class PeerTable {
  private PeerTable() {}

  /** Column titles. */
  public static List<String> header() {
    return List.of(
        "work",
        "Sluice",
        "threads",
        "GFLOP/s",
        "peer",
        "its time",
        "threads",
        "GFLOP/s",
        "times as fast",
        "least-most");
  }

  /** A line for each peer of each row. */
  public static List<List<String>> lines(List<PeerRow> rows) {
    List<List<String>> lines = new ArrayList<>();
    for (PeerRow row : rows) {
      PeerRow.Timed ours = row.ours();
      for (PeerRow.Timed peer : row.peers()) {
        List<Double> ratios = row.ratios(peer);
        lines.add(
            List.of(
                row.work().title(),
                time(ours.nanos()),
                ours.setting(),
                rate(row.work(), ours),
                peer.peer().title(),
                time(peer.nanos()),
                peer.setting(),
                rate(row.work(), peer),
                "%.2f".formatted(row.ratio(peer)),
                "%.2f-%.2f".formatted(ratios.getFirst(), ratios.getLast())));
      }
    }
    return lines;
  }

  /** One row in short: Sluice's time, and how many times as fast it is as each peer. */
  public static String sentence(PeerRow row) {
    PeerRow.Timed ours = row.ours();
    StringBuilder text =
        new StringBuilder(
            "%s: %s on %s"
                .formatted(row.work().title(), time(ours.nanos()), threads(ours.setting())));
    for (PeerRow.Timed peer : row.peers()) {
      text.append(", %s %.2f".formatted(peer.peer().title(), row.ratio(peer)));
    }
    return text.toString();
  }

  private static String threads(String setting) {
    return setting.equals("1") ? "1 thread" : setting + " threads";
  }

  private static String rate(Work work, PeerRow.Timed timed) {
    return "%.1f".formatted(work.gflop() * 1e9 / timed.nanos());
  }

  private static String time(double nanos) {
    return nanos < 1e6
        ? String.format(Locale.ROOT, "%.1f us", nanos / 1e3)
        : String.format(Locale.ROOT, "%.2f ms", nanos / 1e6);
  }
}
