package dev.sluice.backend;

import java.util.ArrayList;
import java.util.List;

/**
 * Sizes and options of a stack of recurrent layers.
 *
 * @param cell which cell
 * @param inputSize I, features of x
 * @param hiddenSize H, units of each direction of each layer
 * @param layers L; layer l above 0 reads the D·H outputs of layer l - 1
 * @param bidirectional whether each layer also runs from the last step to the first (D = 2); the
 *     outputs of the two directions are concatenated, forward first
 * @param bias whether the gates have biases
 * @param resetBefore GRU only: apply the reset gate to h before the recurrent product (Cho et al.
 *     2014) rather than after it (as cuDNN and PyTorch do)
 * @param dropout probability of dropping an output of a layer on its way into the next, at least 0
 *     and below 1; none behind the last layer; training only
 */
public record RecurrentSpec(
    CellType cell,
    int inputSize,
    int hiddenSize,
    int layers,
    boolean bidirectional,
    boolean bias,
    boolean resetBefore,
    float dropout) {

  /** So that the bytes of weights, gradients and optimiser state can be counted in a long too. */
  private static final double MOST_WEIGHTS = 0x1p60;

  /** One matrix or vector of the packed weights: where it lies and which shape it has. */
  public record Slice(String name, Shape shape, long offset) {}

  public RecurrentSpec {
    if (cell == null) {
      throw new IllegalArgumentException("recurrent: cell must not be null");
    }
    if (inputSize < 1 || hiddenSize < 1 || layers < 1) {
      throw new IllegalArgumentException(
          "recurrent: inputSize, hiddenSize and layers must be at least 1, not %d, %d and %d"
              .formatted(inputSize, hiddenSize, layers));
    }
    if (resetBefore && cell != CellType.GRU) {
      throw new IllegalArgumentException(
          "recurrent: resetBefore is an option of the GRU, not of " + cell);
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException(
          "recurrent: dropout must be at least 0 and below 1, not " + dropout);
    }
    requireCountable(cell, inputSize, hiddenSize, layers, bidirectional ? 2 : 1);
  }

  private static void requireCountable(
      CellType cell, int inputSize, int hiddenSize, int layers, int directions) {
    long gateColumns = (long) cell.gates() * hiddenSize;
    long outputSize = (long) directions * hiddenSize;
    double rows = (double) gateColumns * layers * directions;
    double weights = rows * (Math.max(inputSize, outputSize) + hiddenSize + 2L);
    if (Math.max(gateColumns, outputSize) > Integer.MAX_VALUE
        || (long) layers * directions > Integer.MAX_VALUE
        || weights > MOST_WEIGHTS) {
      throw new IllegalArgumentException(
          ("recurrent: %d layers of %d units in %d directions that read %d features are too large:"
                  + " the %d rows of a weight matrix, the %d outputs of a layer and L·D must each be"
                  + " at most 2147483647, and all weights fewer than 2^60")
              .formatted(layers, hiddenSize, directions, inputSize, gateColumns, outputSize));
    }
  }

  /** One layer, one direction, with biases, without dropout, the reset gate after the product. */
  public static RecurrentSpec of(CellType cell, int inputSize, int hiddenSize) {
    return new RecurrentSpec(cell, inputSize, hiddenSize, 1, false, true, false, 0);
  }

  /** The same with L layers. */
  public RecurrentSpec withLayers(int count) {
    return new RecurrentSpec(
        cell, inputSize, hiddenSize, count, bidirectional, bias, resetBefore, dropout);
  }

  /** The same in one direction or both. */
  public RecurrentSpec withBidirectional(boolean both) {
    return new RecurrentSpec(cell, inputSize, hiddenSize, layers, both, bias, resetBefore, dropout);
  }

  /** The same with or without biases. */
  public RecurrentSpec withBias(boolean biases) {
    return new RecurrentSpec(
        cell, inputSize, hiddenSize, layers, bidirectional, biases, resetBefore, dropout);
  }

  /** The same with the GRU's reset gate before or after the recurrent product. */
  public RecurrentSpec withResetBefore(boolean before) {
    return new RecurrentSpec(
        cell, inputSize, hiddenSize, layers, bidirectional, bias, before, dropout);
  }

  /** The same with dropout between the layers. */
  public RecurrentSpec withDropout(float probability) {
    return new RecurrentSpec(
        cell, inputSize, hiddenSize, layers, bidirectional, bias, resetBefore, probability);
  }

  /** D: 2 when bidirectional, else 1. */
  public int directions() {
    return bidirectional ? 2 : 1;
  }

  /** G·H: rows of each weight matrix. */
  public int gateColumns() {
    return cell.gates() * hiddenSize;
  }

  /** D·H: features of y and of every layer's output. */
  public int outputSize() {
    return directions() * hiddenSize;
  }

  /** Features that a layer reads: I for layer 0, D·H above. */
  public int layerInputSize(int layer) {
    return layer == 0 ? inputSize : outputSize();
  }

  /** Shape of h0, c0, hT and cT: [L·D, B, H], ordered by layer, then direction. */
  public Shape stateShape(int batch) {
    return Shape.of(layers * directions(), batch, hiddenSize);
  }

  /** Elements of the packed weights. */
  public long weightCount() {
    return weightOffset(layers, 0);
  }

  /** Where the weights of one layer and direction begin, in the order of {@link #slices}. */
  public long weightOffset(int layer, int direction) {
    long below = layer == 0 ? 0 : groupSize(0) + (layer - 1) * groupSize(1);
    return directions() * below + direction * groupSize(layer);
  }

  /** Elements of the weights of one layer and direction. */
  private long groupSize(int layer) {
    int biases = bias ? 2 : 0;
    return (long) gateColumns() * ((long) layerInputSize(layer) + hiddenSize + biases);
  }

  /**
   * The packed weights in order: for each layer, for each direction, {@code weight_ih} [G·H, I],
   * {@code weight_hh} [G·H, H] and, with biases, {@code bias_ih} [G·H] and {@code bias_hh} [G·H].
   * Names are PyTorch's: {@code weight_ih_l0}, {@code bias_hh_l1_reverse}.
   */
  public List<Slice> slices() {
    List<Slice> slices = new ArrayList<>();
    long offset = 0;
    for (int layer = 0; layer < layers; layer++) {
      for (int direction = 0; direction < directions(); direction++) {
        String suffix = "_l" + layer + (direction == 1 ? "_reverse" : "");
        List<Slice> group = new ArrayList<>();
        group.add(
            new Slice("weight_ih" + suffix, Shape.of(gateColumns(), layerInputSize(layer)), 0));
        group.add(new Slice("weight_hh" + suffix, Shape.of(gateColumns(), hiddenSize), 0));
        if (bias) {
          group.add(new Slice("bias_ih" + suffix, Shape.of(gateColumns()), 0));
          group.add(new Slice("bias_hh" + suffix, Shape.of(gateColumns()), 0));
        }
        for (Slice slice : group) {
          slices.add(new Slice(slice.name(), slice.shape(), offset));
          offset += slice.shape().size();
        }
      }
    }
    return List.copyOf(slices);
  }
}
