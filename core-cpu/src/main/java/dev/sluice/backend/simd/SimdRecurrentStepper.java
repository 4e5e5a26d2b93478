package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.WeightStorage;
import java.util.function.LongConsumer;

/**
 * Inference step by step: a step of all layers is one job of the team, which reads every weight once.
 * Members share the hidden units and meet once a layer (twice where a cell has two stages).
 */
final class SimdRecurrentStepper implements RecurrentStepper, ThreadTeam.Job {
  private final RecurrentSpec spec;
  private final int batch;
  private final ArrayTensor weights;
  private final ThreadTeam team;
  private final int parts;
  private final StreamLayer[] layers;
  private final StreamPanels.Scratch[] scratch;
  private final LongConsumer allocated;
  private final long bytes;
  private boolean closed;

  // The running job, read by all members.
  private boolean pack;
  private ArrayTensor x;
  private ArrayTensor h;
  private ArrayTensor c;
  private ArrayTensor y;

  SimdRecurrentStepper(
      RecurrentSpec spec,
      int batch,
      ArrayTensor weights,
      WeightStorage storage,
      ThreadTeam team,
      LongConsumer allocated) {
    this.spec = spec;
    this.batch = batch;
    this.weights = weights;
    this.team = team;
    this.allocated = allocated;
    parts = StreamSharing.parts(spec, batch, storage, team.size());
    layers = new StreamLayer[spec.layers()];
    scratch = new StreamPanels.Scratch[parts];
    int depth = Math.max(spec.inputSize(), spec.hiddenSize());
    long held = parts * 4 * StreamPanels.Scratch.size(batch, depth);
    for (int i = 0; i < layers.length; i++) {
      layers[i] = new StreamLayer(storage, LayerShape.of(spec, i, 0, 1, batch), parts);
      held += layers[i].bytes();
    }
    for (int i = 0; i < parts; i++) {
      scratch[i] = new StreamPanels.Scratch(batch, depth);
    }
    bytes = held;
    allocated.accept(bytes);
    refresh();
  }

  @Override
  public void step(Tensor x, RecurrentState state, Tensor y) {
    requireOpen();
    Checks.recurrentStep(spec, batch, x, state, y);
    this.x = ArrayTensor.of(x);
    this.h = ArrayTensor.of(state.h());
    this.c = ArrayTensor.ofNullable(state.c());
    this.y = ArrayTensor.of(y);
    team.run(parts, this);
  }

  @Override
  public void refresh() {
    requireOpen();
    pack = true;
    try {
      team.run(parts, this);
    } finally {
      pack = false;
    }
  }

  @Override
  public void run(int part, int parts) {
    if (pack) {
      for (StreamLayer layer : layers) {
        layer.pack(weights.floats, weights.offset, part);
      }
      return;
    }
    float[] input = x.floats;
    int inputAt = x.offset;
    float[] cells = c == null ? null : c.floats;
    int cellsAt = c == null ? 0 : c.offset;
    for (int i = 0; i < layers.length; i++) {
      StreamLayer layer = layers[i];
      boolean last = i == layers.length - 1;
      float[] out = last ? y.floats : layer.output();
      int outAt = last ? y.offset : 0;
      int stateAt = i * batch * spec.hiddenSize();
      int hAt = h.offset + stateAt;
      for (int stage = 0; stage < layer.stages(); stage++) {
        layer.run(
            part,
            stage,
            input,
            inputAt,
            h.floats,
            hAt,
            cells,
            cellsAt + stateAt,
            out,
            outAt,
            scratch[part]);
        team.barrier(part, parts);
      }
      layer.keep(part, h.floats, hAt);
      input = layer.output();
      inputAt = 0;
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the stepper is closed");
    }
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
