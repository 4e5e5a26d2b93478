package dev.sluice.bench.gpu;

import dev.sluice.backend.CellType;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.bench.peers.WorkData;
import java.util.Arrays;
import java.util.Map;

/**
 * One computation that both engines do, with I = H. The product of x with the input weights is part
 * of it.
 *
 * @param kind what one iteration is
 * @param cell LSTM, or GRU with the reset gate after the recurrent product
 * @param hidden H, also the size of the input and of an embedding
 * @param layers L
 * @param directions D, 1 or 2
 * @param batch B
 * @param steps T
 * @param vocabulary V of a language model; 0 otherwise
 * @param variable whether the sequences' lengths are uniform in T/2..T, longest first, rather than T
 */
public record GpuWork(
    Kind kind,
    CellType cell,
    int hidden,
    int layers,
    int directions,
    int batch,
    int steps,
    int vocabulary,
    boolean variable) {
  /** What one iteration is. */
  public enum Kind {
    /** Forward, for inference. */
    FORWARD("forward"),
    /** Gradients cleared, forward, backward to all weights and to x. */
    TRAIN("forward+backward"),
    /**
     * A language model's training step: embedding, recurrent layers, linear layer, cross-entropy,
     * backward, clipping by the global norm, Adam.
     */
    LANGUAGE_MODEL("training step");

    private final String title;

    Kind(String title) {
      this.title = title;
    }
  }

  /** Refuses sizes below 1, and what is no work. */
  public GpuWork {
    if (hidden < 1 || layers < 1 || batch < 1 || steps < 1 || vocabulary < 0) {
      throw new IllegalArgumentException(
          "sizes must be at least 1, not H=%d L=%d B=%d T=%d V=%d"
              .formatted(hidden, layers, batch, steps, vocabulary));
    }
    boolean model = kind == Kind.LANGUAGE_MODEL;
    if (directions < 1 || directions > 2 || (vocabulary > 0) != model) {
      throw new IllegalArgumentException(
          "%s with D=%d, V=%d".formatted(kind, directions, vocabulary));
    }
    if (model && (directions == 2 || variable)) {
      throw new IllegalArgumentException("a language model has one direction and full lengths");
    }
  }

  /** Layers over sequences of full length. */
  static GpuWork of(
      Kind kind, CellType cell, int layers, int directions, int hidden, int batch, int steps) {
    return new GpuWork(kind, cell, hidden, layers, directions, batch, steps, 0, false);
  }

  /** The same with lengths uniform in T/2..T, or with all T. */
  GpuWork withVariable(boolean lengths) {
    return new GpuWork(kind, cell, hidden, layers, directions, batch, steps, vocabulary, lengths);
  }

  /** For example {@code LSTM (768, 16, 1024) L1 D1 forward+backward}: (H, B, T). */
  public String title() {
    String sizes = "%s (%d, %d, %d) L%d".formatted(cell, hidden, batch, steps, layers);
    return kind == Kind.LANGUAGE_MODEL
        ? "%s V=%d %s".formatted(sizes, vocabulary, kind.title)
        : "%s D%d %s%s".formatted(sizes, directions, kind.title, variable ? " variable" : "");
  }

  /** Sizes and options of the recurrent layers. */
  RecurrentSpec spec() {
    return RecurrentSpec.of(cell, hidden, hidden)
        .withLayers(layers)
        .withBidirectional(directions == 2);
  }

  /** x, and dy's with D·H columns. */
  Shape inputShape() {
    return Shape.of(steps, batch, hidden);
  }

  /** y. */
  Shape outputShape() {
    return Shape.of(steps, batch, directions * hidden);
  }

  /** Steps of each sequence, longest first, the first T. */
  int[] lengths() {
    int[] lengths = new int[batch];
    Arrays.fill(lengths, steps);
    if (variable) {
      int least = (steps + 1) / 2;
      int[] drawn = WorkData.integers("lengths", batch, steps - least + 1);
      for (int i = 1; i < batch; i++) {
        lengths[i] = least + drawn[i];
      }
      Arrays.sort(lengths);
      for (int i = 0; i < batch / 2; i++) {
        int other = lengths[i];
        lengths[i] = lengths[batch - 1 - i];
        lengths[batch - 1 - i] = other;
      }
    }
    return lengths;
  }

  /** Parameters in PyTorch's names and layouts. */
  Map<String, float[]> parameters() {
    return WorkData.parameters(spec(), vocabulary, WorkData::uniform);
  }

  /**
   * Floating-point operations of one iteration: 2·G·H·(I + H) a step, sequence, layer and direction
   * that is not padding, 2·V·H for the linear layer, and three times that with a backward pass.
   */
  double flops() {
    double rows = Arrays.stream(lengths()).sum();
    double forward = 2.0 * rows * vocabulary * hidden;
    for (int layer = 0; layer < layers; layer++) {
      forward +=
          2.0 * rows * directions * spec().gateColumns() * (spec().layerInputSize(layer) + hidden);
    }
    return kind == Kind.FORWARD ? forward : 3 * forward;
  }

  /**
   * Fewest bytes that one iteration moves: weights and x read and y written, once each; with a
   * backward pass dy read, and dx and the weights' gradients written; a language model's optimiser
   * reads and writes weights and two moments, in fp32.
   */
  double bytes(NumberType type) {
    if (kind == Kind.LANGUAGE_MODEL) {
      double weights = spec().weightCount() + 2.0 * vocabulary * hidden + vocabulary;
      return 6 * Float.BYTES * weights;
    }
    double rows = Arrays.stream(lengths()).sum();
    double numbers = spec().weightCount() + rows * hidden * (1 + directions);
    return type.bytes() * (kind == Kind.FORWARD ? numbers : 2 * numbers);
  }

  /**
   * Exchanges of h between blocks that must follow one another: one a step, and one for each layer
   * above the first, which can begin a step later; as many again backwards.
   */
  int exchanges() {
    int forward = steps + layers - 1;
    return kind == Kind.FORWARD ? forward : 2 * forward;
  }

  /** The words of {@link #parse}. */
  String toWords() {
    return "%s %s %d %d %d %d %d %d %s"
        .formatted(
            kind,
            cell,
            hidden,
            layers,
            directions,
            batch,
            steps,
            vocabulary,
            variable ? "variable" : "full");
  }

  /**
   * Reads what {@link #toWords} wrote.
   *
   * @param word nine words
   * @throws IllegalArgumentException when it is something else
   */
  static GpuWork parse(String[] word) {
    int[] sizes = new int[6];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = Integer.parseInt(word[2 + i]);
    }
    return new GpuWork(
        Kind.valueOf(word[0]),
        CellType.valueOf(word[1]),
        sizes[0],
        sizes[1],
        sizes[2],
        sizes[3],
        sizes[4],
        sizes[5],
        word[8].equals("variable"));
  }
}
