package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * Gated recurrent unit, the reset gate after the recurrent product. AUXILIARY keeps q = Rn h + dn,
 * which backward replaces by its gradient.
 */
final class GruCell extends Cell {
  GruCell() {
    super(
        new Product[] {
          new Product(0, 2, Place.STATE, Place.GATES),
          new Product(2, 3, Place.STATE, Place.AUXILIARY)
        });
  }

  @Override
  void forward(int stage, CellStep s) {
    GateActivation.sigmoids(s, 2, -1);
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
          s.bias,
          s.unitFrom,
          s.auxiliary,
          s.auxiliaryAt + at,
          s.auxiliaryBias,
          s.h,
          s.hAt + at,
          s.hNext,
          at,
          s.out,
          s.outAt + row * s.outStride + s.unitFrom);
    }
  }

  /** One row: q += dn, n = tanh(. + r q) and h' = (1 - z) n + z h. */
  private static void state(
      int n,
      int hidden,
      float[] gates,
      int r0,
      float[] bias,
      int b0,
      float[] q,
      int q0,
      float[] qBias,
      float[] h,
      int h0,
      float[] hNext,
      int h1,
      float[] out,
      int y0) {
    int z0 = r0 + hidden;
    int n0 = r0 + 2 * hidden;
    int nBias = b0 + 2 * hidden;
    int j = 0;
    for (int bound = SPECIES.loopBound(n); j < bound; j += LANES) { // vector main
      var product = GateActivation.sum(q, q0 + j, qBias, b0 + j);
      var input = GateActivation.sum(gates, n0 + j, bias, nBias + j);
      var r = FloatVector.fromArray(SPECIES, gates, r0 + j);
      var candidate = VectorMath.tanh(r.fma(product, input));
      var z = FloatVector.fromArray(SPECIES, gates, z0 + j);
      var y = z.fma(FloatVector.fromArray(SPECIES, h, h0 + j).sub(candidate), candidate);
      candidate.intoArray(gates, n0 + j);
      product.intoArray(q, q0 + j);
      y.intoArray(hNext, h1 + j);
      y.intoArray(out, y0 + j);
    }
    for (; j < n; j++) { // scalar tail
      float product = q[q0 + j] + qBias[b0 + j];
      float candidate =
          VectorMath.tanh(Math.fma(gates[r0 + j], product, gates[n0 + j] + bias[nBias + j]));
      float y = Math.fma(gates[z0 + j], h[h0 + j] - candidate, candidate);
      gates[n0 + j] = candidate;
      q[q0 + j] = product;
      hNext[h1 + j] = y;
      out[y0 + j] = y;
    }
  }

  @Override
  void backward(int stage, CellStep s) {
    for (int row = s.rowFrom; row < s.rowTo; row++) {
      int at = row * s.hidden + s.unitFrom;
      if (s.active(row)) {
        backward(
            s.unitTo - s.unitFrom,
            s.hidden,
            s.gates,
            s.gatesAt + row * s.gatesStride + s.unitFrom,
            s.auxiliary,
            s.auxiliaryAt + at,
            s.hBefore(row),
            s.hBeforeAt(row) + s.unitFrom,
            s.dOut,
            s.dOutAt + row * s.dOutStride + s.unitFrom,
            s.dh,
            at);
      } else {
        s.clearGates(row, 0, 3);
        CellStep.clear(s.auxiliary, s.auxiliaryAt + at, s.unitTo - s.unitFrom);
      }
    }
  }

  /**
   * One row. With dh the whole gradient of h' and n the candidate:
   *
   * <pre>
   *   da = dh (1-z)(1-n²)     dz = dh (h - n) z(1-z)     dr = da q r(1-r)
   *   dq = da r               dh ← dh z
   * </pre>
   */
  private static void backward(
      int n,
      int hidden,
      float[] gates,
      int r0,
      float[] q,
      int q0,
      float[] h,
      int h0,
      float[] dOut,
      int y0,
      float[] dh,
      int d0) {
    int z0 = r0 + hidden;
    int n0 = r0 + 2 * hidden;
    int j = 0;
    var one = FloatVector.broadcast(SPECIES, 1f);
    for (int bound = SPECIES.loopBound(n); j < bound; j += LANES) { // vector main
      var r = FloatVector.fromArray(SPECIES, gates, r0 + j);
      var z = FloatVector.fromArray(SPECIES, gates, z0 + j);
      var candidate = FloatVector.fromArray(SPECIES, gates, n0 + j);
      var up = GateActivation.sum(dOut, y0 + j, dh, d0 + j);
      var da = up.mul(one.sub(z)).mul(one.sub(candidate.mul(candidate)));
      var before = FloatVector.fromArray(SPECIES, h, h0 + j);
      da.mul(FloatVector.fromArray(SPECIES, q, q0 + j))
          .mul(r)
          .mul(one.sub(r))
          .intoArray(gates, r0 + j);
      up.mul(before.sub(candidate)).mul(z).mul(one.sub(z)).intoArray(gates, z0 + j);
      da.intoArray(gates, n0 + j);
      da.mul(r).intoArray(q, q0 + j);
      up.mul(z).intoArray(dh, d0 + j);
    }
    for (; j < n; j++) { // scalar tail
      float r = gates[r0 + j];
      float z = gates[z0 + j];
      float candidate = gates[n0 + j];
      float up = dOut[y0 + j] + dh[d0 + j];
      float da = up * (1f - z) * (1f - candidate * candidate);
      gates[r0 + j] = da * q[q0 + j] * r * (1f - r);
      gates[z0 + j] = up * (h[h0 + j] - candidate) * z * (1f - z);
      gates[n0 + j] = da;
      q[q0 + j] = da * r;
      dh[d0 + j] = up * z;
    }
  }
}
