package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import dev.sluice.backend.simd.Cell.Place;
import dev.sluice.backend.simd.Cell.Product;
import dev.sluice.backend.simd.LayerBackward.Arguments;
import jdk.incubator.vector.FloatVector;

/**
 * The gradients of a layer's weights and biases, from the gate gradients of all steps. The rows of
 * activations are packed a chunk at a time, by each member for itself or by all together; then each
 * member multiplies its own rows of the weight matrix. The sums run over t and b in rising order.
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
    int batch = shape.batch();
    int columns = shape.gateColumns();
    int rows = call.time * batch;
    int first = call.dWeights.offset;
    float[] dWeights = call.dWeights.floats;
    product(
        columns,
        buffers.gates,
        0,
        columns,
        call.x.floats,
        call.x.offset,
        shape.input(),
        rows,
        workspace.inputChunks,
        dWeights,
        first + shape.inputWeights(),
        part,
        parts);
    for (int stage = 0; stage < shape.cell().stages(); stage++) {
      for (Product product : shape.cell().products(stage)) {
        recurrent(call, product, part, parts);
      }
    }
    if (shape.bias() >= 0) {
      bias(call, part, parts);
    }
  }

  /** dR[blocks] += dResultᵀ · operand, over all steps. */
  private void recurrent(Arguments call, Product product, int part, int parts) {
    int batch = shape.batch();
    int hidden = shape.hidden();
    boolean fromGates = product.result() == Place.GATES;
    float[] gradients = fromGates ? buffers.gates : buffers.auxiliary;
    int stride = fromGates ? shape.gateColumns() : hidden;
    int column = fromGates ? product.blockFrom() * hidden : 0;
    int m = product.blocks() * hidden;
    float[] to = call.dWeights.floats;
    int toFrom =
        call.dWeights.offset + shape.recurrentWeights() + product.blockFrom() * hidden * hidden;
    if (product.operand() == Place.AUXILIARY) {
      product(
          m,
          gradients,
          column,
          stride,
          buffers.auxiliary,
          0,
          hidden,
          call.time * batch,
          workspace.stateChunks,
          to,
          toFrom,
          part,
          parts);
      return;
    }
    // The operand of step t is the output of the step before it: the two shifted against each
    // other.
    int shifted = (call.time - 1) * batch;
    int gradientRows = shape.reverse() ? 0 : batch;
    int outRows = shape.reverse() ? batch : 0;
    product(
        m,
        gradients,
        gradientRows * stride + column,
        stride,
        call.out.floats,
        call.out.offset + outRows * shape.outStride() + shape.outColumn(),
        shape.outStride(),
        shifted,
        workspace.stateChunks,
        to,
        toFrom,
        part,
        parts);
    if (call.h0 != null) { // and that of each sequence's first step is its initial state
      int firstColumn = product.blockFrom() * hidden;
      gatherFirst(
          call, gradients, column, stride, firstColumn, m * part / parts, m * (part + 1) / parts);
      product(
          m,
          workspace.firstGates,
          firstColumn,
          shape.gateColumns(),
          call.h0.floats,
          call.h0.offset + call.stateAt,
          hidden,
          batch,
          workspace.stateChunks,
          to,
          toFrom,
          part,
          parts);
    }
  }

  /** C[m, n] += Aᵀ · B over {@code rows} rows, a packed chunk of B at a time. */
  private void product(
      int m,
      float[] a,
      int aFrom,
      int aStride,
      float[] b,
      int bFrom,
      int bStride,
      int rows,
      PackedPanels[] chunks,
      float[] c,
      int cFrom,
      int part,
      int parts) {
    boolean together = chunks.length < parts;
    PackedPanels chunk = together ? chunks[0] : chunks[part];
    int n = chunk.blockColumns;
    int from = m * part / parts;
    int to = m * (part + 1) / parts;
    int count = (rows + BackwardWorkspace.CHUNK - 1) / BackwardWorkspace.CHUNK;
    for (int i = 0; i < count; i++) {
      int r = (int) ((long) rows * i / count);
      int depth = (int) ((long) rows * (i + 1) / count) - r;
      if (together) {
        team.barrier(part, parts); // the chunk before has been read
        chunk.packRows(b, bFrom + r * bStride, bStride, depth, 1, part, parts);
        team.barrier(part, parts);
      } else {
        chunk.packRows(b, bFrom + r * bStride, bStride, depth, 1, 0, 1);
      }
      if (from < to) {
        Gemm.multiply(
            to - from,
            a,
            aFrom + r * aStride + from,
            1,
            aStride,
            chunk,
            depth,
            0,
            chunk.blockPanels,
            true,
            c,
            cFrom + from * n,
            n,
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
    columnSums(buffers.gates, columns, rows, from, to, workspace.sums, 0);
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

  /** sums[first + j] = Σ over rows of x[row, j], in the order of the rows. */
  private static void columnSums(
      float[] x, int stride, int rows, int from, int to, float[] sums, int first) {
    CellStep.clear(sums, first + from, to - from);
    for (int row = 0; row < rows; row++) {
      int at = row * stride;
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
