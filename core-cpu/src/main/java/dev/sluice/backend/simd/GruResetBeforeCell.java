package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * Gated recurrent unit in its first form: the reset gate is applied to h before the recurrent product
 * of the candidate, so a step has two stages. AUXILIARY keeps r ∘ h, the operand of the second.
 */
final class GruResetBeforeCell extends Cell {
  private static final int GATES_STAGE = 0;

  GruResetBeforeCell() {
    super(
        new Product[] {new Product(0, 2, Place.STATE, Place.GATES)},
        new Product[] {new Product(2, 3, Place.AUXILIARY, Place.GATES)});
  }

  @Override
  void forward(int stage, CellStep s) {
    if (stage == GATES_STAGE) {
      GateActivation.sigmoids(s, 2, -1);
    }
    for (int row = s.rowFrom; row < s.rowTo; row++) {
      int n = s.unitTo - s.unitFrom;
      int gate = s.gatesAt + row * s.gatesStride + s.unitFrom;
      int at = row * s.hidden + s.unitFrom;
      if (!s.active(row)) {
        s.keep(row);
      } else if (stage == GATES_STAGE) {
        reset(n, s.gates, gate, s.h, s.hAt + at, s.auxiliary, s.auxiliaryAt + at);
      } else {
        int y = s.outAt + row * s.outStride + s.unitFrom;
        update(
            n, s.hidden, s.gates, gate, s.bias, s.unitFrom, s.h, s.hAt + at, s.hNext, at, s.out, y);
      }
    }
  }

  /** One row: r ∘ h. */
  private static void reset(
      int n, float[] gates, int r0, float[] h, int h0, float[] product, int p0) {
    int j = 0;
    for (int bound = SPECIES.loopBound(n); j < bound; j += LANES) { // vector main
      FloatVector.fromArray(SPECIES, gates, r0 + j)
          .mul(FloatVector.fromArray(SPECIES, h, h0 + j))
          .intoArray(product, p0 + j);
    }
    for (; j < n; j++) { // scalar tail
      product[p0 + j] = gates[r0 + j] * h[h0 + j];
    }
  }

  /** One row: n and h' = (1 - z) n + z h. */
  private static void update(
      int n,
      int hidden,
      float[] gates,
      int r0,
      float[] bias,
      int b0,
      float[] h,
      int h0,
      float[] hNext,
      int h1,
      float[] out,
      int y0) {
    int z0 = r0 + hidden;
    int n0 = r0 + 2 * hidden;
    int j = 0;
    for (int bound = SPECIES.loopBound(n); j < bound; j += LANES) { // vector main
      var candidate = VectorMath.tanh(GateActivation.sum(gates, n0 + j, bias, b0 + 2 * hidden + j));
      var z = FloatVector.fromArray(SPECIES, gates, z0 + j);
      var y = z.fma(FloatVector.fromArray(SPECIES, h, h0 + j).sub(candidate), candidate);
      candidate.intoArray(gates, n0 + j);
      y.intoArray(hNext, h1 + j);
      y.intoArray(out, y0 + j);
    }
    for (; j < n; j++) { // scalar tail
      float candidate = VectorMath.tanh(gates[n0 + j] + bias[b0 + 2 * hidden + j]);
      float y = Math.fma(gates[z0 + j], h[h0 + j] - candidate, candidate);
      gates[n0 + j] = candidate;
      hNext[h1 + j] = y;
      out[y0 + j] = y;
    }
  }

  @Override
  void backward(int stage, CellStep s) {
    for (int row = s.rowFrom; row < s.rowTo; row++) {
      int n = s.unitTo - s.unitFrom;
      int gate = s.gatesAt + row * s.gatesStride + s.unitFrom;
      int at = row * s.hidden + s.unitFrom;
      float[] h = s.hBefore(row);
      int h0 = s.hBeforeAt(row) + s.unitFrom;
      if (!s.active(row)) {
        s.clearGates(row, stage == GATES_STAGE ? 0 : 1, stage == GATES_STAGE ? 1 : 3);
      } else if (stage == GATES_STAGE) {
        resetBackward(n, s.gates, gate, h, h0, s.dAuxiliary, s.dh, at);
      } else {
        int y = s.dOutAt + row * s.dOutStride + s.unitFrom;
        updateBackward(n, s.hidden, s.gates, gate, h, h0, s.dOut, y, s.dh, at);
      }
    }
  }

  /** One row: dn = dh (1-z)(1-n²), dz = dh (h - n) z(1-z), dh ← dh z. */
  private static void updateBackward(
      int n,
      int hidden,
      float[] gates,
      int r0,
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
      var z = FloatVector.fromArray(SPECIES, gates, z0 + j);
      var candidate = FloatVector.fromArray(SPECIES, gates, n0 + j);
      var up = GateActivation.sum(dOut, y0 + j, dh, d0 + j);
      var before = FloatVector.fromArray(SPECIES, h, h0 + j);
      up.mul(one.sub(z)).mul(one.sub(candidate.mul(candidate))).intoArray(gates, n0 + j);
      up.mul(before.sub(candidate)).mul(z).mul(one.sub(z)).intoArray(gates, z0 + j);
      up.mul(z).intoArray(dh, d0 + j);
    }
    for (; j < n; j++) { // scalar tail
      float z = gates[z0 + j];
      float candidate = gates[n0 + j];
      float up = dOut[y0 + j] + dh[d0 + j];
      gates[n0 + j] = up * (1f - z) * (1f - candidate * candidate);
      gates[z0 + j] = up * (h[h0 + j] - candidate) * z * (1f - z);
      dh[d0 + j] = up * z;
    }
  }

  /** One row, with dp the gradient of r ∘ h: dr = dp h r(1-r), dh += dp r. */
  private static void resetBackward(
      int n, float[] gates, int r0, float[] h, int h0, float[] dp, float[] dh, int d0) {
    int j = 0;
    var one = FloatVector.broadcast(SPECIES, 1f);
    for (int bound = SPECIES.loopBound(n); j < bound; j += LANES) { // vector main
      var r = FloatVector.fromArray(SPECIES, gates, r0 + j);
      var up = FloatVector.fromArray(SPECIES, dp, d0 + j);
      up.mul(FloatVector.fromArray(SPECIES, h, h0 + j))
          .mul(r)
          .mul(one.sub(r))
          .intoArray(gates, r0 + j);
      up.fma(r, FloatVector.fromArray(SPECIES, dh, d0 + j)).intoArray(dh, d0 + j);
    }
    for (; j < n; j++) { // scalar tail
      float r = gates[r0 + j];
      gates[r0 + j] = dp[d0 + j] * h[h0 + j] * r * (1f - r);
      dh[d0 + j] = Math.fma(dp[d0 + j], r, dh[d0 + j]);
    }
  }
}
