package dev.sluice.bench.gpu;

import dev.sluice.backend.CellType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Which works are wanted. */
public final class GpuChoice {
  private GpuChoice() {}

  /**
   * The works, the most important first.
   *
   * @param full whether the whole grid is wanted in all variants
   * @param shapes {@code H,B,T} instead of the standing grid, if any
   * @param model {@code H,L,B,T,V} of a language model instead of all else; or null
   * @param only a part of their names
   * @throws IllegalArgumentException when a size is not one; the message is a sentence
   */
  public static List<GpuWork> works(boolean full, List<String> shapes, String model, String only) {
    List<GpuWork> works;
    if (model != null) {
      int[] size = numbers("--model", "H,L,B,T,V", model);
      works =
          List.of(
              new GpuWork(
                  GpuWork.Kind.LANGUAGE_MODEL,
                  CellType.LSTM,
                  size[0],
                  size[1],
                  1,
                  size[2],
                  size[3],
                  size[4],
                  false));
    } else if (!shapes.isEmpty()) {
      works =
          GpuWorks.of(
              shapes.stream()
                  .map(shape -> numbers("--shape", "H,B,T", shape))
                  .map(size -> new GpuWorks.Size(size[0], size[1], size[2]))
                  .toList());
    } else {
      works = full ? GpuWorks.full() : GpuWorks.inOrder();
    }
    String part = only.toLowerCase(Locale.ROOT);
    return works.stream()
        .filter(work -> work.title().toLowerCase(Locale.ROOT).contains(part))
        .toList();
  }

  private static int[] numbers(String option, String form, String text) {
    try {
      int[] numbers = Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray();
      if (numbers.length == form.split(",").length) {
        return numbers;
      }
    } catch (NumberFormatException _) {
      // as with a wrong count
    }
    throw new IllegalArgumentException(
        "%s must be whole numbers %s, not '%s'".formatted(option, form, text));
  }
}
