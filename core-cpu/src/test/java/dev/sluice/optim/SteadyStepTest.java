package dev.sluice.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
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
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** A whole training step on the CPU backend: what it allocates, and what it computes. */
class SteadyStepTest {
  private static final int VOCABULARY = 11;
  private static final int SIZE = 49;
  private static final int STEPS = 7;
  private static final int BATCH = 5;
  private static final UpdateRule RULE = new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 0.01f, true);

  /** A language model with a tied output layer, trained on one window over and over. */
  private static final class Training implements AutoCloseable {
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

  /** The optimiser's three scalars are all that the forecast leaves out. */
  @Test
  void theForecastIsWhatTrainingAllocates() {
    try (Training training = new Training("cpu", 1)) {
      assertEquals(training.forecast + 3 * 4, training.allocated);
    }
  }

  /**
   * Less than 1 KB a step in all threads, once the JVM has compiled the kernels: until then vectors
   * are objects.
   */
  @Test
  void aStepAllocatesNextToNothing() {
    try (Training training = new Training("cpu", 2)) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long allocated = Long.MAX_VALUE;
      for (int round = 0; round < 400 && allocated >= 1024; round++) {
        long before = threads.getTotalThreadAllocatedBytes();
        for (int i = 0; i < 50; i++) {
          training.step();
        }
        allocated = (threads.getTotalThreadAllocatedBytes() - before) / 50;
      }
      assertTrue(allocated < 1024, "a step allocates " + allocated + " bytes");
    }
  }

  /**
   * The same loss and gradients from the same parameters. Parameters after a step are not compared:
   * Adam divides by the gradient's size, so rounding alone decides the step where it is nearly zero.
   */
  @Test
  void aStepAgreesWithTheReference() {
    try (Training fast = new Training("cpu", 1);
        Training exact = new Training("reference", 1)) {
      fast.step();
      exact.step();
      assertEquals(exact.loss.mean(), fast.loss.mean(), 1e-6 * exact.loss.mean());
      float norm = exact.optimizer.gradientNorm();
      assertEquals(norm, fast.optimizer.gradientNorm(), 1e-6f * norm);
      assertArrayEquals(
          exact.store.gradients().toFloats(), fast.store.gradients().toFloats(), 1e-6f * norm);
    }
  }

  @Test
  void threadsDoNotChangeABit() {
    try (Training one = new Training("cpu", 1);
        Training three = new Training("cpu", 3)) {
      for (int i = 0; i < 5; i++) {
        one.step();
        three.step();
      }
      assertArrayEquals(one.store.values().toFloats(), three.store.values().toFloats());
      assertEquals(one.loss.mean(), three.loss.mean());
    }
  }
}
