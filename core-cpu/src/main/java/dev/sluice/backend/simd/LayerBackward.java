package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.FIRST;

import dev.sluice.backend.simd.Cell.Place;
import dev.sluice.backend.simd.Cell.Product;

/**
 * The backward pass of one layer in one direction through time: one job for the team. Step by step
 * the gates are replaced by their gradients and the gradient of h goes one step back; then the
 * gradients of x, weights and biases follow as products over all steps at once.
 */
final class LayerBackward implements ThreadTeam.Job {
  private final ThreadTeam team;
  private final LayerShape shape;
  private final LayerBuffers buffers;
  private final Sharing sharing;
  private final BackwardWorkspace workspace;
  private final WeightGradients weightGradients;
  private final Gemm.Scratch[] scratch;
  private final float[] zeros;
  private final CellStep[] steps;

  /** The running pass, read by all members. */
  private final Arguments call = new Arguments();

  /** The tensors of one pass; those of layer and direction lie at {@code stateAt} in the states. */
  static final class Arguments {
    /** T. */
    int time;

    ArrayTensor weights;

    /** [T, B, I]. */
    ArrayTensor x;

    /** [B] or null. */
    ArrayTensor lengths;

    /** State before the first step, or null. */
    ArrayTensor h0;

    ArrayTensor c0;

    /** The layer's output, [T, B, D·H]. */
    ArrayTensor out;

    /** Its gradient. */
    ArrayTensor dOut;

    /** Gradient of the last state, or null. */
    ArrayTensor dhT;

    ArrayTensor dcT;

    /** Receives the gradient of x, or null; added to when {@code addToDx}. */
    ArrayTensor dx;

    boolean addToDx;

    /** Receives the gradient of the state before the first step, or null. */
    ArrayTensor dh0;

    ArrayTensor dc0;

    /** Added to. */
    ArrayTensor dWeights;

    int stateAt;
  }

  LayerBackward(
      ThreadTeam team,
      Gemm.Scratch[] scratch,
      LayerShape shape,
      LayerBuffers buffers,
      BackwardWorkspace workspace,
      float[] zeros) {
    this.team = team;
    this.scratch = scratch;
    this.shape = shape;
    this.buffers = buffers;
    this.sharing = shape.sharing(team.size());
    this.workspace = workspace;
    this.zeros = zeros;
    this.weightGradients = new WeightGradients(team, scratch, shape, buffers, workspace);
    this.steps = new CellStep[sharing.parts()];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = new CellStep();
    }
  }

  /** The arguments of the next {@link #run()}, to be filled in. */
  Arguments arguments() {
    return call;
  }

  /** Runs the pass that {@link #arguments} describes. */
  void run() {
    team.run(sharing.parts(), this);
  }

  @Override
  public void run(int part, int parts) {
    workspace.pack(shape, call.weights.floats, call.weights.offset, part, parts);
    CellStep step = steps[part];
    start(step, part);
    team.barrier(part, parts);
    for (int s = call.time - 1; s >= 0; s--) {
      place(step, s);
      for (int stage = shape.cell().stages() - 1; stage >= 0; stage--) {
        shape.cell().backward(stage, step);
        if (sharing.byUnits()) {
          team.barrier(part, parts);
        }
        Product[] products = shape.cell().products(stage);
        for (int i = 0; i < products.length; i++) {
          recurrentProduct(step, products[i], workspace.recurrent[stage][i], part);
        }
      }
    }
    finish(step);
    team.barrier(part, parts);
    if (call.dx != null) {
      inputGradient(part, parts);
    }
    weightGradients.run(call, part, parts);
  }

  private void start(CellStep step, int part) {
    int panels = PackedPanels.panels(shape.hidden());
    step.hidden = shape.hidden();
    step.rowFrom = sharing.rowFrom(part, shape.batch());
    step.rowTo = sharing.rowTo(part, shape.batch());
    step.unitFrom = sharing.panelFrom(part, panels) * GemmKernels.NR;
    step.unitTo = Math.min(shape.hidden(), sharing.panelTo(part, panels) * GemmKernels.NR);
    step.lengths = call.lengths == null ? null : call.lengths.ints;
    step.lengthsAt = call.lengths == null ? 0 : call.lengths.offset;
    step.reverse = shape.reverse();
    step.steps = call.time;
    step.gates = buffers.gates;
    step.gatesStride = shape.gateStride();
    step.auxiliary = buffers.auxiliary;
    step.out = call.out.floats;
    step.outStride = shape.outStride();
    step.initial = call.h0 == null ? zeros : call.h0.floats;
    step.initialAt = call.h0 == null ? 0 : call.h0.offset + call.stateAt;
    step.dOut = call.dOut.floats;
    step.dOutStride = shape.outStride();
    step.dh = workspace.dh;
    step.dc = workspace.dc;
    step.dAuxiliary = workspace.dAuxiliary;
    load(step, call.dhT, workspace.dh);
    load(step, call.dcT, workspace.dc);
  }

  /** Starts a gradient of the state from that of the last state, or from zero. */
  private void load(CellStep step, ArrayTensor from, float[] to) {
    int count = step.unitTo - step.unitFrom;
    for (int row = step.rowFrom; row < step.rowTo; row++) {
      int at = row * shape.hidden() + step.unitFrom;
      if (from == null) {
        CellStep.clear(to, at, count);
      } else {
        System.arraycopy(from.floats, from.offset + call.stateAt + at, to, at, count);
      }
    }
  }

  /** Points the step at the s-th in the order of the forward computation. */
  private void place(CellStep step, int s) {
    int t = shape.reverse() ? call.time - 1 - s : s;
    int before = shape.reverse() ? t + 1 : t - 1;
    int stateSize = shape.stateSize();
    int outSize = shape.batch() * shape.outStride();
    step.time = t;
    step.gatesAt = FIRST + t * shape.batch() * shape.gateStride();
    step.auxiliaryAt = FIRST + t * stateSize;
    step.outAt = call.out.offset + before * outSize + shape.outColumn();
    step.dOutAt = call.dOut.offset + t * outSize + shape.outColumn();
    step.cNext = buffers.c;
    step.cNextAt = FIRST + t * stateSize;
    if (s > 0) {
      step.c = buffers.c;
      step.cAt = FIRST + before * stateSize;
    } else {
      step.c = call.c0 == null ? zeros : call.c0.floats;
      step.cAt = call.c0 == null ? 0 : call.c0.offset + call.stateAt;
    }
  }

  /** dOperand = dResult · R[blocks] for a member's rows and units. */
  private void recurrentProduct(CellStep step, Product product, PackedPanels panels, int part) {
    boolean fromGates = product.result() == Place.GATES;
    boolean toState = product.operand() == Place.STATE;
    int hidden = shape.hidden();
    Gemm.multiply(
        step.rowTo - step.rowFrom,
        fromGates ? step.gates : step.auxiliary,
        fromGates
            ? step.gatesAt + step.rowFrom * step.gatesStride + product.blockFrom() * hidden
            : step.auxiliaryAt + step.rowFrom * hidden,
        fromGates ? step.gatesStride : hidden,
        1,
        panels,
        panels.k,
        sharing.panelFrom(part, panels.blockPanels),
        sharing.panelTo(part, panels.blockPanels),
        toState,
        toState ? step.dh : step.dAuxiliary,
        step.rowFrom * hidden,
        hidden,
        scratch[part]);
  }

  /** Hands out the gradient of the initial state of a member's rows and units. */
  private void finish(CellStep step) {
    int count = step.unitTo - step.unitFrom;
    for (int row = step.rowFrom; row < step.rowTo; row++) {
      int at = row * shape.hidden() + step.unitFrom;
      if (call.dh0 != null) {
        float[] to = call.dh0.floats;
        System.arraycopy(step.dh, at, to, call.dh0.offset + call.stateAt + at, count);
      }
      if (call.dc0 != null) {
        float[] to = call.dc0.floats;
        System.arraycopy(step.dc, at, to, call.dc0.offset + call.stateAt + at, count);
      }
    }
  }

  /** dx = dGates · W, each member its own rows. */
  private void inputGradient(int part, int parts) {
    int rows = call.time * shape.batch();
    int from = (int) ((long) rows * part / parts);
    int to = (int) ((long) rows * (part + 1) / parts);
    Gemm.multiply(
        to - from,
        buffers.gates,
        FIRST + from * shape.gateStride(),
        shape.gateStride(),
        1,
        workspace.input,
        shape.gateColumns(),
        0,
        workspace.input.blockPanels,
        call.addToDx,
        call.dx.floats,
        call.dx.offset + from * shape.input(),
        shape.input(),
        scratch[part]);
  }
}
