package dev.sluice.backend.simd;

/**
 * A layer's weights as its forward pass reads them: packed panels of the input weights and of each
 * recurrent product, and the biases added up.
 */
final class PackedWeights {
  /** All gates: [I, G·H]. */
  final PackedPanels input;

  /** For each stage and product: [H, blocks·H]. */
  final PackedPanels[][] recurrent;

  /** Added to the gates, G·H. */
  final float[] bias;

  /** Added to AUXILIARY results, H. */
  final float[] auxiliaryBias;

  /**
   * @param byUnits whether each gate's units start a panel of their own, so that a range of units can
   *     be computed alone
   */
  PackedWeights(LayerShape shape, boolean byUnits) {
    Cell cell = shape.cell();
    int hidden = shape.hidden();
    input = panels(shape.input(), shape.gateColumns() / hidden, hidden, byUnits);
    recurrent = new PackedPanels[cell.stages()][];
    for (int stage = 0; stage < recurrent.length; stage++) {
      Cell.Product[] products = cell.products(stage);
      recurrent[stage] = new PackedPanels[products.length];
      for (int i = 0; i < products.length; i++) {
        recurrent[stage][i] = panels(hidden, products[i].blocks(), hidden, byUnits);
      }
    }
    bias = new float[shape.gateColumns()];
    auxiliaryBias = new float[hidden];
  }

  private static PackedPanels panels(int k, int blocks, int hidden, boolean byUnits) {
    return byUnits ? new PackedPanels(k, blocks, hidden) : new PackedPanels(k, 1, blocks * hidden);
  }

  /** Floats that the packed weights of such a layer hold. */
  static long size(LayerShape shape, boolean byUnits) {
    int hidden = shape.hidden();
    int gates = shape.gateColumns() / hidden;
    long floats = size(shape.input(), gates, hidden, byUnits) + shape.gateColumns() + hidden;
    for (int stage = 0; stage < shape.cell().stages(); stage++) {
      for (Cell.Product product : shape.cell().products(stage)) {
        floats += size(hidden, product.blocks(), hidden, byUnits);
      }
    }
    return floats;
  }

  private static int size(int k, int blocks, int hidden, boolean byUnits) {
    return byUnits
        ? PackedPanels.size(k, blocks, hidden)
        : PackedPanels.size(k, 1, blocks * hidden);
  }

  /**
   * Packs one part of a layer's weights.
   *
   * @param shape a layer of the size that this was made for
   * @param weights of the whole stack, from {@code from} on
   * @param transpose the member's own
   */
  void pack(
      LayerShape shape, float[] weights, int from, int part, int parts, SquareTranspose transpose) {
    Cell cell = shape.cell();
    int hidden = shape.hidden();
    input.packColumns(
        weights, from + shape.inputWeights(), shape.input(), 1, part, parts, transpose);
    for (int stage = 0; stage < recurrent.length; stage++) {
      for (int i = 0; i < recurrent[stage].length; i++) {
        int rows = cell.products(stage)[i].blockFrom() * hidden;
        int at = from + shape.recurrentWeights() + rows * hidden;
        recurrent[stage][i].packColumns(weights, at, hidden, 1, part, parts, transpose);
      }
    }
    if (part == 0 && shape.bias() >= 0) {
      addBiases(shape, weights, from + shape.bias(), bias, auxiliaryBias);
    }
  }

  /** Adds both biases, but where a product goes into AUXILIARY, whose bias stays apart. */
  static void addBiases(
      LayerShape shape, float[] weights, int from, float[] bias, float[] auxiliaryBias) {
    int columns = shape.gateColumns();
    int hidden = shape.hidden();
    for (int j = 0; j < columns; j++) {
      bias[j] = weights[from + j] + weights[from + columns + j];
    }
    for (int stage = 0; stage < shape.cell().stages(); stage++) {
      for (Cell.Product product : shape.cell().products(stage)) {
        if (product.result() == Cell.Place.AUXILIARY) {
          int first = product.blockFrom() * hidden;
          System.arraycopy(weights, from + first, bias, first, hidden);
          System.arraycopy(weights, from + columns + first, auxiliaryBias, 0, hidden);
        }
      }
    }
  }
}
