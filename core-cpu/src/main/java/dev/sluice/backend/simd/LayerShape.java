package dev.sluice.backend.simd;

import dev.sluice.backend.RecurrentSpec;

/**
 * Sizes of one layer in one direction, and where its weights lie in the packed parameters.
 *
 * @param cell the pointwise part
 * @param direction 0 forward, 1 reverse
 * @param input I of this layer
 * @param hidden H
 * @param gateColumns G·H
 * @param outColumn first column of this direction in the layer's output
 * @param outStride D·H, columns of the layer's output
 * @param maxSteps T at most
 * @param batch B
 * @param inputWeights index of weight_ih
 * @param recurrentWeights index of weight_hh
 * @param bias index of bias_ih, followed by bias_hh; -1 without biases
 */
record LayerShape(
    Cell cell,
    int direction,
    int input,
    int hidden,
    int gateColumns,
    int outColumn,
    int outStride,
    int maxSteps,
    int batch,
    int inputWeights,
    int recurrentWeights,
    int bias) {

  static LayerShape of(RecurrentSpec spec, int layer, int direction, int maxSteps, int batch) {
    int input = spec.layerInputSize(layer);
    int hidden = spec.hiddenSize();
    int columns = spec.gateColumns();
    int first = Math.toIntExact(spec.weightOffset(layer, direction));
    int recurrent = first + columns * input;
    return new LayerShape(
        Cell.of(spec),
        direction,
        input,
        hidden,
        columns,
        direction * hidden,
        spec.outputSize(),
        maxSteps,
        batch,
        first,
        recurrent,
        spec.bias() ? recurrent + columns * hidden : -1);
  }

  boolean reverse() {
    return direction == 1;
  }

  /**
   * Distance of two rows of gates: whole cache lines, and no multiple of a kilobyte, which would put the
   * rows of a tile into few sets of the cache.
   */
  int gateStride() {
    return gateStride(gateColumns);
  }

  /** As {@link #gateStride()}, for so many columns. */
  static int gateStride(int gateColumns) {
    int lines = (gateColumns + 15) / 16;
    return 16 * (lines % 16 == 0 ? lines + 1 : lines);
  }

  /** B·H. */
  int stateSize() {
    return batch * hidden;
  }

  Sharing sharing(int team) {
    return Sharing.of(team, maxSteps, batch, hidden, gateColumns, input);
  }
}
