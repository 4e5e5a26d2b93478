package dev.sluice.bench;

import java.util.List;

/** Rows and reports for tests. */
final class Rows {
  private Rows() {}

  /** A row of the suite cells with this shortest time and ceiling beside it. */
  static Row timed(String shape, double minNs, double nearby) {
    return new Row(
        "cells",
        "LSTM",
        shape,
        "train",
        "simd",
        2,
        "fp32",
        new Timing(1.1 * minNs, minNs, 1.3 * minNs, 0.02, 50),
        new Row.Rate(1e6 / minNs, "GFLOP/s", 1.05 * nearby, nearby),
        1e9 / minNs,
        "sequence steps",
        12,
        1 << 20);
  }

  /** A row without times. */
  static Row memory(long held) {
    return new Row(
        "memory", "LSTM", "8,1,2,3", "train", "simd", 1, "fp32", null, null, 0, "steps", 0, held);
  }

  static Report report(Machine machine, List<String> notes, Row... rows) {
    return new Report(
        Report.FORMAT,
        "0.1.0 (abc)",
        "2026-01-02T03:04:05Z",
        machine,
        "simd, fp32",
        notes,
        List.of(new Ceilings.Fma(1, 256, 100.5), new Ceilings.Fma(2, 256, 200.5)),
        List.of(new Ceilings.Read(1, "L1", 16384, 90), new Ceilings.Read(2, "L1", 32768, 180)),
        List.of(rows));
  }
}
