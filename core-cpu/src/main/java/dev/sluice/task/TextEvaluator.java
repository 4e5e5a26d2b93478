package dev.sluice.task;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Parts;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.nn.CrossEntropy;
import dev.sluice.nn.Gradients;
import dev.sluice.nn.LossPlan;
import dev.sluice.nn.Pass;
import dev.sluice.nn.SequentialPlan;

/**
 * Scores a model on one text, again and again: forward passes only, with buffers and a carried state
 * of its own.
 */
final class TextEvaluator implements AutoCloseable {
  /** Windows between two reads of the running sum, which is in single precision on the device. */
  private static final int WINDOWS_PER_SUM = 16;

  private final Parts parts = new Parts();
  private final EvaluationText text;
  private final SequentialPlan plan;
  private final LossPlan loss;
  private final Tensor inputs;
  private final Tensor targets;
  private final int[] hostInputs;
  private final int[] hostTargets;
  private final float[] sums = new float[2];

  TextEvaluator(LanguageModel model, EvaluationText text) {
    this.text = text;
    Backend backend = model.backend();
    Shape window = Shape.of(text.steps(), text.batch());
    plan = parts.add(() -> model.layers().plan(backend, window, Gradients.NONE));
    loss = parts.add(() -> new CrossEntropy(0).plan(backend, plan.output(), false, false));
    inputs = parts.add(() -> backend.allocate(DType.INT32, window));
    targets = parts.add(() -> backend.allocate(DType.INT32, window));
    hostInputs = new int[text.steps() * text.batch()];
    hostTargets = new int[hostInputs.length];
  }

  /** Bytes of the tensors, plans and host buffers of an evaluator. */
  static long bytes(LanguageModel model, EvaluationText text) {
    Shape window = Shape.of(text.steps(), text.batch());
    Shape logits = model.layers().output(window);
    return model.layers().planBytes(model.backend(), window, Gradients.NONE)
        + new CrossEntropy(0).planBytes(logits, false, false)
        + 4 * window.size() * Integer.BYTES;
  }

  /** Scores the text with the weights as they are now, from a zero state. */
  TextScore score() {
    plan.resetState();
    double nats = 0;
    long tokens = 0;
    for (long window = 0; window < text.windows(); window++) {
      text.fill(window, hostInputs, hostTargets);
      inputs.upload(hostInputs, 0);
      targets.upload(hostTargets, 0);
      loss.compute(plan.forward(inputs, Pass.PLAIN), targets, 1);
      plan.carry();
      if ((window + 1) % WINDOWS_PER_SUM == 0 || window + 1 == text.windows()) {
        loss.total().download(sums, 0);
        loss.resetTotal();
        nats += sums[0];
        tokens += (long) sums[1];
      }
    }
    return new TextScore(nats, tokens, text.characters(), text.unknownTokens());
  }

  @Override
  public void close() {
    parts.close();
  }
}
