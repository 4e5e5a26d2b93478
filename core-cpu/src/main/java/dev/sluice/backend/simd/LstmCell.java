package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/** Long short-term memory; the gates i, f, g, o of a unit lie H apart. */
final class LstmCell extends Cell {
  LstmCell() {
    super(new Product[] {new Product(0, 4, Place.STATE, Place.GATES)});
  }

  @Override
  void forward(int stage, CellStep s) {
    GateActivation.sigmoids(s, 4, 2);
    for (int row = s.rowFrom; row < s.rowTo; row++) {
      if (!s.active(row)) {
        s.keep(row);
        continue;
      }
      int at = row * s.hidden + s.unitFrom;
      state(
          s.unitTo - s.unitFrom,
          s.hidden,
          s.gates,
          s.gatesAt + row * s.gatesStride + s.unitFrom,
          s.c,
          s.cAt + at,
          s.cNext,
          s.cNextAt + at,
          s.hNext,
          at,
          s.out,
          s.outAt + row * s.outStride + s.unitFrom);
    }
  }

  /** One row: c' = f c + i g and h' = o tanh(c'). */
  private static void state(
      int n,
      int hidden,
      float[] gates,
      int i0,
      float[] c,
      int c0,
      float[] cNext,
      int c1,
      float[] h,
      int h0,
      float[] out,
      int y0) {
    int f0 = i0 + hidden;
    int g0 = i0 + 2 * hidden;
    int o0 = i0 + 3 * hidden;
    int j = 0;
    for (int bound = SPECIES.loopBound(n); j < bound; j += LANES) { // vector main
      var input =
          FloatVector.fromArray(SPECIES, gates, i0 + j)
              .mul(FloatVector.fromArray(SPECIES, gates, g0 + j));
      var state =
          FloatVector.fromArray(SPECIES, gates, f0 + j)
              .fma(FloatVector.fromArray(SPECIES, c, c0 + j), input);
      var y = FloatVector.fromArray(SPECIES, gates, o0 + j).mul(VectorMath.tanh(state));
      state.intoArray(cNext, c1 + j);
      y.intoArray(h, h0 + j);
      y.intoArray(out, y0 + j);
    }
    for (; j < n; j++) { // scalar tail
      float state = Math.fma(gates[f0 + j], c[c0 + j], gates[i0 + j] * gates[g0 + j]);
      float y = gates[o0 + j] * VectorMath.tanh(state);
      cNext[c1 + j] = state;
      h[h0 + j] = y;
      out[y0 + j] = y;
    }
  }

  @Override
  void backward(int stage, CellStep s) {
    for (int row = s.rowFrom; row < s.rowTo; row++) {
      if (s.active(row)) {
        backward(
            s.unitTo - s.unitFrom,
            s.hidden,
            s.gates,
            s.gatesAt + row * s.gatesStride + s.unitFrom,
            s.c,
            s.cAt + row * s.hidden + s.unitFrom,
            s.cNext,
            s.cNextAt + row * s.hidden + s.unitFrom,
            s.dOut,
            s.dOutAt + row * s.dOutStride + s.unitFrom,
            s.dh,
            s.dc,
            row * s.hidden + s.unitFrom);
      } else {
        s.clearGates(row, 0, 4);
      }
    }
  }

  /**
   * One row. With dh the whole gradient of h' and dc that of c':
   *
   * <pre>
   *   dc += dh o (1 - tanh²c')    do = dh tanh(c') o(1-o)    di = dc g i(1-i)
   *   df = dc c f(1-f)            dg = dc i (1-g²)           dc ← dc f
   * </pre>
   */
  private static void backward(
      int n,
      int hidden,
      float[] gates,
      int i0,
      float[] c,
      int c0,
      float[] cNext,
      int c1,
      float[] dOut,
      int y0,
      float[] dh,
      float[] dc,
      int d0) {
    int f0 = i0 + hidden;
    int g0 = i0 + 2 * hidden;
    int o0 = i0 + 3 * hidden;
    int j = 0;
    var one = FloatVector.broadcast(SPECIES, 1f);
    for (int bound = SPECIES.loopBound(n); j < bound; j += LANES) { // vector main
      var i = FloatVector.fromArray(SPECIES, gates, i0 + j);
      var f = FloatVector.fromArray(SPECIES, gates, f0 + j);
      var g = FloatVector.fromArray(SPECIES, gates, g0 + j);
      var o = FloatVector.fromArray(SPECIES, gates, o0 + j);
      var tanh = VectorMath.tanh(FloatVector.fromArray(SPECIES, cNext, c1 + j));
      var up = GateActivation.sum(dOut, y0 + j, dh, d0 + j);
      var cell = FloatVector.fromArray(SPECIES, dc, d0 + j);
      cell = up.mul(o).fma(one.sub(tanh.mul(tanh)), cell);
      cell.mul(g).mul(i).mul(one.sub(i)).intoArray(gates, i0 + j);
      var before = FloatVector.fromArray(SPECIES, c, c0 + j);
      cell.mul(before).mul(f).mul(one.sub(f)).intoArray(gates, f0 + j);
      cell.mul(i).mul(one.sub(g.mul(g))).intoArray(gates, g0 + j);
      up.mul(tanh).mul(o).mul(one.sub(o)).intoArray(gates, o0 + j);
      cell.mul(f).intoArray(dc, d0 + j);
      FloatVector.zero(SPECIES).intoArray(dh, d0 + j);
    }
    for (; j < n; j++) { // scalar tail
      float i = gates[i0 + j];
      float f = gates[f0 + j];
      float g = gates[g0 + j];
      float o = gates[o0 + j];
      float tanh = VectorMath.tanh(cNext[c1 + j]);
      float up = dOut[y0 + j] + dh[d0 + j];
      float cell = Math.fma(up * o, 1f - tanh * tanh, dc[d0 + j]);
      gates[i0 + j] = cell * g * i * (1f - i);
      gates[f0 + j] = cell * c[c0 + j] * f * (1f - f);
      gates[g0 + j] = cell * i * (1f - g * g);
      gates[o0 + j] = up * tanh * o * (1f - o);
      dc[d0 + j] = cell * f;
      dh[d0 + j] = 0;
    }
  }
}
