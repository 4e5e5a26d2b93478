package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.FIRST;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DropoutOps;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.function.LongConsumer;

/** A stack of layers: runs them one after the other, each direction as one job of the team. */
final class SimdRecurrentPlan implements RecurrentPlan {
  private final RecurrentSpec spec;
  private final int maxSteps;
  private final int batch;
  private final boolean training;
  private final DropoutOps dropout;
  private final LongConsumer allocated;
  private final long bytes;
  private final LayerForward[][] forward;
  private final LayerBackward[][] backward;
  private final LayerBuffers[][] buffers;

  /** What was last packed; null for training, where the weights change at each step. */
  private final KeptWeights kept;

  /** Outputs of the layers below the last, [maxSteps, B, D·H]; two in turn for inference. */
  private final float[][] outputs;

  /** The same after dropout, or null without. */
  private final float[][] dropped;

  /** Gradients of the outputs below the last layer, in turn; null for inference. */
  private final float[][] gradients;

  private Views views;
  private boolean closed;

  // The most recent forward, which backward goes back through.
  private ArrayTensor weights;
  private ArrayTensor x;
  private ArrayTensor lengths;
  private RecurrentState initial;
  private ArrayTensor y;
  private RandomDraw draw;

  /** The inner buffers seen as tensors of one number of steps. */
  private record Views(
      int steps, ArrayTensor[] outputs, ArrayTensor[] dropped, ArrayTensor[] gradients) {}

  SimdRecurrentPlan(
      RecurrentSpec spec,
      int maxSteps,
      int batch,
      boolean training,
      ThreadTeam team,
      DropoutOps dropout,
      LongConsumer allocated) {
    this.spec = spec;
    this.maxSteps = maxSteps;
    this.batch = batch;
    this.training = training;
    this.dropout = dropout;
    this.allocated = allocated;
    this.bytes = bytes(spec, maxSteps, batch, training, team.size());
    int layers = spec.layers();
    int directions = spec.directions();
    Gemm.Scratch[] scratch = Gemm.Scratch.forTeam(team.size());
    LayerShape first = LayerShape.of(spec, 0, 0, maxSteps, batch);
    LayerShape upper = layers == 1 ? first : LayerShape.of(spec, 1, 0, maxSteps, batch);
    float[] zeros = new float[first.stateSize()];
    float[][] h = {new float[first.stateSize()], new float[first.stateSize()]};
    // In training, layers of one size take turns with one set of packed weights and one workspace.
    PackedWeights firstPacked = training ? packed(first, team) : null;
    PackedWeights upperPacked = training && layers > 1 ? packed(upper, team) : null;
    kept = training ? null : new KeptWeights(team, Math.toIntExact(spec.weightCount()));
    BackwardWorkspace firstWork = training ? new BackwardWorkspace(first, team.size()) : null;
    BackwardWorkspace upperWork =
        training && layers > 1 ? new BackwardWorkspace(upper, team.size()) : null;
    forward = new LayerForward[layers][directions];
    backward = new LayerBackward[layers][directions];
    buffers = new LayerBuffers[layers][directions];
    for (int layer = 0; layer < layers; layer++) {
      for (int direction = 0; direction < directions; direction++) {
        LayerShape shape = LayerShape.of(spec, layer, direction, maxSteps, batch);
        LayerBuffers saved = new LayerBuffers(shape, spec.cell().hasCellState(), training);
        buffers[layer][direction] = saved;
        PackedWeights turns = layer == 0 ? firstPacked : upperPacked;
        PackedWeights packed = training ? turns : packed(shape, team);
        forward[layer][direction] = new LayerForward(team, scratch, shape, saved, packed, h, zeros);
        if (training) {
          BackwardWorkspace workspace = layer == 0 ? firstWork : upperWork;
          backward[layer][direction] =
              new LayerBackward(team, scratch, shape, saved, workspace, zeros);
        }
      }
    }
    int outputSize = Math.toIntExact(FIRST + (long) maxSteps * batch * spec.outputSize());
    outputs = new float[training ? layers - 1 : Math.min(2, layers - 1)][outputSize];
    dropped = drops() ? new float[layers - 1][outputSize] : null;
    gradients = training ? new float[Math.min(2, layers - 1)][outputSize] : null;
    allocated.accept(bytes);
  }

  private static PackedWeights packed(LayerShape shape, ThreadTeam team) {
    return new PackedWeights(shape, shape.sharing(team.size()).byUnits());
  }

  /** Bytes that such a plan holds. */
  static long bytes(RecurrentSpec spec, int maxSteps, int batch, boolean training, int teamSize) {
    LayerShape first = LayerShape.of(spec, 0, 0, maxSteps, batch);
    long output = (long) maxSteps * batch * spec.outputSize();
    boolean drops = training && spec.dropout() > 0;
    long floats = 3L * first.stateSize() + Gemm.Scratch.size(teamSize);
    floats += training ? 0 : spec.weightCount();
    for (int layer = 0; layer < spec.layers(); layer++) {
      LayerShape shape = LayerShape.of(spec, layer, 0, maxSteps, batch);
      boolean hasCellState = spec.cell().hasCellState();
      floats += spec.directions() * LayerBuffers.size(shape, hasCellState, training);
      long packed = PackedWeights.size(shape, shape.sharing(teamSize).byUnits());
      if (!training) {
        floats += spec.directions() * packed;
      } else if (layer < 2) {
        floats += packed + BackwardWorkspace.size(shape, teamSize);
      }
    }
    int inner = spec.layers() - 1;
    int turns = Math.min(2, inner);
    long outputs = training ? inner + turns + (drops ? inner : 0) : turns;
    return 4 * (floats + outputs * (FIRST + output));
  }

  private boolean drops() {
    return training && spec.dropout() > 0;
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
    requireOpen();
    Checks.recurrentForward(
        spec, maxSteps, batch, training, weights, x, lengths, initial, y, last, draw);
    int steps = x.shape().dim(0);
    requireLengths(ArrayTensor.ofNullable(lengths), steps);
    this.weights = ArrayTensor.of(weights);
    this.x = ArrayTensor.of(x);
    this.lengths = ArrayTensor.ofNullable(lengths);
    this.initial = initial;
    this.y = ArrayTensor.of(y);
    this.draw = draw;
    view(steps);
    boolean pack = training || !kept.keep(this.weights);
    for (int layer = 0; layer < spec.layers(); layer++) {
      ArrayTensor input = input(layer);
      ArrayTensor output = output(layer);
      for (int direction = 0; direction < spec.directions(); direction++) {
        if (pack) {
          forward[layer][direction].pack(this.weights);
        }
        forward[layer][direction].run(
            steps,
            input,
            this.lengths,
            h(initial),
            c(initial),
            output,
            h(last),
            c(last),
            stateAt(layer, direction));
      }
      if (drops() && layer < spec.layers() - 1) {
        dropout.apply(spec.dropout(), stream(layer), output, views.dropped()[layer]);
      }
    }
    if (!training) {
      kept.markPacked();
    }
  }

  @Override
  public void backward(
      Tensor dy, RecurrentState dLast, Tensor dx, RecurrentState dInitial, Tensor dWeights) {
    requireForward();
    int steps = x.shape().dim(0);
    Checks.recurrentBackward(spec, steps, batch, dy, dLast, dx, dInitial, dWeights);
    ArrayTensor dOut = ArrayTensor.of(dy);
    for (int layer = spec.layers() - 1; layer >= 0; layer--) {
      ArrayTensor down =
          layer == 0
              ? ArrayTensor.ofNullable(dx)
              : views.gradients()[layer % views.gradients().length];
      for (int direction = 0; direction < spec.directions(); direction++) {
        LayerBackward.Arguments call = backward[layer][direction].arguments();
        call.time = steps;
        call.weights = weights;
        call.x = input(layer);
        call.lengths = lengths;
        call.h0 = h(initial);
        call.c0 = c(initial);
        call.out = output(layer);
        call.dOut = dOut;
        call.dhT = h(dLast);
        call.dcT = c(dLast);
        call.dx = down;
        call.addToDx = direction > 0;
        call.dh0 = h(dInitial);
        call.dc0 = c(dInitial);
        call.dWeights = ArrayTensor.of(dWeights);
        call.stateAt = stateAt(layer, direction);
        backward[layer][direction].run();
      }
      if (drops() && layer > 0) {
        dropout.apply(spec.dropout(), stream(layer - 1), down, down);
      }
      dOut = down;
    }
  }

  /** What a layer reads: x, or the output below, dropped out where that is wanted. */
  private ArrayTensor input(int layer) {
    if (layer == 0) {
      return x;
    }
    return drops() ? views.dropped()[layer - 1] : output(layer - 1);
  }

  private ArrayTensor output(int layer) {
    return layer == spec.layers() - 1 ? y : views.outputs()[layer % views.outputs().length];
  }

  private RandomDraw stream(int layer) {
    return layer == 0 ? draw : draw.withStream(draw.stream() + layer);
  }

  private int stateAt(int layer, int direction) {
    return (layer * spec.directions() + direction) * batch * spec.hiddenSize();
  }

  private static ArrayTensor h(RecurrentState state) {
    return state == null ? null : ArrayTensor.of(state.h());
  }

  private static ArrayTensor c(RecurrentState state) {
    return state == null ? null : ArrayTensor.ofNullable(state.c());
  }

  /** Makes the tensors over the inner buffers, unless the number of steps is that of last time. */
  private void view(int steps) {
    if (views == null || views.steps() != steps) {
      views =
          new Views(
              steps, tensors(outputs, steps), tensors(dropped, steps), tensors(gradients, steps));
    }
  }

  private ArrayTensor[] tensors(float[][] arrays, int steps) {
    if (arrays == null) {
      return null;
    }
    ArrayTensor[] tensors = new ArrayTensor[arrays.length];
    for (int i = 0; i < arrays.length; i++) {
      tensors[i] = ArrayTensor.over(arrays[i], Shape.of(steps, batch, spec.outputSize()));
    }
    return tensors;
  }

  private static void requireLengths(ArrayTensor lengths, int steps) {
    if (lengths == null) {
      return;
    }
    for (int i = 0; i < lengths.size(); i++) {
      int length = lengths.ints[lengths.offset + i];
      if (length < 1 || length > steps) {
        Checks.lengthValues(lengths.toInts(), steps);
      }
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the recurrent plan is closed");
    }
  }

  private void requireForward() {
    requireOpen();
    if (!training) {
      throw new IllegalStateException("the recurrent plan was made for inference, not training");
    }
    if (x == null) {
      throw new IllegalStateException("the recurrent plan has not run forward yet");
    }
  }

  @Override
  public Tensor cellStates(int layer, int direction) {
    requireForward();
    if (!spec.cell().hasCellState()) {
      throw new IllegalStateException("the cell " + spec.cell() + " has no cell state");
    }
    Shape shape = Shape.of(x.shape().dim(0), batch, spec.hiddenSize());
    return ArrayTensor.over(buffers[layer][direction].c, shape);
  }

  @Override
  public Tensor layerOutput(int layer) {
    requireForward();
    return output(layer);
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      allocated.accept(-bytes);
    }
  }
}
