package dev.sluice.task;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Parts;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.nn.CrossEntropy;
import dev.sluice.nn.Gradients;
import dev.sluice.nn.LossPlan;
import dev.sluice.nn.ParameterStore;
import dev.sluice.nn.Pass;
import dev.sluice.nn.SequentialPlan;
import dev.sluice.train.Evaluation;
import dev.sluice.train.TrainingProblem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Training a {@link LanguageModel} by truncated backpropagation through time: B streams of text, T
 * steps at a time, the state carried from window to window and zero at the start of an epoch.
 */
public final class LanguageModelProblem implements TrainingProblem, AutoCloseable {
  private static final int SAMPLE_TOKENS = 300;

  private final Parts parts = new Parts();
  private final LanguageModel model;
  private final TextData data;
  private final SequentialPlan plan;
  private final LossPlan loss;
  private final Tensor inputs;
  private final Tensor targets;
  private final int[] hostInputs;
  private final int[] hostTargets;
  private final TextEvaluator evaluator;
  private final TextGenerator generator;
  private Pass pass = Pass.PLAIN;

  /**
   * Allocates what training needs besides the weights.
   *
   * @param model made for training with the data's vocabulary; stays the caller's
   * @param data to train and validate on
   * @param smoothing label smoothing in training, at least 0 and below 1
   */
  public LanguageModelProblem(LanguageModel model, TextData data, float smoothing) {
    this.model = model;
    this.data = data;
    if (model.tokenizer().size() != data.tokenizer().size()) {
      throw new IllegalArgumentException(
          "the model knows %d tokens but the data has %d: train with the data's own tokenizer"
              .formatted(model.tokenizer().size(), data.tokenizer().size()));
    }
    Backend backend = model.backend();
    Shape window = window(data);
    plan = parts.add(() -> model.layers().plan(backend, window, Gradients.PARAMETERS));
    loss =
        parts.add(() ->
            new CrossEntropy(smoothing).plan(backend, plan.output(), true, plan.outputIsFree()));
    inputs = parts.add(() -> backend.allocate(DType.INT32, window));
    targets = parts.add(() -> backend.allocate(DType.INT32, window));
    hostInputs = new int[Math.toIntExact(window.size())];
    hostTargets = new int[hostInputs.length];
    evaluator =
        data.validation() == null
            ? null
            : parts.add(() -> new TextEvaluator(model, data.validation()));
    generator = parts.add(() -> new TextGenerator(model));
  }

  private static Shape window(TextData data) {
    return Shape.of(data.options().steps(), data.options().batch());
  }

  /** Bytes of tensors, plans and host buffers of the training pass; the weights not included. */
  static long trainingBytes(LanguageModel model, TextData data) {
    Shape window = window(data);
    Shape logits = model.layers().output(window);
    return model.layers().planBytes(model.backend(), window, Gradients.PARAMETERS)
        + new CrossEntropy(0).planBytes(logits, true, true)
        + 4 * window.size() * Integer.BYTES;
  }

  /** Bytes of the validation pass; 0 when nothing is held out. */
  static long validationBytes(LanguageModel model, TextData data) {
    return data.validation() == null ? 0 : TextEvaluator.bytes(model, data.validation());
  }

  @Override
  public ParameterStore parameters() {
    return model.parameters();
  }

  @Override
  public long batchesPerEpoch() {
    return data.training().count();
  }

  @Override
  public String unit() {
    return switch (model.tokenizer().kind()) {
      case "char" -> "characters";
      case "byte" -> "bytes";
      default -> "tokens";
    };
  }

  @Override
  public double unitsPerBatch() {
    return hostInputs.length;
  }

  @Override
  public String lossUnit() {
    return switch (model.tokenizer().kind()) {
      case "char" -> "nats/character";
      case "byte" -> "nats/byte";
      default -> "nats/token";
    };
  }

  @Override
  public void startEpoch(long epoch) {
    plan.resetState();
  }

  @Override
  public void load(long batch) {
    data.training().fill(batch, hostInputs, hostTargets);
    inputs.upload(hostInputs, 0);
    targets.upload(hostTargets, 0);
  }

  @Override
  public void accumulate(float gradientScale, RandomDraw draw) {
    if (pass.draw() != draw) {
      pass = new Pass(null, draw);
    }
    Tensor logits = plan.forward(inputs, pass);
    plan.backward(loss.compute(logits, targets, gradientScale));
    plan.carry();
  }

  @Override
  public Tensor trainTotal() {
    return loss.total();
  }

  @Override
  public Evaluation evaluate() {
    if (evaluator == null) {
      return Evaluation.NONE;
    }
    TextScore score = evaluator.score();
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("bits per character", score.bitsPerCharacter());
    metrics.put("perplexity", score.perplexity());
    return new Evaluation(score.natsPerToken(), score.tokens(), metrics);
  }

  @Override
  public Map<String, Tensor> carried() {
    return plan.carried();
  }

  @Override
  public void saveModel(Path file) throws IOException {
    model.save(file);
  }

  /** A text that starts on a new line, always with the same random numbers. */
  @Override
  public String sample() {
    StringBuilder text = new StringBuilder();
    generator.refresh();
    generator.generate("", SAMPLE_TOKENS, Sampling.DEFAULT, text::append);
    return text.toString();
  }

  /** Frees the plans; the model stays. */
  @Override
  public void close() {
    parts.close();
  }
}
