package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.FIRST;
import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import dev.sluice.backend.simd.Cell.Place;
import dev.sluice.backend.simd.Cell.Product;
import dev.sluice.backend.simd.LayerBackward.Arguments;
import jdk.incubator.vector.FloatVector;

/**
 * The gradients of a layer's weights and biases, from the gate gradients of all steps. The rows of
 * activations are packed a chunk at a time, by each member for itself or by all together; then each
 * member multiplies its own rows of the weight matrices. The sums run over t and b in rising order.
 */
final class WeightGradients {
  private final ThreadTeam team;
  private final Gemm.Scratch[] scratch;
  private final LayerShape shape;
  private final LayerBuffers buffers;
  private final BackwardWorkspace workspace;

  WeightGradients(
      ThreadTeam team,
      Gemm.Scratch[] scratch,
      LayerShape shape,
      LayerBuffers buffers,
      BackwardWorkspace workspace) {
    this.team = team;
    this.scratch = scratch;
    this.shape = shape;
    this.buffers = buffers;
    this.workspace = workspace;
  }

  /** The part of one member; every part must run this. */
  void run(Arguments call, int part, int parts) {
    int rows = call.time * shape.batch();
    int count = (rows + BackwardWorkspace.CHUNK - 1) / BackwardWorkspace.CHUNK;
    for (int i = 0; i < count; i++) {
      int from = (int) ((long) rows * i / count);
      int to = (int) ((long) rows * (i + 1) / count);
      chunk(call, from, to, part, parts);
    }
    if (call.h0 != null) {
      for (int stage = 0; stage < shape.cell().stages(); stage++) {
        for (Product product : shape.cell().products(stage)) {
          if (product.operand() == Place.STATE) {
            initial(call, product, part, parts);
          }
        }
      }
    }
    if (shape.bias() >= 0) {
      bias(call, part, parts);
    }
  }

  /** What the rows from {@code from} to {@code to}, of the T·B of all steps, add to dW and dR. */
  private void chunk(Arguments call, int from, int to, int part, int parts) {
    int batch = shape.batch();
    int depth = to - from;
    // The operand of a step is the output of the step before it, which the first step has not.
    int shift = shape.reverse() ? -batch : batch;
    int first = Math.max(from, shift);
    int end = Math.min(to, call.time * batch + Math.min(0, shift));
    boolean together = workspace.chunks.length < parts;
    BackwardWorkspace.Chunk packed = workspace.chunks[together ? 0 : part];
    int share = together ? part : 0;
    int shares = together ? parts : 1;
    if (together) {
      team.barrier(part, parts); // the chunk before has been read
    }
    int x = call.x.offset + from * shape.input();
    packed.input().packRows(call.x.floats, x, shape.input(), 0, depth, 1, share, shares);
    if (first < end) {
      int outStride = shape.outStride();
      int out = call.out.offset + (first - shift) * outStride + shape.outColumn();
      float[] floats = call.out.floats;
      packed.state().packRows(floats, out, outStride, first - from, end - first, 1, share, shares);
    }
    if (packed.auxiliary() != null) {
      int hidden = shape.hidden();
      int at = FIRST + from * hidden;
      packed.auxiliary().packRows(buffers.auxiliary, at, hidden, 0, depth, 1, share, shares);
    }
    if (together) {
      team.barrier(part, parts);
    }
    for (int stage = 0; stage < shape.cell().stages(); stage++) {
      for (Product product : shape.cell().products(stage)) {
        boolean state = product.operand() == Place.STATE;
        PackedPanels operand = state ? packed.state() : packed.auxiliary();
        int operandFirst = state ? first - from : 0;
        int operandEnd = state ? Math.max(first, end) - from : depth;
        rows(
            call,
            product,
            from,
            depth,
            packed.input(),
            operand,
            operandFirst,
            operandEnd,
            part,
            parts);
      }
    }
  }

  /**
   * Adds to a member's rows of a product's blocks: dW += dGatesᵀ · x and dR += dResultᵀ · operand, the
   * latter over the chunk's steps {@code first} to {@code end}. Where both come from the same
   * gradients, these are packed once.
   */
  private void rows(
      Arguments call,
      Product product,
      int from,
      int depth,
      PackedPanels x,
      PackedPanels operand,
      int first,
      int end,
      int part,
      int parts) {
    Gemm.Scratch own = scratch[part];
    int hidden = shape.hidden();
    int stride = shape.gateStride();
    boolean fromGates = product.result() == Place.GATES;
    float[] dWeights = call.dWeights.floats;
    int input = call.dWeights.offset + shape.inputWeights();
    int recurrent = call.dWeights.offset + shape.recurrentWeights();
    int m = product.blocks() * hidden;
    int rowFrom = m * part / parts;
    int rowTo = m * (part + 1) / parts;
    int most = Gemm.blockRows(rowTo - rowFrom);
    for (int r = rowFrom; r < rowTo; r += most) {
      int height = Math.min(most, rowTo - r);
      int row = product.blockFrom() * hidden + r;
      own.a.packColumns(buffers.gates, FIRST + from * stride + row, stride, height, depth);
      add(height, 0, depth, x, dWeights, input + row * shape.input(), own);
      if (!fromGates) {
        own.a.packColumns(buffers.auxiliary, FIRST + from * hidden + r, hidden, height, depth);
      }
      add(height, first, end, operand, dWeights, recurrent + row * hidden, own);
    }
  }

  /** C += packed rows · panels. */
  private static void add(
      int rows, int first, int end, PackedPanels b, float[] c, int cFrom, Gemm.Scratch scratch) {
    if (first < end) {
      int n = b.blockColumns;
      Gemm.panels(1, rows, first, end, b, 0, 0, b.blockPanels, true, c, cFrom, 0, n, scratch);
    }
  }

  /** dR[blocks] += dResultᵀ · h0, at each sequence's first step. */
  private void initial(Arguments call, Product product, int part, int parts) {
    int hidden = shape.hidden();
    int columns = shape.gateColumns();
    boolean fromGates = product.result() == Place.GATES;
    int column = product.blockFrom() * hidden;
    int m = product.blocks() * hidden;
    int from = m * part / parts;
    int to = m * (part + 1) / parts;
    gatherFirst(
        call,
        fromGates ? buffers.gates : buffers.auxiliary,
        FIRST + (fromGates ? column : 0),
        fromGates ? shape.gateStride() : hidden,
        column,
        from,
        to);
    boolean together = workspace.chunks.length < parts;
    PackedPanels h0 = workspace.chunks[together ? 0 : part].state();
    for (int row = 0; row < shape.batch(); row += BackwardWorkspace.CHUNK) {
      int depth = Math.min(BackwardWorkspace.CHUNK, shape.batch() - row);
      int at = call.h0.offset + call.stateAt + row * hidden;
      if (together) {
        team.barrier(part, parts);
        h0.packRows(call.h0.floats, at, hidden, 0, depth, 1, part, parts);
        team.barrier(part, parts);
      } else {
        h0.packRows(call.h0.floats, at, hidden, 0, depth, 1, 0, 1);
      }
      if (from < to) {
        Gemm.multiply(
            to - from,
            workspace.firstGates,
            row * columns + column + from,
            1,
            columns,
            h0,
            depth,
            0,
            h0.blockPanels,
            true,
            call.dWeights.floats,
            call.dWeights.offset + shape.recurrentWeights() + (column + from) * hidden,
            hidden,
            scratch[part]);
      }
    }
  }

  /**
   * Collects the gradients of a recurrent product at each sequence's first step, for a member's own
   * columns.
   */
  private void gatherFirst(
      Arguments call, float[] gradients, int column, int stride, int toColumn, int from, int to) {
    int batch = shape.batch();
    int columns = shape.gateColumns();
    for (int row = 0; row < batch; row++) {
      int time = 0;
      if (shape.reverse()) {
        int[] lengths = call.lengths == null ? null : call.lengths.ints;
        time = (lengths == null ? call.time : lengths[call.lengths.offset + row]) - 1;
      }
      System.arraycopy(
          gradients,
          (time * batch + row) * stride + column + from,
          workspace.firstGates,
          row * columns + toColumn + from,
          to - from);
    }
  }

  /** dBias += column sums; where a product goes into AUXILIARY, bias_hh has sums of its own. */
  private void bias(Arguments call, int part, int parts) {
    int columns = shape.gateColumns();
    int hidden = shape.hidden();
    int rows = call.time * shape.batch();
    int from = columns * part / parts;
    int to = columns * (part + 1) / parts;
    float[] dWeights = call.dWeights.floats;
    int input = call.dWeights.offset + shape.bias();
    columnSums(buffers.gates, shape.gateStride(), rows, from, to, workspace.sums, 0);
    for (int j = from; j < to; j++) {
      dWeights[input + j] += workspace.sums[j];
    }
    int recurrent = input + columns;
    for (int j = from; j < to; j++) {
      if (!intoAuxiliary(j / hidden)) {
        dWeights[recurrent + j] += workspace.sums[j];
      }
    }
    for (int block = 0; block < columns / hidden; block++) {
      if (intoAuxiliary(block)) {
        int unitFrom = hidden * part / parts;
        int unitTo = hidden * (part + 1) / parts;
        columnSums(buffers.auxiliary, hidden, rows, unitFrom, unitTo, workspace.sums, columns);
        for (int j = unitFrom; j < unitTo; j++) {
          dWeights[recurrent + block * hidden + j] += workspace.sums[columns + j];
        }
      }
    }
  }

  private boolean intoAuxiliary(int block) {
    for (int stage = 0; stage < shape.cell().stages(); stage++) {
      for (Product product : shape.cell().products(stage)) {
        if (block >= product.blockFrom() && block < product.blockTo()) {
          return product.result() == Place.AUXILIARY;
        }
      }
    }
    throw new IllegalStateException("no product has block " + block);
  }

  /** sums[first + j] = Σ over rows of x[FIRST + row * stride + j], in the order of the rows. */
  private static void columnSums(
      float[] x, int stride, int rows, int from, int to, float[] sums, int first) {
    CellStep.clear(sums, first + from, to - from);
    for (int row = 0; row < rows; row++) {
      int at = FIRST + row * stride;
      int j = from;
      for (; j <= to - LANES; j += LANES) { // vector main
        FloatVector.fromArray(SPECIES, sums, first + j)
            .add(FloatVector.fromArray(SPECIES, x, at + j))
            .intoArray(sums, first + j);
      }
      for (; j < to; j++) { // scalar tail
        sums[first + j] += x[at + j];
      }
    }
  }
}
