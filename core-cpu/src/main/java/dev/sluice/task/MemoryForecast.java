package dev.sluice.task;

import dev.sluice.backend.UpdateRule;
import dev.sluice.nn.ParameterStore;
import dev.sluice.optim.Optimizer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a training run will keep in memory, computed from the sizes before anything is allocated. On
 * the CPU all of it is Java heap; with a GPU, tensors and plans lie on the device.
 *
 * @param parts what takes how much
 */
public record MemoryForecast(List<Part> parts) {
  /** Heap of the JVM, the libraries and the command line themselves, as measured after a run. */
  private static final long PROGRAM_BYTES = 8L << 20;

  /**
   * One part.
   *
   * @param name for people
   * @param bytes that it takes
   */
  public record Part(String name, long bytes) {}

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
    List<Part> parts = new ArrayList<>();
    parts.add(new Part("weights and gradients", parameters.bytes(true)));
    parts.add(new Part("optimiser state", Optimizer.stateBytes(parameters, rule)));
    parts.add(new Part("training pass", LanguageModelProblem.trainingBytes(model, data)));
    parts.add(new Part("validation pass", LanguageModelProblem.validationBytes(model, data)));
    parts.add(new Part("text generation", TextGenerator.planBytes(model)));
    parts.add(new Part("text as tokens", data.bytes()));
    parts.add(new Part("program", PROGRAM_BYTES));
    return new MemoryForecast(parts);
  }

  /** Sum of the parts. */
  public long bytes() {
    return parts.stream().mapToLong(Part::bytes).sum();
  }
}
