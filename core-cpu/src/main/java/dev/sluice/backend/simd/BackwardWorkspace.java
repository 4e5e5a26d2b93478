package dev.sluice.backend.simd;

/**
 * What a backward pass needs besides the saved activations: packed weights, running gradients of the
 * state, and packed chunks of activations. All layers of one size share one.
 */
final class BackwardWorkspace {
  /** Rows of activations that are packed at once for the weight gradients: a block of the product. */
  static final int CHUNK = Gemm.KC;

  /**
   * Floats up to which each member packs all activations for itself, so that none waits for another
   * and no cache line wanders between cores. Measured on two Zen 4 cores at H = 128: packing together
   * takes 15 % of a training step, packing twice 3 %.
   */
  private static final int OWN_CHUNKS = 1 << 20;

  /** Input weights: [G·H, I]. */
  final PackedPanels input;

  /** For each stage and product, its rows of the recurrent weights: [blocks·H, H]. */
  final PackedPanels[][] recurrent;

  /**
   * Packed rows of activations.
   *
   * @param input of the layer's input, [CHUNK, I]
   * @param state of the layer's output, [CHUNK, H]
   * @param auxiliary of AUXILIARY operands, [CHUNK, H]; null where no product has them
   */
  record Chunk(PackedPanels input, PackedPanels state, PackedPanels auxiliary) {}

  /** One for each member, or one for all. */
  final Chunk[] chunks;

  /** Gradient of h, [B, H]. */
  final float[] dh;

  /** Gradient of c, [B, H]. */
  final float[] dc;

  /** Gradient of the AUXILIARY operand, [B, H]. */
  final float[] dAuxiliary;

  /** Gate gradients at each sequence's first step, [B, G·H]. */
  final float[] firstGates;

  /** Sums of columns, G·H of the gates and H of AUXILIARY. */
  final float[] sums;

  BackwardWorkspace(LayerShape shape, int team) {
    Cell cell = shape.cell();
    int hidden = shape.hidden();
    input = new PackedPanels(shape.gateColumns(), 1, shape.input());
    recurrent = new PackedPanels[cell.stages()][];
    for (int stage = 0; stage < recurrent.length; stage++) {
      Cell.Product[] products = cell.products(stage);
      recurrent[stage] = new PackedPanels[products.length];
      for (int i = 0; i < products.length; i++) {
        recurrent[stage][i] = new PackedPanels(products[i].blocks() * hidden, 1, hidden);
      }
    }
    chunks = new Chunk[chunks(shape, team)];
    for (int i = 0; i < chunks.length; i++) {
      PackedPanels state = new PackedPanels(CHUNK, 1, hidden);
      PackedPanels auxiliary = cell.readsAuxiliary() ? new PackedPanels(CHUNK, 1, hidden) : null;
      chunks[i] = new Chunk(new PackedPanels(CHUNK, 1, shape.input()), state, auxiliary);
    }
    dh = new float[shape.stateSize()];
    dc = new float[shape.stateSize()];
    dAuxiliary = new float[shape.stateSize()];
    firstGates = new float[shape.batch() * shape.gateColumns()];
    sums = new float[shape.gateColumns() + hidden];
  }

  /** How many packed chunks there are: one for each member while they are small. */
  private static int chunks(LayerShape shape, int team) {
    int parts = shape.sharing(team).parts();
    return parts * chunkSize(shape) <= OWN_CHUNKS ? parts : 1;
  }

  private static long chunkSize(LayerShape shape) {
    int states = shape.cell().readsAuxiliary() ? 2 : 1;
    return PackedPanels.size(CHUNK, 1, shape.input())
        + (long) states * PackedPanels.size(CHUNK, 1, shape.hidden());
  }

  /** Floats that the workspace of such a layer holds. */
  static long size(LayerShape shape, int team) {
    int hidden = shape.hidden();
    long floats = PackedPanels.size(shape.gateColumns(), 1, shape.input());
    for (int stage = 0; stage < shape.cell().stages(); stage++) {
      for (Cell.Product product : shape.cell().products(stage)) {
        floats += PackedPanels.size(product.blocks() * hidden, 1, hidden);
      }
    }
    return floats
        + chunks(shape, team) * chunkSize(shape)
        + 3L * shape.stateSize()
        + (shape.batch() + 1L) * shape.gateColumns()
        + hidden;
  }

  /** Packs one part of the weights that begin at {@code from}. */
  void pack(LayerShape shape, float[] weights, int from, int part, int parts) {
    Cell cell = shape.cell();
    int hidden = shape.hidden();
    int at = from + shape.inputWeights();
    input.packRows(weights, at, shape.input(), 0, input.k, 1, part, parts);
    for (int stage = 0; stage < recurrent.length; stage++) {
      for (int i = 0; i < recurrent[stage].length; i++) {
        PackedPanels panels = recurrent[stage][i];
        int rows = cell.products(stage)[i].blockFrom() * hidden;
        at = from + shape.recurrentWeights() + rows * hidden;
        panels.packRows(weights, at, hidden, 0, panels.k, 1, part, parts);
      }
    }
  }
}
