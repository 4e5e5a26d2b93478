package dev.sluice.train;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.OutOfDeviceMemoryException;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.format.NamedArray;
import dev.sluice.format.Safetensors;
import dev.sluice.nn.Dropout;
import dev.sluice.nn.Gradients;
import dev.sluice.nn.LayerPlan;
import dev.sluice.nn.Linear;
import dev.sluice.nn.LossPlan;
import dev.sluice.nn.ParameterStore;
import dev.sluice.nn.Pass;
import dev.sluice.nn.RecurrentStack;
import dev.sluice.nn.RegressionLoss;
import dev.sluice.nn.Sequential;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A small LSTM that predicts the next value of two sine waves, with state carried from window to
 * window, dropout, and an order of the data that depends on the epoch.
 */
class ToyProblem implements TrainingProblem {
  static final int STEPS = 4;
  static final int BATCH = 2;
  static final int BATCHES_PER_EPOCH = 5;

  /** What a test may do after the gradients of a micro-batch are there. */
  interface AfterBatch {
    void run(ToyProblem problem, int step);
  }

  final Backend backend;
  final ParameterStore store = new ParameterStore();
  final List<Float> scales = new ArrayList<>();
  final List<Long> batches = new ArrayList<>();
  List<Tensor> rounded = List.of();
  AfterBatch afterBatch = (_, _) -> {};
  UnaryOperator<Tensor> carriedView = tensor -> tensor;
  boolean heldOut = true;
  int modelsSaved;
  int modelsThatFail;
  int memoryForEvaluations = Integer.MAX_VALUE;
  long epoch;

  private final LayerPlan plan;
  private final LayerPlan evaluationPlan;
  private final LossPlan loss;
  private final LossPlan evaluationLoss;
  private final Tensor input;
  private final Tensor target;
  private final Tensor evaluationInput;
  private final Tensor evaluationTarget;
  private final float[] inputValues = new float[STEPS * BATCH];
  private final float[] targetValues = new float[STEPS * BATCH];
  private final int[] stepValue = new int[1];

  ToyProblem(Backend backend, int hidden, long seed) {
    this.backend = backend;
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 1, hidden).withLayers(2).withDropout(0.1f);
    Sequential model =
        new Sequential(
            new RecurrentStack(store, "lstm", spec),
            new Dropout(store, 0.1f),
            new Linear(store, "output", hidden, 1, true));
    store.allocate(backend, seed);
    Shape shape = Shape.of(STEPS, BATCH, 1);
    plan = model.plan(backend, shape, Gradients.PARAMETERS);
    evaluationPlan = model.plan(backend, shape, Gradients.NONE);
    loss = RegressionLoss.squared().plan(backend, shape, true, plan.outputIsFree());
    evaluationLoss = RegressionLoss.squared().plan(backend, shape, false, false);
    input = backend.allocate(DType.FLOAT32, shape);
    target = backend.allocate(DType.FLOAT32, shape);
    evaluationInput = backend.allocate(DType.FLOAT32, shape);
    evaluationTarget = backend.allocate(DType.FLOAT32, shape);
  }

  @Override
  public ParameterStore parameters() {
    return store;
  }

  @Override
  public long batchesPerEpoch() {
    return BATCHES_PER_EPOCH;
  }

  @Override
  public String unit() {
    return "values";
  }

  @Override
  public double unitsPerBatch() {
    return STEPS * BATCH;
  }

  @Override
  public String lossUnit() {
    return "squared error";
  }

  @Override
  public void startEpoch(long begun) {
    epoch = begun;
    plan.resetState();
  }

  @Override
  public void load(long batch) {
    batches.add(batch);
    window(batch * STEPS + epoch);
    input.upload(inputValues, 0);
    target.upload(targetValues, 0);
  }

  /** Rounds, reads and lets a test interfere, so it is for backends that do not record. */
  @Override
  public void accumulate(float gradientScale, RandomDraw draw) {
    // The reference computes in double; rounding what lives on makes it as exact as a file is.
    for (Tensor tensor : rounded) {
      tensor.upload(tensor.toFloats(), 0);
    }
    scales.add(gradientScale);
    Tensor output = plan.forward(input, new Pass(null, draw));
    plan.backward(loss.compute(output, target, gradientScale));
    plan.carry();
    draw.step().download(stepValue, 0);
    afterBatch.run(this, stepValue[0]);
  }

  private void window(long from) {
    for (int t = 0; t < STEPS; t++) {
      for (int b = 0; b < BATCH; b++) {
        double phase = 0.7 * (from + t) + b;
        inputValues[t * BATCH + b] = (float) Math.sin(phase);
        targetValues[t * BATCH + b] = (float) Math.sin(phase + 0.7);
      }
    }
  }

  @Override
  public Tensor trainTotal() {
    return loss.total();
  }

  @Override
  public Evaluation evaluate() {
    if (!heldOut) {
      return Evaluation.NONE;
    }
    if (memoryForEvaluations-- <= 0) {
      throw new OutOfDeviceMemoryException("GPU 0 is out of memory: 1 TiB asked for.");
    }
    evaluationPlan.resetState();
    evaluationLoss.resetTotal();
    window(1000);
    evaluationInput.upload(inputValues, 0);
    evaluationTarget.upload(targetValues, 0);
    Tensor output = evaluationPlan.forward(evaluationInput, Pass.PLAIN);
    evaluationLoss.compute(output, evaluationTarget, 1);
    double mean = evaluationLoss.mean();
    return new Evaluation(mean, STEPS * BATCH, Map.of("root mean square", Math.sqrt(mean)));
  }

  @Override
  public Map<String, Tensor> carried() {
    Map<String, Tensor> views = new LinkedHashMap<>();
    plan.carried().forEach((name, tensor) -> views.put(name, carriedView.apply(tensor)));
    return views;
  }

  @Override
  public void saveModel(Path file) throws IOException {
    if (modelsThatFail > 0) {
      modelsThatFail--;
      throw new IOException("cannot write " + file + ": no space left on device");
    }
    modelsSaved++;
    float[] values = store.values().toFloats();
    Safetensors.write(
        file, List.of(new NamedArray.Floats("all", new int[] {values.length}, values)), Map.of());
  }

  @Override
  public String sample() {
    return "epoch " + epoch + " <b>";
  }
}
