package dev.sluice.task;

import dev.sluice.backend.DeviceMemoryUse;
import dev.sluice.backend.UpdateRule;
import dev.sluice.nn.ParameterStore;
import dev.sluice.optim.Optimizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a training run will keep in memory, computed from the sizes before anything is allocated. On
 * the CPU all of it is Java heap; with a GPU, tensors and plans lie on the device. Not counted there:
 * what operations with wide outputs take as working memory beyond the backend's own, up to 1 % of
 * those outputs, and the driver's context.
 *
 * @param parts what takes how much while it trains
 * @param loadingBytes what is needed before that, while the text is read and tokenized
 */
public record MemoryForecast(List<Part> parts, long loadingBytes) {
  /**
   * Heap of the JVM, the libraries and the command line themselves: a run with 12 units keeps 4 MB
   * more than its parts, one on 370 files with a vocabulary of 108 characters 8 MB.
   */
  private static final long PROGRAM_BYTES = 8L << 20;

  /**
   * One part.
   *
   * @param name for people
   * @param bytes that it takes
   * @param device whether they are on the device rather than on the Java heap
   */
  public record Part(String name, long bytes, boolean device) {}

  public MemoryForecast {
    parts = List.copyOf(parts);
  }

  /**
   * The forecast for training a model on data.
   *
   * @param model declared, allocated or not
   * @param data that the run holds
   * @param rule that the optimiser applies
   */
  static MemoryForecast of(LanguageModel model, TextData data, UpdateRule rule) {
    ParameterStore parameters = model.parameters();
    boolean device = model.backend().deviceMemory().isPresent();
    List<Part> parts = new ArrayList<>();
    parts.add(new Part("weights and gradients", parameters.bytes(true), device));
    parts.add(new Part("optimiser state", Optimizer.stateBytes(parameters, rule), device));
    parts.add(new Part("training pass", LanguageModelProblem.trainingBytes(model, data), device));
    long validation = LanguageModelProblem.validationBytes(model, data);
    parts.add(new Part("validation pass", validation, device));
    parts.add(new Part("text generation", TextGenerator.planBytes(model), device));
    // Asked last: with its first plan of a kind a backend may take more for itself.
    Optional<DeviceMemoryUse> own = model.backend().deviceMemory();
    own.ifPresent(use -> parts.add(new Part("backend", use.fixed(), true)));
    parts.add(new Part("text as tokens", data.bytes(), false));
    parts.add(new Part("program", PROGRAM_BYTES, false));
    return new MemoryForecast(parts, data.loadingBytes() + PROGRAM_BYTES);
  }

  /** Sum of the parts on the Java heap. */
  public long trainingBytes() {
    return sum(false);
  }

  /** Sum of the parts on the device; 0 on the CPU. */
  public long deviceBytes() {
    return sum(true);
  }

  private long sum(boolean device) {
    return parts.stream().filter(part -> part.device == device).mapToLong(Part::bytes).sum();
  }

  /** What the run needs of the Java heap at its highest. */
  public long bytes() {
    return Math.max(trainingBytes(), loadingBytes);
  }
}
