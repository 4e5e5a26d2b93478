package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import dev.sluice.nn.CrossEntropy;
import dev.sluice.nn.Embedding;
import dev.sluice.nn.Gradients;
import dev.sluice.nn.Linear;
import dev.sluice.nn.LossPlan;
import dev.sluice.nn.ParameterStore;
import dev.sluice.nn.Pass;
import dev.sluice.nn.RecurrentStack;
import dev.sluice.nn.Sequential;
import dev.sluice.nn.SequentialPlan;
import dev.sluice.optim.Optimizer;
import java.util.Arrays;

/**
 * A whole training step of a language model: embedding of E = H, LSTM layers, output layer, softmax
 * and cross-entropy, backward to all parameters, gradients clipped to norm 1, Adam. Inputs are
 * uploaded anew for each step and the state is carried on, as in training.
 *
 * <p>Counts the matrix products: 6·T·B·(L·4H·2H + H·V) floating-point operations.
 *
 * @param vocabulary V
 * @param hidden H, and E
 * @param layers L
 * @param batch B
 * @param steps T
 * @param precision what the backend to check was made with
 */
public record LanguageModelWorkload(
    int vocabulary, int hidden, int layers, int batch, int steps, Precision precision)
    implements Workload {
  /** Learning rate of each step. */
  public static final double LEARNING_RATE = 1e-3;

  private static final UpdateRule RULE = new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 0, false);
  private static final int CHECKED_STEPS = 3;
  private static final int CHECKED_SEQUENCES = 2;
  private static final int IGNORED = -1;

  /** Token ids, [T, B]. */
  public int[] inputs() {
    return Values.ids(4, steps * batch, vocabulary);
  }

  /** The token after each, [T, B]. */
  public int[] targets() {
    return Values.ids(5, steps * batch, vocabulary);
  }

  @Override
  public Name name() {
    String sizes = "%d,%d,%d,%d".formatted(hidden, layers, batch, steps);
    return new Name("lm", "LSTM", sizes, "V=" + vocabulary);
  }

  @Override
  public double flops() {
    return 6.0 * steps * batch * (8.0 * layers * hidden * hidden + (double) hidden * vocabulary);
  }

  @Override
  public double bytes() {
    return 0;
  }

  @Override
  public Units units() {
    return new Units((double) steps * batch, "tokens");
  }

  @Override
  public Prepared prepare(Backend backend) {
    return new Run(this, backend, inputs(), targets());
  }

  /**
   * {@inheritDoc}
   *
   * <p>With all targets ignored but those of the first steps of the first sequences, loss and
   * gradients must be what the reference finds for these alone.
   */
  @Override
  public void check(Backend backend) {
    LanguageModelWorkload few =
        new LanguageModelWorkload(
            vocabulary,
            hidden,
            layers,
            Math.min(CHECKED_SEQUENCES, batch),
            Math.min(CHECKED_STEPS, steps),
            precision);
    int[] ids = inputs();
    int[] targets = targets();
    int[] fewIds = new int[few.steps * few.batch];
    int[] fewTargets = new int[fewIds.length];
    int[] masked = new int[targets.length];
    Arrays.fill(masked, IGNORED);
    for (int step = 0; step < few.steps; step++) {
      for (int sequence = 0; sequence < few.batch; sequence++) {
        int from = step * batch + sequence;
        int to = step * few.batch + sequence;
        fewIds[to] = ids[from];
        fewTargets[to] = targets[from];
        masked[from] = targets[from];
      }
    }
    float[] expected;
    try (Backend reference = Agreement.reference()) {
      expected = firstStep(few, reference, fewIds, fewTargets);
    }
    float[] actual = firstStep(this, backend, ids, masked);
    double tolerance = Agreement.tolerance(precision);
    Agreement.require(
        name().title() + ", loss", tolerance, Arrays.copyOf(expected, 1), Arrays.copyOf(actual, 1));
    Agreement.require(
        name().title() + ", gradients",
        tolerance,
        Arrays.copyOfRange(expected, 1, expected.length),
        Arrays.copyOfRange(actual, 1, actual.length));
  }

  private static float[] firstStep(
      LanguageModelWorkload work, Backend backend, int[] ids, int[] targets) {
    try (Prepared run = new Run(work, backend, ids, targets)) {
      run.run();
      return run.outputs();
    }
  }

  private static final class Run implements Prepared {
    private final ParameterStore parameters = new ParameterStore();
    private final SequentialPlan plan;
    private final LossPlan loss;
    private final Optimizer optimizer;
    private final int[] hostIds;
    private final int[] hostTargets;
    private final Tensor ids;
    private final Tensor targets;
    private final Tensor lossSum;

    Run(LanguageModelWorkload work, Backend backend, int[] hostIds, int[] hostTargets) {
      RecurrentSpec spec =
          RecurrentSpec.of(CellType.LSTM, work.hidden, work.hidden).withLayers(work.layers);
      Sequential model =
          new Sequential(
              new Embedding(parameters, "embedding", work.vocabulary, work.hidden),
              new RecurrentStack(parameters, "rnn", spec),
              new Linear(parameters, "output", work.hidden, work.vocabulary, true));
      parameters.allocate(backend, 1);
      Shape window = Shape.of(work.steps, work.batch);
      plan = model.plan(backend, window, Gradients.PARAMETERS);
      loss = new CrossEntropy(0).plan(backend, plan.output(), true, plan.outputIsFree());
      optimizer = new Optimizer(backend, parameters, RULE, 1, Optimizer.NO_CLIPPING);
      this.hostIds = hostIds;
      this.hostTargets = hostTargets;
      ids = backend.allocate(DType.INT32, window);
      targets = backend.allocate(DType.INT32, window);
      lossSum = loss.total().slice(0, Shape.of(1));
    }

    @Override
    public void run() {
      parameters.zeroGradients();
      loss.resetTotal();
      ids.upload(hostIds, 0);
      targets.upload(hostTargets, 0);
      Tensor logits = plan.forward(ids, Pass.PLAIN);
      plan.backward(loss.compute(logits, targets, 1));
      plan.carry();
      optimizer.step(LEARNING_RATE, lossSum);
    }

    @Override
    public float[] outputs() {
      return Values.join(new float[] {(float) loss.mean()}, parameters.gradients().toFloats());
    }

    @Override
    public void close() {
      optimizer.close();
      loss.close();
      plan.close();
      ids.close();
      targets.close();
      parameters.close();
    }
  }
}
