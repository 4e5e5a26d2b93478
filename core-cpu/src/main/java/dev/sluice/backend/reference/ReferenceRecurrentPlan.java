package dev.sluice.backend.reference;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.Arrays;

/**
 * The driver of all cells: it owns layers, directions, time, lengths, states and dropout, and hands
 * each step of each sequence to a {@link ReferenceCell}.
 *
 * <p>A sequence of length n runs through steps t = 0 .. n-1, in the reverse direction through n-1 ..
 * 0; its state after the last of them is its last state, and its outputs at n .. T-1 are zero. Layer
 * l reads layer l-1's outputs, both directions side by side, times dropout's factors.
 */
final class ReferenceRecurrentPlan implements RecurrentPlan {
  private final RecurrentSpec spec;
  private final int maxSteps;
  private final int batch;
  private final boolean training;
  private final ReferenceCell cell;
  private final Rounding rounding;
  private final Ledger ledger;

  /** Steps of the last forward, [layer · D + direction][sequence][in the order they ran]. */
  private final CellStep[][][] history;

  /** Outputs of each layer before dropout, T · B rows of D · H. */
  private final double[][][] outputs;

  private CellWeights[] weights;
  private ReferenceTensor initialC;
  private RandomDraw draw;
  private int[] lengths;
  private int steps;
  private long bytes;

  ReferenceRecurrentPlan(
      RecurrentSpec spec,
      int maxSteps,
      int batch,
      boolean training,
      ReferenceCell cell,
      Rounding rounding,
      Ledger ledger) {
    this.spec = spec;
    this.maxSteps = maxSteps;
    this.batch = batch;
    this.training = training;
    this.cell = cell;
    this.rounding = rounding;
    this.ledger = ledger;
    this.history = new CellStep[spec.layers() * spec.directions()][batch][];
    this.outputs = new double[spec.layers()][][];
    this.bytes = workspaceBytes(spec, maxSteps, batch, cell);
    ledger.add(bytes);
  }

  @Override
  public void forward(
      Tensor weights,
      Tensor x,
      Tensor lengths,
      RecurrentState initial,
      Tensor y,
      RecurrentState last,
      RandomDraw draw) {
    Checks.recurrentForward(
        spec, maxSteps, batch, training, weights, x, lengths, initial, y, last, draw);
    int[] valid = lengthsOf(lengths, x.shape().dim(0));
    this.steps = x.shape().dim(0);
    this.lengths = valid;
    this.draw = draw;
    this.weights = weightsOf(ReferenceTensor.of(weights));
    this.initialC = initial == null ? null : ReferenceTensor.of(initial.c());
    ReferenceTensor initialH = initial == null ? null : ReferenceTensor.of(initial.h());
    double[][] input = rowsOf(ReferenceTensor.of(x));
    for (int layer = 0; layer < spec.layers(); layer++) {
      outputs[layer] = new double[steps * batch][spec.outputSize()];
      for (int direction = 0; direction < spec.directions(); direction++) {
        for (int b = 0; b < batch; b++) {
          forwardSequence(layer, direction, b, input, initialH, last);
        }
      }
      input = dropped(outputs[layer], layer);
    }
    ReferenceTensor result = ReferenceTensor.of(y);
    for (int i = 0; i < result.size(); i++) {
      result.set(i, outputs[spec.layers() - 1][i / spec.outputSize()][i % spec.outputSize()]);
    }
  }

  private void forwardSequence(
      int layer,
      int direction,
      int b,
      double[][] input,
      ReferenceTensor initialH,
      RecurrentState last) {
    int stack = layer * spec.directions() + direction;
    double[] h = stateOf(initialH, stack, b);
    double[] c = stateOf(initialC, stack, b);
    CellStep[] ran = new CellStep[lengths[b]];
    for (int s = 0; s < ran.length; s++) {
      int row = stepAt(direction, b, s) * batch + b;
      ran[s] = new CellStep(spec, cell, input[row], h, c);
      cell.forward(weights[stack], ran[s]);
      h = ran[s].nextH.clone();
      c = ran[s].nextC;
      // What is kept of the step is rounded; the state from which the next step goes on is not.
      rounding.store(ran[s].saved);
      rounding.store(ran[s].nextH);
      if (s > 0) {
        rounding.store(ran[s].h); // backward reads it from the outputs
      }
      int from = direction * spec.hiddenSize();
      System.arraycopy(ran[s].nextH, 0, outputs[layer][row], from, spec.hiddenSize());
    }
    history[stack][b] = ran;
    if (last != null) {
      storeState(h, stack, b, ReferenceTensor.of(last.h()));
      storeState(c, stack, b, ReferenceTensor.of(last.c()));
    }
  }

  @Override
  public void backward(
      Tensor dy, RecurrentState dLast, Tensor dx, RecurrentState dInitial, Tensor dWeights) {
    requireTrainingForward("backward");
    Checks.recurrentBackward(spec, steps, batch, dy, dLast, dx, dInitial, dWeights);
    CellWeights[] gradients = weightsOf(ReferenceTensor.of(dWeights));
    double[][] dOutput = rowsOf(ReferenceTensor.of(dy));
    store(dOutput);
    for (int layer = spec.layers() - 1; layer >= 0; layer--) {
      double[][] dInput = new double[steps * batch][spec.layerInputSize(layer)];
      for (int direction = 0; direction < spec.directions(); direction++) {
        CellWeights slopes = gradients[layer * spec.directions() + direction];
        for (int b = 0; b < batch; b++) {
          backwardSequence(layer, direction, b, dOutput, dLast, dInput, dInitial, slopes);
        }
        if (layer > 0) {
          store(dInput); // the caller's dx is not
        }
      }
      dOutput = layer == 0 ? dInput : dropped(dInput, layer - 1);
    }
    if (dx != null) {
      ReferenceTensor target = ReferenceTensor.of(dx);
      for (int i = 0; i < target.size(); i++) {
        target.set(i, dOutput[i / spec.inputSize()][i % spec.inputSize()]);
      }
    }
  }

  private void backwardSequence(
      int layer,
      int direction,
      int b,
      double[][] dOutput,
      RecurrentState dLast,
      double[][] dInput,
      RecurrentState dInitial,
      CellWeights slopes) {
    int hiddenSize = spec.hiddenSize();
    int stack = layer * spec.directions() + direction;
    double[] dH = stateOf(dLast == null ? null : ReferenceTensor.of(dLast.h()), stack, b);
    double[] dC = stateOf(dLast == null ? null : ReferenceTensor.of(dLast.c()), stack, b);
    for (int s = lengths[b] - 1; s >= 0; s--) {
      int row = stepAt(direction, b, s) * batch + b;
      for (int j = 0; j < hiddenSize; j++) {
        dH[j] += dOutput[row][direction * hiddenSize + j];
      }
      CellGradients step =
          new CellGradients(
              dH, dC, dInput[row], new double[hiddenSize], new double[hiddenSize], slopes);
      cell.backward(weights[stack], history[stack][b][s], step);
      dH = step.h();
      dC = step.c();
    }
    if (dInitial != null) {
      storeState(dH, stack, b, ReferenceTensor.of(dInitial.h()));
      storeState(dC, stack, b, ReferenceTensor.of(dInitial.c()));
    }
  }

  @Override
  public Tensor cellStates(int layer, int direction) {
    requireTrainingForward("cellStates");
    if (!spec.cell().hasCellState()) {
      throw new IllegalStateException("cellStates: " + spec.cell() + " has no cell state");
    }
    int hiddenSize = spec.hiddenSize();
    int stack = layer * spec.directions() + direction;
    double[] states = new double[steps * batch * hiddenSize];
    for (int b = 0; b < batch; b++) {
      CellStep[] ran = history[stack][b];
      // Past the end the forward direction keeps its last state; the reverse has yet to begin.
      double[] outside = direction == 0 ? ran[ran.length - 1].nextC : ran[0].c;
      for (int t = 0; t < steps; t++) {
        double[] c = t < ran.length ? ran[stepAt(direction, b, t)].nextC : outside;
        System.arraycopy(c, 0, states, (t * batch + b) * hiddenSize, hiddenSize);
      }
    }
    return saved(states, hiddenSize);
  }

  @Override
  public Tensor layerOutput(int layer) {
    requireTrainingForward("layerOutput");
    int columns = spec.outputSize();
    double[] values = new double[steps * batch * columns];
    for (int row = 0; row < steps * batch; row++) {
      System.arraycopy(outputs[layer][row], 0, values, row * columns, columns);
    }
    return saved(values, columns);
  }

  /** Step s in the order of a direction as an index of time, and the other way round. */
  private int stepAt(int direction, int b, int s) {
    return direction == 0 ? s : lengths[b] - 1 - s;
  }

  /** Every number times dropout's factor on the way out of {@code layer}. */
  private double[][] dropped(double[][] rows, int layer) {
    if (!training || spec.dropout() == 0 || layer == spec.layers() - 1) {
      return rows;
    }
    int step = ReferenceTensor.of(draw.step()).getInt(0);
    int stream = draw.stream() + layer;
    int columns = spec.outputSize();
    double[][] result = new double[rows.length][columns];
    for (int i = 0; i < rows.length * columns; i++) {
      double factor = ReferenceDropout.factor(spec.dropout(), draw.seed(), stream, step, i);
      result[i / columns][i % columns] = factor * rows[i / columns][i % columns];
    }
    store(result);
    return result;
  }

  private void store(double[][] rows) {
    for (double[] row : rows) {
      rounding.store(row);
    }
  }

  private int[] lengthsOf(Tensor lengths, int steps) {
    int[] valid = new int[batch];
    if (lengths == null) {
      Arrays.fill(valid, steps);
    } else {
      ReferenceTensor.of(lengths).download(valid, 0);
      Checks.lengthValues(valid, steps);
    }
    return valid;
  }

  private CellWeights[] weightsOf(ReferenceTensor packed) {
    CellWeights[] all = new CellWeights[spec.layers() * spec.directions()];
    for (int stack = 0; stack < all.length; stack++) {
      int layer = stack / spec.directions();
      all[stack] = new CellWeights(spec, layer, stack % spec.directions(), packed, rounding);
    }
    return all;
  }

  private static double[][] rowsOf(ReferenceTensor tensor) {
    int columns = tensor.shape().columns();
    double[] values = tensor.values();
    double[][] rows = new double[tensor.shape().rows()][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
    }
    return rows;
  }

  /** The H numbers of one layer, direction and sequence; zeros when there is no state. */
  private double[] stateOf(ReferenceTensor state, int stack, int b) {
    double[] values = new double[spec.hiddenSize()];
    for (int j = 0; state != null && j < values.length; j++) {
      values[j] = state.get((stack * batch + b) * values.length + j);
    }
    return values;
  }

  private void storeState(double[] values, int stack, int b, ReferenceTensor state) {
    for (int j = 0; state != null && j < values.length; j++) {
      state.set((stack * batch + b) * values.length + j, values[j]);
    }
  }

  private Tensor saved(double[] values, int columns) {
    ReferenceTensor tensor =
        ReferenceTensor.allocate(DType.FLOAT32, Shape.of(steps, batch, columns), new Ledger());
    tensor.upload(values, 0);
    return tensor;
  }

  private void requireTrainingForward(String operation) {
    if (!training) {
      throw new IllegalStateException("recurrent " + operation + ": the plan is for inference");
    }
    if (steps == 0) {
      throw new IllegalStateException("recurrent " + operation + ": there was no forward");
    }
  }

  /** Inputs, states, gates and outputs of every step; kept whether training or not. */
  static long workspaceBytes(RecurrentSpec spec, int maxSteps, int batch, ReferenceCell cell) {
    long doubles = 0;
    for (int layer = 0; layer < spec.layers(); layer++) {
      long perCell = 2L * spec.hiddenSize() + (long) cell.saved() * spec.hiddenSize();
      doubles += spec.layerInputSize(layer) + spec.directions() * perCell + spec.outputSize();
    }
    return doubles * maxSteps * batch * Double.BYTES;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    ledger.remove(bytes);
    bytes = 0;
    Arrays.fill(history, null);
    Arrays.fill(outputs, null);
  }
}
