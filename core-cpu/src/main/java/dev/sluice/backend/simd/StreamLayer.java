package dev.sluice.backend.simd;

import dev.sluice.backend.WeightStorage;
import dev.sluice.backend.simd.Cell.Place;
import dev.sluice.backend.simd.Cell.Product;

/**
 * One layer, one step at a time: the weights as {@link StreamPanels}, the gates of the step, and its
 * output. A member computes its own units; {@link SimdRecurrentStepper} lets the members meet.
 */
final class StreamLayer {
  /** Floats behind an array that keep the next one off its last cache line. */
  private static final int PADDING = 32;

  private final LayerShape shape;

  /** All gates: x · Wᵀ. */
  private final StreamPanels input;

  /** For each stage and product. */
  private final StreamPanels[][] recurrent;

  private final float[] bias;
  private final float[] auxiliaryBias;

  /**
   * For each part, gates of its own: members that wrote side by side into one array would pass its
   * cache lines to and fro.
   */
  private final float[][] gates;

  /** The cell's own buffer; null without. One for all where a product reads it. */
  private final float[][] auxiliary;

  /** h after the step, [B, H]; the state itself is read by all members until they have met. */
  private final float[] output;

  private final CellStep[] steps;

  StreamLayer(WeightStorage storage, LayerShape shape, int parts) {
    this.shape = shape;
    int rows = shape.batch();
    int hidden = shape.hidden();
    Cell cell = shape.cell();
    int blocks = shape.gateColumns() / hidden;
    input = new StreamPanels(storage, rows, shape.input(), blocks, hidden, parts);
    recurrent = new StreamPanels[cell.stages()][];
    for (int stage = 0; stage < recurrent.length; stage++) {
      Product[] products = cell.products(stage);
      recurrent[stage] = new StreamPanels[products.length];
      for (int i = 0; i < products.length; i++) {
        int some = products[i].blocks();
        recurrent[stage][i] = new StreamPanels(storage, rows, hidden, some, hidden, parts);
      }
    }
    bias = new float[shape.gateColumns()];
    auxiliaryBias = new float[hidden];
    output = new float[shape.stateSize() + PADDING];
    steps = new CellStep[parts];
    gates = new float[parts][rows * shape.gateColumns() + PADDING];
    auxiliary = new float[parts][];
    for (int part = 0; part < parts; part++) {
      if (cell.auxiliary()) {
        boolean shared = part > 0 && cell.readsAuxiliary();
        auxiliary[part] = shared ? auxiliary[0] : new float[shape.stateSize() + PADDING];
      }
      steps[part] = step(part, parts);
    }
  }

  /** A step on cache lines of its own: its member writes to it at every step. */
  @SuppressWarnings("unused") // the padding is there to be unused
  private static final class PaddedStep extends CellStep {
    private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15;
  }

  /** What does not change from step to step. */
  private CellStep step(int part, int parts) {
    CellStep step = new PaddedStep();
    step.hidden = shape.hidden();
    step.rowTo = shape.batch();
    step.unitFrom = StreamLayout.unitFrom(shape.batch(), shape.hidden(), part, parts);
    step.unitTo = StreamLayout.unitFrom(shape.batch(), shape.hidden(), part + 1, parts);
    step.steps = 1;
    step.gates = gates[part];
    step.gatesStride = shape.gateColumns();
    step.auxiliary = auxiliary[part];
    step.bias = bias;
    step.auxiliaryBias = auxiliaryBias;
    step.hNext = output;
    step.outStride = shape.hidden();
    return step;
  }

  /** Bytes that it holds. */
  long bytes() {
    long bytes = input.bytes();
    for (StreamPanels[] stage : recurrent) {
      for (StreamPanels panels : stage) {
        bytes += panels.bytes();
      }
    }
    long floats = bias.length + auxiliaryBias.length + output.length;
    for (int part = 0; part < gates.length; part++) {
      boolean counted = part > 0 && auxiliary[part] == auxiliary[0];
      floats += gates[part].length;
      floats += auxiliary[part] == null || counted ? 0 : auxiliary[part].length;
    }
    return bytes + 4 * floats;
  }

  /** Packs one part of this layer's weights, of those of the whole stack from {@code from} on. */
  void pack(float[] weights, int from, int part) {
    input.pack(weights, from + shape.inputWeights(), part);
    int hidden = shape.hidden();
    for (int stage = 0; stage < recurrent.length; stage++) {
      for (int i = 0; i < recurrent[stage].length; i++) {
        int row = shape.cell().products(stage)[i].blockFrom() * hidden;
        recurrent[stage][i].pack(weights, from + shape.recurrentWeights() + row * hidden, part);
      }
    }
    if (part == 0 && shape.bias() >= 0) {
      PackedWeights.addBiases(shape, weights, from + shape.bias(), bias, auxiliaryBias);
    }
  }

  /** Number of stages; the members meet after each. */
  int stages() {
    return recurrent.length;
  }

  /** h after the step, [B, H]. */
  float[] output() {
    return output;
  }

  /**
   * One stage of a step for a member's units.
   *
   * @param x [B, I]
   * @param h state before the step, [B, H]; not written
   * @param c cell state, [B, H], replaced; or null
   * @param y receives h after the step too, [B, H]
   */
  void run(
      int part,
      int stage,
      float[] x,
      int xAt,
      float[] h,
      int hAt,
      float[] c,
      int cAt,
      float[] y,
      int yAt,
      StreamPanels.Scratch scratch) {
    int hidden = shape.hidden();
    int columns = shape.gateColumns();
    if (stage == 0) {
      input.multiply(part, x, xAt, shape.input(), false, gates[part], 0, columns, scratch);
    }
    for (int i = 0; i < recurrent[stage].length; i++) {
      Product product = shape.cell().products(stage)[i];
      boolean fromState = product.operand() == Place.STATE;
      boolean toGates = product.result() == Place.GATES;
      recurrent[stage][i].multiply(
          part,
          fromState ? h : auxiliary[part],
          fromState ? hAt : 0,
          hidden,
          toGates,
          toGates ? gates[part] : auxiliary[part],
          toGates ? product.blockFrom() * hidden : 0,
          toGates ? columns : hidden,
          scratch);
    }
    CellStep step = steps[part];
    step.h = h;
    step.hAt = hAt;
    step.c = c;
    step.cAt = cAt;
    step.cNext = c;
    step.cNextAt = cAt;
    step.out = y;
    step.outAt = yAt;
    shape.cell().forward(stage, step);
  }

  /** Copies h after the step into the state, for a member's units, once all have read it. */
  void keep(int part, float[] h, int hAt) {
    int from = steps[part].unitFrom;
    for (int row = 0; row < shape.batch(); row++) {
      int at = row * shape.hidden() + from;
      System.arraycopy(output, at, h, hAt + at, steps[part].unitTo - from);
    }
  }
}
