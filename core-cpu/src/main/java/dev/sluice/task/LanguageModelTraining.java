package dev.sluice.task;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Parts;
import dev.sluice.backend.UpdateRule;
import dev.sluice.optim.Optimizer;
import java.util.List;

/**
 * A model, its data and an optimiser: what a {@link dev.sluice.train.Trainer} needs, made together
 * and freed together.
 */
public final class LanguageModelTraining implements AutoCloseable {
  /**
   * What training depends on besides model and data.
   *
   * @param rule how gradients become a step
   * @param clipNorm global norm that gradients are scaled down to, above 0; {@link
   *     Optimizer#NO_CLIPPING} for none
   * @param clipValue limit of each gradient, above 0; {@link Optimizer#NO_CLIPPING} for none
   * @param smoothing label smoothing, at least 0 and below 1
   * @param seed of the initial weights
   */
  public record Settings(
      UpdateRule rule, double clipNorm, double clipValue, float smoothing, long seed) {
    /** Adam, gradients clipped to norm 1, seed 1. */
    public static final Settings DEFAULT =
        new Settings(
            new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 0, false), 1, Optimizer.NO_CLIPPING, 0, 1);

    public Settings {
      if (!(clipNorm > 0) || !(clipValue > 0)) {
        throw new IllegalArgumentException(
            "clipNorm and clipValue must be above 0, not " + clipNorm + " and " + clipValue);
      }
      if (!(smoothing >= 0 && smoothing < 1)) {
        throw new IllegalArgumentException(
            "the label smoothing must be at least 0 and below 1, not " + smoothing);
      }
    }
  }

  /**
   * What is known of a training before it begins.
   *
   * @param config of the model, the embedding size resolved
   * @param parameters numbers that are trained
   * @param memory that the run will keep
   * @param paths how the device runs the recurrent layers, for people, a line each; none where there
   *     is one way only
   */
  public record Outline(
      LanguageModelConfig config, long parameters, MemoryForecast memory, List<String> paths) {
    public Outline {
      paths = List.copyOf(paths);
    }
  }

  private final Parts parts = new Parts();
  private final LanguageModel model;
  private final LanguageModelProblem problem;
  private final Optimizer optimizer;

  /**
   * Allocates everything that training needs.
   *
   * @param backend to run on; stays the caller's
   * @param config of the model
   * @param data to train on
   * @param settings of optimiser and loss
   * @throws IllegalArgumentException when the config does not suit the data's vocabulary
   */
  public LanguageModelTraining(
      Backend backend, LanguageModelConfig config, TextData data, Settings settings) {
    model =
        parts.add(() -> LanguageModel.create(backend, config, data.tokenizer(), settings.seed()));
    problem = parts.add(() -> new LanguageModelProblem(model, data, settings.smoothing()));
    optimizer =
        parts.add(() ->
            new Optimizer(
                backend,
                model.parameters(),
                settings.rule(),
                settings.clipNorm(),
                settings.clipValue()));
  }

  /** Describes a training without allocating anything for it; arguments as of the constructor. */
  public static Outline outline(
      Backend backend, LanguageModelConfig config, TextData data, Settings settings) {
    LanguageModel model = LanguageModel.declare(backend, config, data.tokenizer());
    return new Outline(
        model.config(),
        model.parameters().count(),
        MemoryForecast.of(model, data, settings.rule()),
        backend
            .recurrent()
            .explain(
                model.recurrent().spec(), data.options().steps(), data.options().batch(), true));
  }

  /** The model that is trained. */
  public LanguageModel model() {
    return model;
  }

  /** The model with its data. */
  public LanguageModelProblem problem() {
    return problem;
  }

  /** The optimiser of the model's weights. */
  public Optimizer optimizer() {
    return optimizer;
  }

  @Override
  public void close() {
    parts.close();
  }
}
