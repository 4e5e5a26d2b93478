package dev.sluice.nn;

import static dev.sluice.nn.GradientCheck.dropping;
import static dev.sluice.nn.GradientCheck.integers;
import static dev.sluice.nn.GradientCheck.random;

import dev.sluice.backend.CellType;
import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.reference.ReferenceBackend;
import dev.sluice.backend.reference.ReferenceTensor;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every layer's backward pass is the derivative of its forward pass, alone and in a model. */
class LayerGradientTest {
  private final ReferenceBackend backend = new ReferenceBackend();
  private final ParameterStore store = new ParameterStore();

  @AfterEach
  void close() {
    backend.close();
  }

  @Test
  void embedding() {
    Layer layer = new Embedding(store, "e", 4, 3);
    Tensor ids = integers(backend, Shape.of(3, 2), 0, 3, -1, 3, 1, 2);
    GradientCheck.layer(backend, store, layer, ids, Pass.PLAIN);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, true", "5, 3, true", "3, 7, false"})
  void linear(int inputs, int outputs, boolean bias) {
    Layer layer = new Linear(store, "l", inputs, outputs, bias);
    GradientCheck.layer(
        backend, store, layer, random(backend, Shape.of(2, 3, inputs), 3), Pass.PLAIN);
  }

  @Test
  void layerNorm() {
    Layer layer = new LayerNorm(store, "n", 5, LayerNorm.DEFAULT_EPSILON);
    GradientCheck.layer(backend, store, layer, random(backend, Shape.of(2, 3, 5), 3), Pass.PLAIN);
  }

  @ParameterizedTest
  @ValueSource(floats = {0, 0.4f})
  void dropout(float probability) {
    Layer layer = new Dropout(store, probability);
    GradientCheck.layer(
        backend, store, layer, random(backend, Shape.of(4, 5), 3), dropping(backend));
  }

  @ParameterizedTest
  @EnumSource
  void activate(Activation activation) {
    GradientCheck.layer(
        backend, store, new Activate(activation), random(backend, Shape.of(3, 5), 3), Pass.PLAIN);
  }

  @ParameterizedTest
  @EnumSource
  void recurrentStack(CellType cell) {
    RecurrentSpec spec = RecurrentSpec.of(cell, 3, 5).withLayers(2).withDropout(0.3f);
    Layer layer = new RecurrentStack(store, "r", spec.withBidirectional(cell == CellType.GRU));
    GradientCheck.layer(
        backend, store, layer, random(backend, Shape.of(3, 2, 3), 3), dropping(backend));
  }

  @Test
  void recurrentStackWithLengths() {
    Layer layer = new RecurrentStack(store, "r", RecurrentSpec.of(CellType.LSTM, 3, 2));
    Pass pass = new Pass(integers(backend, Shape.of(2), 1, 3), null);
    GradientCheck.layer(backend, store, layer, random(backend, Shape.of(3, 2, 3), 3), pass);
  }

  @Test
  void sequential() {
    Layer layer =
        new Sequential(
            new Activate(Activation.TANH),
            new Linear(store, "a", 4, 3, true),
            new Sequential(new Dropout(store, 0.2f), new Linear(store, "b", 3, 2, false)));
    GradientCheck.layer(
        backend, store, layer, random(backend, Shape.of(5, 4), 3), dropping(backend));
  }

  /** Tied: the table's gradient is the sum of what it gets as embedding and as output weight. */
  @ParameterizedTest
  @CsvSource({"LSTM, false", "LSTM, true", "GRU, true", "RNN_TANH, false"})
  void wholeModel(CellType cell, boolean tied) {
    int vocabulary = 5;
    int size = 3;
    Embedding embedding = new Embedding(store, "embedding", vocabulary, size);
    Layer model =
        new Sequential(
            embedding,
            new RecurrentStack(
                store, "recurrent", RecurrentSpec.of(cell, size, size).withLayers(2)),
            new LayerNorm(store, "norm", size, LayerNorm.DEFAULT_EPSILON),
            new Dropout(store, 0.25f),
            tied
                ? Linear.tied(store, "output", embedding, true)
                : new Linear(store, "output", size, vocabulary, true));
    Tensor ids = integers(backend, Shape.of(4, 2), 0, 1, 2, 3, 4, 0, 1, 2);
    Tensor targets = integers(backend, Shape.of(4, 2), 1, 2, -1, 4, 0, 1, 2, 3);
    model(model, new CrossEntropy(0.1f), ids, targets);
  }

  @ParameterizedTest
  @EnumSource
  void regressionModel(Regression kind) {
    Layer model =
        new Sequential(
            new RecurrentStack(store, "gru", RecurrentSpec.of(CellType.GRU, 2, 3)),
            new Linear(store, "output", 3, 1, true));
    Tensor x = random(backend, Shape.of(4, 2, 2), 3);
    Tensor targets = random(backend, Shape.of(4, 2, 1), 4);
    model(model, new RegressionLoss(kind, 0.5f), x, targets);
  }

  private void model(Layer model, Loss loss, Tensor input, Tensor targets) {
    store.allocate(backend, 5);
    ReferenceTensor values = (ReferenceTensor) store.values();
    values.upload(new Random(2).doubles(values.shape().size(), -0.8, 0.8).toArray(), 0);
    LayerPlan plan = model.plan(backend, input.shape(), Gradients.PARAMETERS);
    LossPlan lossPlan = loss.plan(backend, plan.output(), true, plan.outputIsFree());
    Pass pass = dropping(backend);
    DoubleSupplier objective =
        () -> {
          lossPlan.resetTotal();
          lossPlan.compute(plan.forward(input, pass), targets, 1);
          double[] total = ((ReferenceTensor) lossPlan.total()).values();
          return total[0] / total[1];
        };
    plan.backward(lossPlan.compute(plan.forward(input, pass), targets, 1));
    GradientCheck.parameters(store, objective);
  }
}
