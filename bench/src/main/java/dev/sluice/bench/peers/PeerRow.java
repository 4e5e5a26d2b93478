package dev.sluice.bench.peers;

import java.util.ArrayList;
import java.util.List;

/**
 * One work as measured on Sluice and on the peers that can do it.
 *
 * @param work what was done
 * @param engines Sluice first
 */
public record PeerRow(Work work, List<Timed> engines) {
  /**
   * An engine's times, as it was set when it was fastest.
   *
   * @param peer which
   * @param setting that count, and what else was set for it
   * @param turns for each of its turns the median nanoseconds of an iteration
   */
  public record Timed(Peer peer, String setting, List<Double> turns) {
    /** Median over the turns. */
    public double nanos() {
      return median(turns);
    }
  }

  /** Sluice's times. */
  public Timed ours() {
    return engines.getFirst();
  }

  /** The peers' times. */
  public List<Timed> peers() {
    return engines.subList(1, engines.size());
  }

  /** How many times faster Sluice is than a peer: above 1, Sluice is faster. */
  public double ratio(Timed peer) {
    return peer.nanos() / ours().nanos();
  }

  /** The ratios of neighbouring turns, least first. */
  public List<Double> ratios(Timed peer) {
    List<Double> ratios = new ArrayList<>();
    for (int turn = 0; turn < peer.turns().size(); turn++) {
      ratios.add(peer.turns().get(turn) / ours().turns().get(turn));
    }
    ratios.sort(null);
    return ratios;
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
