package dev.sluice.bench.gpu;

import java.util.Arrays;
import java.util.Locale;

/**
 * A work as one engine does it in one way.
 *
 * @param engine which
 * @param type what it multiplies in
 * @param mode how its operations are launched
 * @param work what is done
 */
public record Contender(EngineName engine, NumberType type, Mode mode, GpuWork work) {
  /** The engines. */
  public enum EngineName {
    /** This project. */
    SLUICE("Sluice"),
    /** PyTorch with cuDNN. */
    PYTORCH("PyTorch");

    private final String title;

    EngineName(String title) {
      this.title = title;
    }

    /** As it calls itself. */
    String title() {
      return title;
    }
  }

  /** How operations are launched. */
  public enum Mode {
    /** As the engine does by itself; Sluice replays CUDA graphs of its own then. */
    EAGER,
    /** The whole iteration captured as a CUDA graph by hand; PyTorch only. */
    GRAPH,
    /** {@code torch.compile}; PyTorch only. */
    COMPILED
  }

  private static final int WORDS = 11;

  /** For example {@code PyTorch, fp16, graph}. */
  String title() {
    return "%s, %s%s"
        .formatted(
            engine.title(),
            type,
            mode == Mode.EAGER ? "" : ", " + mode.name().toLowerCase(Locale.ROOT));
  }

  /** The words of {@link #parse}; the engine is not among them. */
  String toWords() {
    return "%s %s %s".formatted(work.toWords(), type, mode.name().toLowerCase(Locale.ROOT));
  }

  /**
   * Reads what {@link #toWords} wrote.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static Contender parse(EngineName engine, String words) {
    String[] word = words.split(" ");
    if (word.length != WORDS) {
      throw new IllegalArgumentException("not a work: " + words);
    }
    return new Contender(
        engine,
        NumberType.valueOf(word[9].toUpperCase(Locale.ROOT)),
        Mode.valueOf(word[10].toUpperCase(Locale.ROOT)),
        GpuWork.parse(Arrays.copyOf(word, 9)));
  }
}
