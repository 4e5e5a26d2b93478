package dev.sluice.optim;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import dev.sluice.nn.CrossEntropy;
import dev.sluice.nn.Dropout;
import dev.sluice.nn.Embedding;
import dev.sluice.nn.Gradients;
import dev.sluice.nn.LayerNorm;
import dev.sluice.nn.Linear;
import dev.sluice.nn.Loss;
import dev.sluice.nn.LossPlan;
import dev.sluice.nn.ParameterStore;
import dev.sluice.nn.Pass;
import dev.sluice.nn.RecurrentStack;
import dev.sluice.nn.Sequential;
import dev.sluice.nn.SequentialPlan;

/** A language model with a tied output layer, trained on one window over and over. */
final class Training implements AutoCloseable {
  private static final int VOCABULARY = 11;
  private static final int SIZE = 49;
  private static final int STEPS = 7;
  private static final int BATCH = 5;
  private static final UpdateRule RULE = new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 0.01f, true);

  final Backend backend;
  final ParameterStore store = new ParameterStore();
  final SequentialPlan plan;
  final LossPlan loss;
  final Optimizer optimizer;
  final Tensor inputs;
  final Tensor targets;
  final Pass pass;
  final long forecast;
  final long allocated;

  Training(String device, int threads) {
    backend = Backends.choose(device, new BackendOptions(threads, 0)).backend();
    Embedding embedding = new Embedding(store, "embedding", VOCABULARY, SIZE);
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, SIZE, SIZE).withLayers(2);
    Sequential model =
        new Sequential(
            embedding,
            new Dropout(store, 0.1f),
            new RecurrentStack(store, "lstm", spec.withDropout(0.2f)),
            new LayerNorm(store, "norm", SIZE, LayerNorm.DEFAULT_EPSILON),
            Linear.tied(store, "output", embedding, true));
    Shape window = Shape.of(STEPS, BATCH);
    Loss function = new CrossEntropy(0);
    forecast =
        store.bytes(true)
            + model.planBytes(backend, window, Gradients.PARAMETERS)
            + function.planBytes(model.output(window), true, true)
            + Optimizer.stateBytes(store, RULE);
    store.allocate(backend, 1);
    plan = model.plan(backend, window, Gradients.PARAMETERS);
    loss = function.plan(backend, plan.output(), true, plan.outputIsFree());
    optimizer = new Optimizer(backend, store, RULE, 1, Optimizer.NO_CLIPPING);
    allocated = backend.allocatedBytes();
    inputs = backend.allocate(DType.INT32, window);
    targets = backend.allocate(DType.INT32, window);
    int[] ids = new int[STEPS * BATCH + 1];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = i * i % VOCABULARY;
    }
    inputs.upload(ids, 0);
    targets.upload(ids, 1);
    pass = new Pass(null, new RandomDraw(1, 0, backend.allocate(DType.INT32, Shape.of(1))));
  }

  void step() {
    store.zeroGradients();
    loss.resetTotal();
    plan.backward(loss.compute(plan.forward(inputs, pass), targets, 1));
    plan.carry();
    optimizer.step(0.01);
    backend.elements().increment(pass.draw().step());
  }

  @Override
  public void close() {
    backend.close();
  }
}
