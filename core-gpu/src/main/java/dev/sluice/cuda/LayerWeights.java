package dev.sluice.cuda;

import dev.sluice.backend.RecurrentSpec;

/**
 * Where the weights, or their gradients, of one layer and direction lie in device memory.
 *
 * @param input {@code weight_ih} [G·H, I]
 * @param hidden {@code weight_hh} [G·H, H]
 * @param inputBias {@code bias_ih} [G·H], or 0 without biases
 * @param hiddenBias {@code bias_hh} [G·H], or 0 without biases
 */
record LayerWeights(long input, long hidden, long inputBias, long hiddenBias) {
  /** Those of one layer and direction within the packed weights at {@code packed}. */
  static LayerWeights of(RecurrentSpec spec, int layer, int direction, long packed) {
    long rows = spec.gateColumns();
    long input = packed + spec.weightOffset(layer, direction) * Float.BYTES;
    long hidden = input + rows * spec.layerInputSize(layer) * Float.BYTES;
    long biases = hidden + rows * spec.hiddenSize() * Float.BYTES;
    return spec.bias()
        ? new LayerWeights(input, hidden, biases, biases + rows * Float.BYTES)
        : new LayerWeights(input, hidden, 0, 0);
  }

  /** The same biases with W and R elsewhere. */
  LayerWeights withMatrices(long input, long hidden) {
    return new LayerWeights(input, hidden, inputBias, hiddenBias);
  }
}
