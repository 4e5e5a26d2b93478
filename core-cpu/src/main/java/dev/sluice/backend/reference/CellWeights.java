package dev.sluice.backend.reference;

import dev.sluice.backend.RecurrentSpec;

/**
 * The weights of one layer and direction within a packed tensor, or their gradients: W [G·H, I], R
 * [G·H, H] and, with biases, b and d [G·H]. Row j + k·H belongs to gate k of unit j.
 */
final class CellWeights {
  private final Rounding rounding;
  private final ReferenceTensor packed;
  private double[] factors;
  private final int inputSize;
  private final int hiddenSize;
  private final int inputMatrix;
  private final int recurrentMatrix;
  private final int inputBias;
  private final int recurrentBias;
  private final boolean bias;

  CellWeights(
      RecurrentSpec spec, int layer, int direction, ReferenceTensor packed, Rounding rounding) {
    this.rounding = rounding;
    this.packed = packed;
    this.inputSize = spec.layerInputSize(layer);
    this.hiddenSize = spec.hiddenSize();
    this.inputMatrix = Math.toIntExact(spec.weightOffset(layer, direction));
    this.recurrentMatrix = inputMatrix + spec.gateColumns() * inputSize;
    this.inputBias = recurrentMatrix + spec.gateColumns() * hiddenSize;
    this.recurrentBias = inputBias + spec.gateColumns();
    this.bias = spec.bias();
  }

  /** (W x + b)[row]. */
  double input(int row, double[] x) {
    double sum = 0;
    for (int k = 0; k < inputSize; k++) {
      sum += operand(inputMatrix + row * inputSize + k) * rounding.operand(x[k]);
    }
    return rounding.stored(sum) + (bias ? packed.get(inputBias + row) : 0);
  }

  /** (R h + d)[row]. */
  double recurrent(int row, double[] h) {
    double sum = bias ? packed.get(recurrentBias + row) : 0;
    for (int k = 0; k < hiddenSize; k++) {
      sum += operand(recurrentMatrix + row * hiddenSize + k) * rounding.operand(h[k]);
    }
    return sum;
  }

  /** An element of W or R as it is multiplied; all are rounded when the first is asked for. */
  private double operand(int at) {
    if (factors == null) {
      factors = new double[inputBias - inputMatrix];
      for (int i = 0; i < factors.length; i++) {
        factors[i] = rounding.operand(packed.get(inputMatrix + i));
      }
    }
    return factors[at - inputMatrix];
  }

  /**
   * Backward of {@link #input}: dW[row] += slope · x, db[row] += slope, dx += slope · W[row].
   *
   * @param slope gradient of (W x + b)[row]
   * @param gradients where dW and db are
   */
  void inputBackward(int row, double slope, double[] x, CellWeights gradients, double[] dx) {
    double kept = rounding.stored(slope);
    double factor = rounding.operand(kept);
    for (int k = 0; k < inputSize; k++) {
      int at = inputMatrix + row * inputSize + k;
      gradients.packed.add(at, factor * rounding.operand(x[k]));
      dx[k] += factor * operand(at);
    }
    if (bias) {
      gradients.packed.add(inputBias + row, kept);
    }
  }

  /** Backward of {@link #recurrent}: dR[row] += slope · h, dd[row] += slope, dh += slope · R[row]. */
  void recurrentBackward(int row, double slope, double[] h, CellWeights gradients, double[] dh) {
    double kept = rounding.stored(slope);
    double factor = rounding.operand(kept);
    for (int k = 0; k < hiddenSize; k++) {
      int at = recurrentMatrix + row * hiddenSize + k;
      gradients.packed.add(at, factor * rounding.operand(h[k]));
      dh[k] += factor * operand(at);
    }
    if (bias) {
      gradients.packed.add(recurrentBias + row, kept);
    }
  }
}
