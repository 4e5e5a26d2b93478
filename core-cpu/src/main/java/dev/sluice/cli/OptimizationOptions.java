package dev.sluice.cli;

import dev.sluice.backend.UpdateRule;
import dev.sluice.optim.Optimizer;
import dev.sluice.optim.Schedule;
import dev.sluice.task.LanguageModelTraining;
import picocli.CommandLine.Option;

/** How gradients become steps. */
final class OptimizationOptions {
  @Option(
      names = "--optimizer",
      paramLabel = "RULE",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Choices.Rule rule = Choices.Rule.ADAM;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Learning rate (default: 0.002; with sgd and nesterov 0.5).")
  Double learningRate;

  @Option(
      names = "--momentum",
      paramLabel = "X",
      description = "sgd, nesterov: momentum (default: 0; with nesterov 0.9).")
  Float momentum;

  @Option(
      names = "--decay",
      paramLabel = "X",
      description = "rmsprop: decay of the average of squares (default: ${DEFAULT-VALUE}).")
  float decay = 0.95f;

  @Option(
      names = "--beta1",
      paramLabel = "X",
      description = "adam, adamw: decay of the average of gradients (default: ${DEFAULT-VALUE}).")
  float beta1 = 0.9f;

  @Option(
      names = "--beta2",
      paramLabel = "X",
      description = "adam, adamw: decay of the average of squares (default: ${DEFAULT-VALUE}).")
  float beta2 = 0.999f;

  @Option(
      names = "--epsilon",
      paramLabel = "X",
      description = "rmsprop, adam, adamw: keeps the divisor above 0 (default: ${DEFAULT-VALUE}).")
  float epsilon = 1e-8f;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      description = "Pulls weights towards 0 (default: ${DEFAULT-VALUE}).")
  float weightDecay;

  @Option(
      names = "--schedule",
      paramLabel = "KIND",
      description =
          "Course of the learning rate: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Choices.Course schedule = Choices.Course.CONSTANT;

  @Option(
      names = "--lr-decay",
      paramLabel = "X",
      description =
          "step, exponential, plateau: factor on the learning rate (default: ${DEFAULT-VALUE}).")
  double rateDecay = 0.97;

  @Option(
      names = "--lr-decay-after",
      paramLabel = "EPOCHS",
      description = "exponential: epochs at the full rate (default: ${DEFAULT-VALUE}).")
  int rateDecayAfter;

  @Option(
      names = "--lr-decay-every",
      paramLabel = "STEPS",
      description = "step: steps between two decays (default: ${DEFAULT-VALUE}).")
  int rateDecayEvery = 1000;

  @Option(
      names = "--lr-patience",
      paramLabel = "N",
      description =
          "plateau: validations without improvement before a decay (default: ${DEFAULT-VALUE}).")
  int ratePatience = 1;

  @Option(
      names = "--lr-min",
      paramLabel = "RATE",
      description = "cosine, plateau: lowest learning rate (default: ${DEFAULT-VALUE}).")
  double rateMinimum;

  @Option(
      names = "--warmup",
      paramLabel = "STEPS",
      description = "cosine: steps of linear warm-up (default: ${DEFAULT-VALUE}).")
  long warmup;

  @Option(
      names = "--schedule-steps",
      paramLabel = "STEPS",
      description = "cosine: steps to the lowest rate (default: --max-steps or --epochs in steps).")
  Long scheduleSteps;

  @Option(
      names = "--clip-norm",
      paramLabel = "X",
      description =
          "Scale gradients down to this global norm; 0 for no clipping (default: ${DEFAULT-VALUE}).")
  double clipNorm = 1;

  @Option(
      names = "--clip-value",
      paramLabel = "X",
      description =
          "Limit each gradient to this size; 0 for no clipping (default: ${DEFAULT-VALUE}).")
  double clipValue;

  @Option(
      names = "--accumulate",
      paramLabel = "N",
      description = "Batches whose gradients make one step (default: ${DEFAULT-VALUE}).")
  int accumulate = 1;

  @Option(
      names = "--label-smoothing",
      paramLabel = "X",
      description = "Probability spread over all tokens in training (default: ${DEFAULT-VALUE}).")
  float smoothing;

  /** The settings of optimiser and loss. */
  LanguageModelTraining.Settings settings(long seed) {
    Options.requireAtLeast(1, "--accumulate", (long) accumulate);
    return new LanguageModelTraining.Settings(
        updateRule(),
        limit("--clip-norm", clipNorm),
        limit("--clip-value", clipValue),
        smoothing,
        seed);
  }

  private UpdateRule updateRule() {
    return switch (rule) {
      case SGD -> new UpdateRule.Sgd(momentum == null ? 0 : momentum, false, weightDecay);
      case NESTEROV -> new UpdateRule.Sgd(momentum == null ? 0.9f : momentum, true, weightDecay);
      case RMSPROP -> new UpdateRule.RmsProp(decay, epsilon, weightDecay);
      case ADAM -> new UpdateRule.Adam(beta1, beta2, epsilon, weightDecay, false);
      case ADAMW -> new UpdateRule.Adam(beta1, beta2, epsilon, weightDecay, true);
    };
  }

  private static double limit(String option, double value) {
    if (!(value >= 0)) {
      throw new IllegalArgumentException(option + " must be at least 0, not " + value);
    }
    return value == 0 ? Optimizer.NO_CLIPPING : value;
  }

  /** The learning rate to start from. */
  double rate() {
    if (learningRate != null) {
      return learningRate;
    }
    return rule == Choices.Rule.SGD || rule == Choices.Rule.NESTEROV ? 0.5 : 0.002;
  }

  /**
   * The schedule.
   *
   * @param plannedSteps steps of the run when they are known, else 0
   */
  Schedule schedule(long plannedSteps) {
    return switch (schedule) {
      case CONSTANT -> new Schedule.Constant(rate());
      case STEP -> new Schedule.Step(rate(), rateDecay, rateDecayEvery, Schedule.Unit.STEPS);
      case EXPONENTIAL -> new Schedule.Exponential(rate(), rateDecay, rateDecayAfter);
      case COSINE -> {
        long steps = scheduleSteps == null ? plannedSteps : scheduleSteps;
        if (steps == 0) {
          throw new IllegalArgumentException(
              "--schedule cosine needs --schedule-steps, --max-steps or --epochs to know its end");
        }
        yield new Schedule.Cosine(rate(), rateMinimum, warmup, steps);
      }
      case PLATEAU -> new Schedule.Plateau(rate(), rateDecay, ratePatience, rateMinimum);
    };
  }
}
