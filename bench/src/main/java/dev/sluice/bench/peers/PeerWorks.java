package dev.sluice.bench.peers;

import dev.sluice.backend.CellType;
import dev.sluice.bench.peers.Work.Kind;
import java.util.ArrayList;
import java.util.List;

/** The works that are compared. */
public final class PeerWorks {
  /** H, L, B, T. */
  private static final int[][] SHAPES = {
    {128, 1, 32, 64}, {256, 2, 32, 64}, {512, 1, 64, 50}, {1024, 1, 64, 25}
  };

  private PeerWorks() {}

  /** Recurrent layers over sequences. */
  public static List<Work> cells() {
    List<Work> works = new ArrayList<>();
    for (CellType cell : List.of(CellType.LSTM, CellType.GRU)) {
      for (Kind kind : List.of(Kind.TRAIN, Kind.FORWARD)) {
        for (int[] shape : SHAPES) {
          works.add(new Work(kind, cell, shape[0], shape[1], shape[2], shape[3], 0));
        }
      }
    }
    return works;
  }

  /** Streaming, one step at a time. */
  public static List<Work> streams() {
    List<Work> works = new ArrayList<>();
    for (int hidden : new int[] {128, 256, 512, 1024}) {
      works.add(new Work(Kind.STREAM, CellType.LSTM, hidden, 2, 1, 1, 0));
    }
    return works;
  }

  /** Some of all, for a first look. */
  public static boolean inQuick(Work work) {
    return switch (work.kind()) {
      case TRAIN -> work.hidden() == 128 || work.hidden() == 512;
      case FORWARD -> work.hidden() == 256 && work.cell() == CellType.LSTM;
      case STREAM -> work.hidden() == 256 || work.hidden() == 1024;
      case LANGUAGE_MODEL -> work.vocabulary() < 1000;
    };
  }

  /** Training steps of language models: the smaller over characters, the larger over words. */
  public static List<Work> languageModels() {
    return List.of(
        new Work(Kind.LANGUAGE_MODEL, CellType.LSTM, 256, 2, 32, 64, 96),
        new Work(Kind.LANGUAGE_MODEL, CellType.LSTM, 512, 2, 20, 35, 10_000));
  }
}
