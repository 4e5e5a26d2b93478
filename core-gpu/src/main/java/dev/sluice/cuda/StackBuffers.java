package dev.sluice.cuda;

import dev.sluice.backend.RecurrentSpec;

/**
 * The device memory of a stack of recurrent layers. A training plan keeps, of each layer, direction
 * and step, the gates, what {@link Cell.Needs} says, and the output; everything else is working
 * memory that layers share.
 */
final class StackBuffers {
  /** One entry for each layer and direction, at layer · D + direction. */
  final LayerPass[] passes;

  /**
   * Outputs of each layer but the last before dropout, [T, B, D·H]; for inference two take turns.
   */
  final long[] outputs;

  /** A layer's output after dropout, [T, B, D·H]; 0 without dropout. */
  final long dropped;

  /** Gradient of a layer's input on its way to the layer below, [T, B, D·H]. */
  final long belowGradient;

  /** Takes what a plan needs from {@code memory}. */
  StackBuffers(RecurrentSpec spec, int maxSteps, int batch, boolean training, PlanMemory memory) {
    int directions = spec.directions();
    int layers = spec.layers();
    long perUnit = (long) batch * spec.hiddenSize();
    long perStep = (long) batch * spec.gateColumns();
    long output = (long) maxSteps * batch * spec.outputSize();
    Cell.Needs needs = Cell.Needs.of(spec);
    passes = new LayerPass[layers * directions];
    for (int layer = 0; layer < layers; layer++) {
      for (int direction = 0; direction < directions; direction++) {
        LayerPass pass = new LayerPass(spec, layer, direction, batch);
        passes[layer * directions + direction] = pass;
        boolean own = training || layer == 0;
        LayerPass bottom = passes[direction];
        pass.gates = own ? memory.floats(maxSteps * perStep) : bottom.gates;
        pass.savedStride = training ? perUnit : 0;
        boolean saves = training ? needs.savesEachStep() : needs.savesForInference();
        long saved = saves ? (training ? maxSteps : 1) * perUnit : 0;
        pass.saved = own ? memory.floats(saved) : bottom.saved;
        if (layer == 0) {
          takeWorkingMemory(spec, maxSteps, training, needs, pass, memory);
        } else {
          shareWorkingMemory(bottom, pass);
        }
      }
    }
    outputs = new long[layers - 1];
    for (int layer = 0; layer < outputs.length; layer++) {
      outputs[layer] = training || layer < 2 ? memory.floats(output) : outputs[layer - 2];
    }
    boolean dropout = training && layers > 1 && spec.dropout() > 0;
    dropped = dropout ? memory.floats(output) : 0;
    belowGradient = training && layers > 1 ? memory.floats(output) : 0;
  }

  private static void takeWorkingMemory(
      RecurrentSpec spec,
      int maxSteps,
      boolean training,
      Cell.Needs needs,
      LayerPass pass,
      PlanMemory memory) {
    long perUnit = (long) pass.batch * pass.units;
    pass.state = memory.floats(perUnit);
    pass.product = memory.floats(needs.product() * perUnit);
    if (training) {
      long rows = (long) maxSteps * pass.batch;
      pass.stateGradient = memory.floats(perUnit);
      pass.cellGradient = memory.floats(spec.cell().hasCellState() ? perUnit : 0);
      pass.stepGradient = memory.floats(needs.stepGradient() * perUnit);
      if (spec.bias()) {
        // Fewer rows may make more chunks, but never more than 256 of them.
        long chunks = Math.min(256, Grid.divide(rows, 256));
        pass.partials = memory.floats(chunks * pass.gateColumns);
        pass.biasSum = memory.floats(pass.gateColumns);
      }
      pass.lastRows = memory.floats(pass.reverse ? (long) pass.batch * pass.gateColumns : 0);
    }
  }

  private static void shareWorkingMemory(LayerPass bottom, LayerPass pass) {
    pass.state = bottom.state;
    pass.product = bottom.product;
    pass.stateGradient = bottom.stateGradient;
    pass.cellGradient = bottom.cellGradient;
    pass.stepGradient = bottom.stepGradient;
    pass.partials = bottom.partials;
    pass.biasSum = bottom.biasSum;
    pass.lastRows = bottom.lastRows;
  }
}
