package dev.sluice.task;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Parts;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.data.TokenDecoder;
import dev.sluice.data.Tokenizer;
import dev.sluice.nn.Gradients;
import dev.sluice.nn.LayerPlan;
import dev.sluice.nn.Pass;
import java.util.function.Consumer;

/** Writes text with a {@link LanguageModel}, token by token. */
public final class TextGenerator implements AutoCloseable {
  private final Parts parts = new Parts();
  private final LanguageModel model;
  private final Tensor id;
  private final Tensor y;
  private final LayerPlan input;
  private final RecurrentStepper stepper;
  private final RecurrentState state;
  private final LayerPlan head;
  private final float[] logits;
  private final int[] token = new int[1];

  /**
   * Allocates what generating needs.
   *
   * @param model stays the caller's
   */
  public TextGenerator(LanguageModel model) {
    this.model = model;
    Backend backend = model.backend();
    Shape one = Shape.of(1);
    Shape hidden = Shape.of(1, model.config().hidden());
    id = parts.add(() -> backend.allocate(DType.INT32, one));
    y = parts.add(() -> backend.allocate(DType.FLOAT32, hidden));
    input = parts.add(() -> model.inputLayer().plan(backend, one, Gradients.NONE));
    stepper = parts.add(() -> model.recurrent().stepper(backend, 1, model.storage()));
    state = parts.add(() -> RecurrentState.allocate(backend, model.recurrent().spec(), 1));
    head = parts.add(() -> model.head().plan(backend, hidden, Gradients.NONE));
    logits = new float[model.tokenizer().size()];
  }

  /**
   * Bytes of tensors and plans that a generator for this model takes, but for the packed weights of
   * the recurrent layers, which are about as large as the weights themselves.
   */
  static long planBytes(LanguageModel model) {
    Shape one = Shape.of(1);
    Shape hidden = Shape.of(1, model.config().hidden());
    return model.inputLayer().planBytes(model.backend(), one, Gradients.NONE)
        + model.head().planBytes(model.backend(), hidden, Gradients.NONE)
        + model.recurrent().spec().weightCount() * DType.FLOAT32.bytes();
  }

  /** Takes up the model's weights again, after they changed. */
  public void refresh() {
    stepper.refresh();
  }

  /**
   * Continues a text. The model starts from a zero state; an empty prompt stands for a line's start.
   *
   * @param prompt every piece of it must be in the vocabulary; may be empty
   * @param length tokens to generate, at least 0
   * @param sampling how tokens are drawn
   * @param out receives the generated text, without the prompt, as it comes: whole characters only
   * @throws IllegalArgumentException when the prompt has a piece outside the vocabulary; nothing is
   *     generated then
   */
  public void generate(String prompt, int length, Sampling sampling, Consumer<String> out) {
    Tokenizer tokenizer = model.tokenizer();
    int[] start = tokenizer.encodeKnown(prompt);
    TokenSampler sampler = new TokenSampler(sampling, tokenizer.size());
    TokenDecoder decoder = new TokenDecoder(tokenizer);
    reset();
    for (int i = 0; i < start.length - 1; i++) {
      step(start[i]);
    }
    int last = start.length > 0 ? start[start.length - 1] : lineStart();
    for (int i = 0; i < length; i++) {
      predict(last);
      last = sampler.next(logits);
      String text = decoder.next(last);
      if (!text.isEmpty()) {
        out.accept(text);
      }
    }
    String rest = decoder.end();
    if (!rest.isEmpty()) {
      out.accept(rest);
    }
  }

  /** The token of a line's end, where there is one; else the first that stands for a piece. */
  private int lineStart() {
    Tokenizer tokenizer = model.tokenizer();
    int[] newline = tokenizer.encode("\n");
    if (newline.length == 1 && newline[0] != tokenizer.unknownId()) {
      return newline[0];
    }
    return tokenizer.unknownId() == 0 ? 1 : 0;
  }

  private void reset() {
    model.backend().elements().fill(state.h(), 0);
    if (state.c() != null) {
      model.backend().elements().fill(state.c(), 0);
    }
  }

  private void step(int next) {
    token[0] = next;
    id.upload(token, 0);
    stepper.step(input.forward(id, Pass.PLAIN), state, y);
  }

  /** Advances by one token and leaves the logits of the one after it. */
  private void predict(int next) {
    step(next);
    head.forward(y, Pass.PLAIN).download(logits, 0);
    int unknown = model.tokenizer().unknownId();
    if (unknown >= 0) {
      logits[unknown] = Float.NEGATIVE_INFINITY; // it stands for no text
    }
  }

  /** Frees the buffers; the model stays. */
  @Override
  public void close() {
    parts.close();
  }
}
