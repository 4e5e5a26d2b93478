package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Elman's network with tanh or max(0, ·). */
final class RnnCell extends Cell {
  private final boolean relu;

  RnnCell(boolean relu) {
    super(new Product[] {new Product(0, 1, Place.STATE, Place.GATES)});
    this.relu = relu;
  }

  @Override
  void forward(int stage, CellStep s) {
    for (int row = s.rowFrom; row < s.rowTo; row++) {
      if (!s.active(row)) {
        s.keep(row);
        continue;
      }
      int n = s.unitTo - s.unitFrom;
      int gate = s.gatesAt + row * s.gatesStride + s.unitFrom;
      if (relu) {
        GateActivation.relu(s.gates, gate, s.bias, s.unitFrom, n);
      } else {
        GateActivation.tanh(s.gates, gate, s.bias, s.unitFrom, n);
      }
      System.arraycopy(s.gates, gate, s.hNext, row * s.hidden + s.unitFrom, n);
      System.arraycopy(s.gates, gate, s.out, s.outAt + row * s.outStride + s.unitFrom, n);
    }
  }

  @Override
  void backward(int stage, CellStep s) {
    for (int row = s.rowFrom; row < s.rowTo; row++) {
      if (!s.active(row)) {
        s.clearGates(row, 0, 1);
        continue;
      }
      backward(
          relu,
          s.unitTo - s.unitFrom,
          s.gates,
          s.gatesAt + row * s.gatesStride + s.unitFrom,
          s.dOut,
          s.dOutAt + row * s.dOutStride + s.unitFrom,
          s.dh,
          row * s.hidden + s.unitFrom);
    }
  }

  /** One row: the gate's gradient is dh (1 - h'²), or dh where h' is above 0. */
  private static void backward(
      boolean relu, int n, float[] gate, int g0, float[] dOut, int y0, float[] dh, int d0) {
    int j = 0;
    for (int bound = SPECIES.loopBound(n); j < bound; j += LANES) { // vector main
      var y = FloatVector.fromArray(SPECIES, gate, g0 + j);
      var up = GateActivation.sum(dOut, y0 + j, dh, d0 + j);
      var slope =
          relu
              ? FloatVector.zero(SPECIES).blend(1f, y.compare(VectorOperators.GT, 0f))
              : FloatVector.broadcast(SPECIES, 1f).sub(y.mul(y));
      up.mul(slope).intoArray(gate, g0 + j);
      FloatVector.zero(SPECIES).intoArray(dh, d0 + j);
    }
    for (; j < n; j++) { // scalar tail
      float y = gate[g0 + j];
      float slope = relu ? (y > 0 ? 1f : 0f) : 1f - y * y;
      gate[g0 + j] = (dOut[y0 + j] + dh[d0 + j]) * slope;
      dh[d0 + j] = 0;
    }
  }
}
