package dev.sluice.bench.peers;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Replay;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import dev.sluice.nn.CrossEntropy;
import dev.sluice.nn.Embedding;
import dev.sluice.nn.Gradients;
import dev.sluice.nn.Linear;
import dev.sluice.nn.LossPlan;
import dev.sluice.nn.Parameter;
import dev.sluice.nn.ParameterStore;
import dev.sluice.nn.Pass;
import dev.sluice.nn.RecurrentStack;
import dev.sluice.nn.Sequential;
import dev.sluice.nn.SequentialPlan;
import dev.sluice.optim.Optimizer;
import java.util.LinkedHashMap;
import java.util.Map;

/** Sluice: a language model's training step, made of layers and replayed. */
public final class SluiceLanguageModel implements Engine {
  private static final String RECURRENT = "rnn";

  private final Backend backend;
  private final ParameterStore store = new ParameterStore();
  private final SequentialPlan plan;
  private final LossPlan loss;
  private final Optimizer optimizer;
  private final Tensor lossSum;
  private final Replay step;
  private final Tensor ids;
  private final Tensor targets;

  SluiceLanguageModel(Backend backend, Work work, WorkData data) {
    this(
        backend,
        work.spec(),
        work.vocabulary(),
        Shape.of(work.steps(), work.batch()),
        data.parameters(),
        data.ids(),
        data.targets());
  }

  /**
   * An embedding, recurrent layers and a linear layer, with Adam.
   *
   * @param backend that computes; closed with this
   * @param spec of the recurrent layers; their input is the embedding, of H numbers
   * @param vocabulary V
   * @param tokens [T, B]
   * @param values of the parameters, as {@link WorkData#parameters()}
   * @param read tokens that are read
   * @param predicted tokens that shall be predicted
   */
  public SluiceLanguageModel(
      Backend backend,
      RecurrentSpec spec,
      int vocabulary,
      Shape tokens,
      Map<String, float[]> values,
      int[] read,
      int[] predicted) {
    this.backend = backend;
    int hidden = spec.hiddenSize();
    Sequential model =
        new Sequential(
            new Embedding(store, "embedding", vocabulary, hidden),
            new RecurrentStack(store, RECURRENT, spec),
            new Linear(store, "output", hidden, vocabulary, true));
    store.allocate(backend, 1);
    for (Parameter parameter : store.parameters()) {
      parameter.value().upload(values.get(plainName(parameter)), 0);
    }
    ids = backend.allocate(DType.INT32, tokens);
    ids.upload(read, 0);
    targets = backend.allocate(DType.INT32, tokens);
    targets.upload(predicted, 0);
    plan = model.plan(backend, tokens, Gradients.PARAMETERS);
    loss = new CrossEntropy(0).plan(backend, plan.output(), true, plan.outputIsFree());
    UpdateRule adam =
        new UpdateRule.Adam(
            (float) WorkData.ADAM_BETA1,
            (float) WorkData.ADAM_BETA2,
            (float) WorkData.ADAM_EPSILON,
            0,
            false);
    lossSum = loss.total().slice(0, Shape.of(1));
    optimizer = new Optimizer(backend, store, adam, WorkData.CLIP_NORM, Optimizer.NO_CLIPPING);
    optimizer.setLearningRate(WorkData.LEARNING_RATE);
    step = backend.replay(this::step);
  }

  private static String plainName(Parameter parameter) {
    String name = parameter.name();
    return name.startsWith(RECURRENT + ".") ? name.substring(RECURRENT.length() + 1) : name;
  }

  private void gradients() {
    store.zeroGradients();
    loss.resetTotal();
    Tensor logits = plan.forward(ids, Pass.PLAIN);
    plan.backward(loss.compute(logits, targets, 1));
  }

  private void step() {
    gradients();
    optimizer.apply(lossSum);
  }

  /** Enqueues a training step. */
  public void enqueue() {
    step.run();
  }

  @Override
  public void iterate() {
    enqueue();
    backend.finish();
  }

  @Override
  public Map<String, float[]> results() {
    Map<String, float[]> results = new LinkedHashMap<>();
    gradients();
    for (Parameter parameter : store.parameters()) {
      results.put("d" + plainName(parameter), parameter.gradient().toFloats());
    }
    float[] losses = new float[WorkData.CHECKED_LOSSES];
    for (int step = 0; step < losses.length; step++) {
      iterate();
      losses[step] = (float) loss.mean();
    }
    results.put("losses", losses);
    return results;
  }

  @Override
  public void close() {
    step.close();
    backend.close();
  }
}
