package dev.sluice.bench.peers;

import dev.sluice.backend.CellType;
import dev.sluice.backend.RecurrentSpec;

/**
 * One computation that every engine does alike, in single precision, with I = H.
 *
 * @param kind what one iteration is
 * @param cell LSTM, or GRU with the reset gate after the recurrent product
 * @param hidden H, also the size of the input and of an embedding
 * @param layers L
 * @param batch B
 * @param steps T
 * @param vocabulary V of a language model; 0 otherwise
 */
public record Work(
    Kind kind, CellType cell, int hidden, int layers, int batch, int steps, int vocabulary) {
  /** What one iteration is. */
  public enum Kind {
    /** Gradients cleared, forward, backward to all weights and to x, over a whole sequence. */
    TRAIN,
    /** Forward over a whole sequence, for inference. */
    FORWARD,
    /** One step of a stream, for inference; the state is carried to the next. */
    STREAM,
    /**
     * A language model's training step: embedding, recurrent layers, linear layer, cross-entropy,
     * backward, clipping by the global norm, Adam.
     */
    LANGUAGE_MODEL
  }

  /** Refuses sizes below 1. */
  public Work {
    if (hidden < 1 || layers < 1 || batch < 1 || steps < 1 || vocabulary < 0) {
      throw new IllegalArgumentException(
          "sizes must be at least 1, not H=%d L=%d B=%d T=%d V=%d"
              .formatted(hidden, layers, batch, steps, vocabulary));
    }
    if ((vocabulary > 0) != (kind == Kind.LANGUAGE_MODEL)) {
      throw new IllegalArgumentException(kind + " with a vocabulary of " + vocabulary);
    }
  }

  /** Sizes and options of the recurrent layers. */
  public RecurrentSpec spec() {
    return RecurrentSpec.of(cell, hidden, hidden).withLayers(layers);
  }

  /**
   * Floating-point operations of one iteration, in billions: 2·T·B·L·G·H·2H for a forward, and
   * 2·T·B·V·H for a language model's linear layer; three times that for training.
   */
  public double gflop() {
    double rows = (double) steps * batch;
    double forward = 2e-9 * rows * layers * cell.gates() * hidden * 2 * hidden;
    double output = 2e-9 * rows * vocabulary * hidden;
    return switch (kind) {
      case FORWARD, STREAM -> forward;
      case TRAIN, LANGUAGE_MODEL -> 3 * (forward + output);
    };
  }

  /** As {@code bench} calls it, for example {@code LSTM 128,1,32,64 train}. */
  public String title() {
    String sequence = "%s %d,%d,%d,%d ".formatted(cell, hidden, layers, batch, steps);
    return switch (kind) {
      case TRAIN -> sequence + "train";
      case FORWARD -> sequence + "forward";
      case STREAM -> "%s %d,%d step".formatted(cell, hidden, layers);
      case LANGUAGE_MODEL -> sequence + "V=" + vocabulary;
    };
  }

  /** The words of {@link #parse}. */
  String toWords() {
    return "%s %s %d %d %d %d %d".formatted(kind, cell, hidden, layers, batch, steps, vocabulary);
  }

  /**
   * Reads what {@link #toWords} wrote.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static Work parse(String words) {
    String[] word = words.split(" ");
    if (word.length != 7) {
      throw new IllegalArgumentException("not a work: " + words);
    }
    return new Work(
        Kind.valueOf(word[0]),
        CellType.valueOf(word[1]),
        Integer.parseInt(word[2]),
        Integer.parseInt(word[3]),
        Integer.parseInt(word[4]),
        Integer.parseInt(word[5]),
        Integer.parseInt(word[6]));
  }
}
