package dev.sluice.cuda;

import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentSpec;

/**
 * The device memory of a stack of recurrent layers. A training plan keeps, of each layer, direction
 * and step, the gates, what {@link Cell.Needs} says, and the output; everything else is working
 * memory that layers share which do not run at the same time. With {@link Storage#recompute} gates
 * are working memory too. A plan for inference has gates for one chunk of each layer at work.
 */
final class StackBuffers {
  /** One entry for each layer and direction, at layer · D + direction. */
  final LayerPass[] passes;

  /**
   * Outputs of each layer before dropout, [T, B, D·H], but the last layer's when the plan's type is
   * fp32; for inference two take turns.
   */
  final long[] outputs;

  /** A layer's output after dropout, [T, B, D·H]; 0 without dropout. */
  final long dropped;

  /**
   * Gradient of a layer's input on its way to the layer below, [T, B, D·H]; before that, unless the
   * plan's type is fp32, dy rounded.
   */
  final long belowGradient;

  /** x rounded, [maxSteps, B, I]; 0 when the plan's type is fp32. */
  final long input;

  /**
   * Takes what a plan needs from {@code memory}.
   *
   * @throws IllegalArgumentException when T · B or B · H is beyond what products and kernels count
   */
  StackBuffers(
      RecurrentSpec spec,
      int maxSteps,
      int batch,
      boolean training,
      Storage storage,
      PathChoice choice,
      StackSchedule schedule,
      PlanMemory memory) {
    requireCountable("T", maxSteps, "B", batch);
    requireCountable("B", batch, "H", spec.hiddenSize());
    int directions = spec.directions();
    int layers = spec.layers();
    DType type = storage.type();
    long perUnit = (long) batch * spec.hiddenSize();
    long perStep = (long) batch * spec.gateColumns();
    long output = (long) maxSteps * batch * spec.outputSize();
    Cell.Needs needs = Cell.Needs.of(spec, type);
    boolean keepsGates = training && !storage.recompute();
    // A cell state can be asked for afterwards; what else is saved comes again with the gates.
    boolean keepsSaved = training && (spec.cell().hasCellState() || keepsGates);
    boolean saves = needs.saved() != null && (training || needs.savesForInference());
    passes = new LayerPass[layers * directions];
    for (int layer = 0; layer < layers; layer++) {
      for (int direction = 0; direction < directions; direction++) {
        LayerPass pass = new LayerPass(spec, type, layer, direction, batch);
        passes[layer * directions + direction] = pass;
        LayerPass bottom = passes[schedule.slot(layer) * directions + direction];
        boolean first = layer < schedule.slots();
        pass.gateSteps = training ? maxSteps : schedule.chunkSteps(maxSteps);
        long gates = pass.gateSteps * perStep;
        pass.gates = first || keepsGates ? memory.numbers(type, gates) : bottom.gates;
        if (saves) {
          pass.savedStride = training ? perUnit * needs.saved().bytes() : 0;
          long saved = (training ? maxSteps : 1) * perUnit;
          pass.saved = first || keepsSaved ? memory.numbers(needs.saved(), saved) : bottom.saved;
        }
        if (storage.narrow()) {
          long rows = spec.gateColumns();
          pass.inputCopy = memory.numbers(type, rows * pass.inputs);
          pass.hiddenCopy = memory.numbers(type, rows * pass.units);
        }
        if (first) {
          takeStepMemory(spec, training, needs, pass, memory);
        } else {
          shareStepMemory(bottom, pass);
        }
        if (layer == 0 && training) {
          takeSumMemory(spec, maxSteps, pass, memory);
        } else {
          shareSumMemory(passes[direction], pass);
        }
      }
    }
    // Launches of the grid path run one after another, so they share these.
    long exchange = memory.numbers(DType.INT32, Math.ceilDiv(choice.exchangeBytes(), 4));
    long flags = memory.numbers(DType.INT32, Math.ceilDiv(choice.flagBytes(), 4));
    for (LayerPass pass : passes) {
      pass.exchange = exchange;
      pass.flags = flags;
    }
    // The last layer's output is the caller's tensor, but that is fp32.
    outputs = new long[storage.narrow() ? layers : layers - 1];
    for (int layer = 0; layer < outputs.length; layer++) {
      outputs[layer] = training || layer < 2 ? memory.numbers(type, output) : outputs[layer - 2];
    }
    boolean dropout = training && layers > 1 && spec.dropout() > 0;
    dropped = dropout ? memory.numbers(type, output) : 0;
    boolean passesDown = training && (layers > 1 || storage.narrow());
    belowGradient = passesDown ? memory.numbers(type, output) : 0;
    long x = (long) maxSteps * batch * spec.inputSize();
    input = storage.narrow() ? memory.numbers(type, x) : 0;
  }

  /** cuBLAS counts rows, and kernels the units of a step, in 32 bits. */
  private static void requireCountable(String left, int first, String right, int second) {
    if ((long) first * second > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "recurrent: %s=%d times %s=%d is 2^31 or more, and is counted in 32 bits; reduce the batch"
              .formatted(left, first, right, second));
    }
  }

  /** What the loop over time works in. */
  private static void takeStepMemory(
      RecurrentSpec spec, boolean training, Cell.Needs needs, LayerPass pass, PlanMemory memory) {
    long perUnit = (long) pass.batch * pass.units;
    DType type = pass.type;
    pass.state = memory.floats(perUnit);
    pass.hidden = memory.numbers(type, type == DType.FLOAT32 ? 0 : perUnit);
    pass.product = memory.floats(needs.product() * perUnit);
    if (training) {
      pass.stateGradient = memory.floats(perUnit);
      pass.cellGradient = memory.floats(spec.cell().hasCellState() ? perUnit : 0);
      pass.stepGradient = memory.numbers(needs.stepType(), needs.stepGradient() * perUnit);
    }
  }

  private static void shareStepMemory(LayerPass bottom, LayerPass pass) {
    pass.state = bottom.state;
    pass.hidden = bottom.hidden;
    pass.product = bottom.product;
    pass.stateGradient = bottom.stateGradient;
    pass.cellGradient = bottom.cellGradient;
    pass.stepGradient = bottom.stepGradient;
  }

  /** What the weights' gradients work in, of one layer at a time. */
  private static void takeSumMemory(
      RecurrentSpec spec, int maxSteps, LayerPass pass, PlanMemory memory) {
    if (spec.bias()) {
      // Fewer rows may make more chunks, but never more than 256 of them.
      long chunks = Math.min(256, Grid.divide((long) maxSteps * pass.batch, 256));
      pass.partials = memory.floats(chunks * pass.gateColumns);
      pass.biasSum = memory.floats(pass.gateColumns);
    }
    long lastRows = pass.reverse ? (long) pass.batch * pass.gateColumns : 0;
    pass.lastRows = memory.numbers(pass.type, lastRows);
  }

  private static void shareSumMemory(LayerPass bottom, LayerPass pass) {
    pass.partials = bottom.partials;
    pass.biasSum = bottom.biasSum;
    pass.lastRows = bottom.lastRows;
  }
}
