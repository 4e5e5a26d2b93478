package dev.sluice.backend.simd;

import dev.sluice.backend.simd.Cell.Place;
import dev.sluice.backend.simd.Cell.Product;

/**
 * The forward pass of one layer in one direction: one job for the team. Each member computes the
 * input products of a chunk of steps, then goes through the steps, for its own units or its own
 * sequences; with units, the members meet once a stage to exchange h.
 */
final class LayerForward implements ThreadTeam.Job {
  private final ThreadTeam team;
  private final Gemm.Scratch[] scratch;
  private final LayerShape shape;
  private final LayerBuffers buffers;
  private final Sharing sharing;
  private final PackedWeights packed;

  /** h of this and the next step, [B, H] each. */
  private final float[][] h;

  private final float[] zeros;
  private final CellStep[] steps;

  // The running pass, read by all members.
  private boolean pack;
  private ArrayTensor weights;
  private ArrayTensor x;
  private ArrayTensor lengths;
  private ArrayTensor h0;
  private ArrayTensor c0;
  private ArrayTensor out;
  private ArrayTensor hT;
  private ArrayTensor cT;
  private int stateAt;
  private int time;

  /**
   * @param h two buffers of B·H at least, shared with other layers
   * @param zeros B·H at least, never written
   */
  LayerForward(
      ThreadTeam team,
      Gemm.Scratch[] scratch,
      LayerShape shape,
      LayerBuffers buffers,
      PackedWeights packed,
      float[][] h,
      float[] zeros) {
    this.team = team;
    this.scratch = scratch;
    this.shape = shape;
    this.buffers = buffers;
    this.sharing = shape.sharing(team.size());
    this.packed = packed;
    this.h = h;
    this.zeros = zeros;
    this.steps = new CellStep[sharing.parts()];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = new CellStep();
    }
  }

  /** Packs the weights for the passes that follow. */
  void pack(ArrayTensor weights) {
    pack = true;
    this.weights = weights;
    time = 0;
    team.run(sharing.parts(), this);
    pack = false;
  }

  /**
   * Runs T = {@code time} steps with the weights as last packed.
   *
   * @param x [T, B, I]
   * @param lengths [B] or null
   * @param h0 [.., B, H] with this layer's at {@code stateAt}; or null; c0, hT, cT alike
   * @param out [T, B, D·H]
   */
  void run(
      int time,
      ArrayTensor x,
      ArrayTensor lengths,
      ArrayTensor h0,
      ArrayTensor c0,
      ArrayTensor out,
      ArrayTensor hT,
      ArrayTensor cT,
      int stateAt) {
    this.time = time;
    this.x = x;
    this.lengths = lengths;
    this.h0 = h0;
    this.c0 = c0;
    this.out = out;
    this.hT = hT;
    this.cT = cT;
    this.stateAt = stateAt;
    team.run(sharing.parts(), this);
  }

  @Override
  public void run(int part, int parts) {
    if (pack) {
      packed.pack(shape, weights.floats, weights.offset, part, parts, scratch[part].transpose);
      return;
    }
    CellStep step = steps[part];
    start(step, part);
    int chunkStart = 0;
    for (int s = 0; s < time; s++) {
      int t = shape.reverse() ? time - 1 - s : s;
      if (s % buffers.chunk == 0) {
        int count = Math.min(buffers.chunk, time - s);
        chunkStart = shape.reverse() ? t - count + 1 : t;
        inputProducts(step, chunkStart, count, part);
      }
      place(step, s, t, chunkStart);
      for (int stage = 0; stage < shape.cell().stages(); stage++) {
        for (int i = 0; i < packed.recurrent[stage].length; i++) {
          recurrentProduct(step, shape.cell().products(stage)[i], packed.recurrent[stage][i], part);
        }
        shape.cell().forward(stage, step);
        if (sharing.byUnits()) {
          team.barrier(part, parts);
        }
      }
    }
    finish(step);
  }

  private void start(CellStep step, int part) {
    int panels = PackedPanels.panels(shape.hidden());
    step.hidden = shape.hidden();
    step.rowFrom = sharing.rowFrom(part, shape.batch());
    step.rowTo = sharing.rowTo(part, shape.batch());
    step.unitFrom = sharing.panelFrom(part, panels) * GemmKernels.NR;
    step.unitTo = Math.min(shape.hidden(), sharing.panelTo(part, panels) * GemmKernels.NR);
    step.lengths = lengths == null ? null : lengths.ints;
    step.lengthsAt = lengths == null ? 0 : lengths.offset;
    step.reverse = shape.reverse();
    step.steps = time;
    step.gates = buffers.gates;
    step.gatesStride = shape.gateStride();
    step.auxiliary = buffers.auxiliary;
    step.bias = packed.bias;
    step.auxiliaryBias = packed.auxiliaryBias;
    step.out = out.floats;
    step.outStride = shape.outStride();
  }

  /** Points the step at time t, the s-th in the order of computation. */
  private void place(CellStep step, int s, int t, int chunkStart) {
    int stateSize = shape.stateSize();
    step.time = t;
    step.gatesAt = buffers.gatesAt(t, chunkStart, shape.batch() * shape.gateStride());
    step.auxiliaryAt = buffers.stateAt(t, stateSize);
    step.outAt = out.offset + t * shape.batch() * shape.outStride() + shape.outColumn();
    step.hNext = h[(s + 1) & 1];
    step.cNext = buffers.c;
    step.cNextAt = buffers.stateAt(t, stateSize);
    if (s == 0) {
      step.h = h0 == null ? zeros : h0.floats;
      step.hAt = h0 == null ? 0 : h0.offset + stateAt;
      step.c = buffers.c == null ? null : c0 == null ? zeros : c0.floats;
      step.cAt = c0 == null ? 0 : c0.offset + stateAt;
    } else {
      step.h = h[s & 1];
      step.hAt = 0;
      step.c = buffers.c;
      step.cAt = buffers.stateAt(shape.reverse() ? t + 1 : t - 1, stateSize);
    }
  }

  /** gates[t] = x[t] · Wᵀ for a chunk of steps: all rows, or those of a member's sequences. */
  private void inputProducts(CellStep step, int from, int count, int part) {
    int batch = shape.batch();
    int stride = shape.gateStride();
    int rows = step.rowTo - step.rowFrom;
    boolean whole = rows == batch;
    Gemm.multiplyGroups(
        whole ? 1 : count,
        whole ? count * batch : rows,
        x.floats,
        x.offset + (from * batch + step.rowFrom) * shape.input(),
        batch * shape.input(),
        shape.input(),
        packed.input,
        sharing.panelFrom(part, packed.input.blockPanels),
        sharing.panelTo(part, packed.input.blockPanels),
        buffers.gates,
        buffers.gatesAt(from, from, batch * stride) + step.rowFrom * stride,
        batch * stride,
        stride,
        scratch[part]);
  }

  /** result (+)= operand · R[blocks]ᵀ for a member's rows and units. */
  private void recurrentProduct(CellStep step, Product product, PackedPanels panels, int part) {
    boolean fromState = product.operand() == Place.STATE;
    boolean toGates = product.result() == Place.GATES;
    int hidden = shape.hidden();
    int rows = step.rowFrom * hidden;
    Gemm.multiply(
        step.rowTo - step.rowFrom,
        fromState ? step.h : step.auxiliary,
        (fromState ? step.hAt : step.auxiliaryAt) + rows,
        hidden,
        1,
        panels,
        panels.k,
        sharing.panelFrom(part, panels.blockPanels),
        sharing.panelTo(part, panels.blockPanels),
        toGates,
        toGates ? step.gates : step.auxiliary,
        toGates
            ? step.gatesAt + step.rowFrom * step.gatesStride + product.blockFrom() * hidden
            : step.auxiliaryAt + rows,
        toGates ? step.gatesStride : hidden,
        scratch[part]);
  }

  /** Hands out the last state of a member's rows and units. */
  private void finish(CellStep step) {
    int count = step.unitTo - step.unitFrom;
    for (int row = step.rowFrom; row < step.rowTo; row++) {
      int at = row * shape.hidden() + step.unitFrom;
      if (hT != null) {
        System.arraycopy(step.hNext, at, hT.floats, hT.offset + stateAt + at, count);
      }
      if (cT != null) {
        System.arraycopy(step.cNext, step.cNextAt + at, cT.floats, cT.offset + stateAt + at, count);
      }
    }
  }
}
