package dev.sluice.cuda;

import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentSpec;

/**
 * One direction of one layer on its way through a batch: where everything lies. The plan fills it
 * in before each pass; cells read it. Addresses are in device memory, 0 is "none"; numbers are fp32
 * but where it says T, which is {@link #type}.
 */
final class LayerPass {
  /** T: fp32 or bf16, the type of all operands of products. */
  final DType type;

  final int layer;
  final int direction;
  final boolean reverse;
  final int batch;
  final int units;

  /** G·H, columns of {@link #gates}. */
  final int gateColumns;

  /** Features of {@link #input}. */
  final int inputs;

  /** D·H, elements from one row of the layer's output to the next. */
  final int outputStride;

  /** T [{@link #gateSteps}, B, G·H]: pre-activations, then gates, then their gradients. */
  long gates;

  /** Steps that {@link #gates} has room for; a later step takes the place of the first. */
  int gateSteps;

  /** [T, B, H] that the cell keeps of each step: LSTM c in fp32, GRU Rn h + dn or r ∘ h in T. */
  long saved;

  /** Bytes from one step of {@link #saved} to the next; 0 where each step overwrites the last. */
  long savedStride;

  /** [B, H]: h, updated in place. */
  long state;

  /** T [B, H]: h as an operand, a copy of {@link #state}; 0 when T is fp32. */
  long hidden;

  /** T [G·H, I]: W as an operand; 0 when T is fp32. */
  long inputCopy;

  /** T [G·H, H]: R as an operand; 0 when T is fp32. */
  long hiddenCopy;

  /** Working memory of the cell's forward step. */
  long product;

  /** [B, H]: gradient of h. */
  long stateGradient;

  /** [B, H]: gradient of c, for cells that have one. */
  long cellGradient;

  /** Working memory of the cell's backward step. */
  long stepGradient;

  /** Working memory of bias gradients: partial sums. */
  long partials;

  /** [G·H]: a bias gradient on its way into two places. */
  long biasSum;

  /** T [B, G·H]: gate gradients of each sequence's last step. */
  long lastRows;

  /** Working memory through which the blocks of a {@link GridLoop} hand over results. */
  long exchange;

  /** Flags of those blocks. */
  long flags;

  /** The queue that this direction's steps run in. */
  Lane lane;

  /** The queue of the weights' gradients; it may be the same. */
  Lane weightLane;

  int steps;
  long lengths;

  /** T [T, B, I]. */
  long input;

  /** This direction's columns of the layer's output, T [T, B, ·]. */
  long output;

  long initialState;
  long initialCell;

  /** W and R in T, biases in fp32. */
  LayerWeights weights;

  /** This direction's columns of the gradient of the layer's output, T. */
  long outputGradient;

  LayerWeights gradients;

  /** Neighbouring units that one thread of a kernel owns. */
  int pack;

  LayerPass(RecurrentSpec spec, DType type, int layer, int direction, int batch) {
    this.type = type;
    this.layer = layer;
    this.direction = direction;
    this.reverse = direction == 1;
    this.batch = batch;
    this.units = spec.hiddenSize();
    this.gateColumns = spec.gateColumns();
    this.inputs = spec.layerInputSize(layer);
    this.outputStride = spec.outputSize();
  }

  /** Step number s in the order of this direction, as an index of time. */
  int time(int s) {
    return reverse ? steps - 1 - s : s;
  }

  /** For loops that take all steps in one launch. */
  void requireWhole(int from, int to) {
    if (from != 0 || to != steps) {
      throw new IllegalStateException(
          "steps %d to %d of %d: this path takes all at once".formatted(from, to, steps));
    }
  }

  /** The earliest time of the steps from..to-1 in the order of this direction. */
  int firstOf(int from, int to) {
    return reverse ? steps - to : from;
  }

  /** Whether step t is the first that this direction takes. */
  boolean isFirst(int t) {
    return t == time(0);
  }

  /** The step that this direction takes before t; not for its first. */
  int before(int t) {
    return reverse ? t + 1 : t - 1;
  }

  /** Bytes of that many numbers of T. */
  long bytes(long count) {
    return count * type.bytes();
  }

  /** h as the operand of a step's product. */
  long stateOperand() {
    return hidden == 0 ? state : hidden;
  }

  /** h before the first step as an operand, once the driver has put it there. */
  long initialOperand() {
    return hidden == 0 ? initialState : hidden;
  }

  long inputAt(int t) {
    return input + bytes((long) t * batch * inputs);
  }

  long gatesAt(int t) {
    return gates + bytes((long) (t % gateSteps) * batch * gateColumns);
  }

  long savedAt(int t) {
    return saved == 0 ? 0 : saved + t * savedStride;
  }

  long outputAt(int t) {
    return output + bytes((long) t * batch * outputStride);
  }

  long outputGradientAt(int t) {
    return outputGradient + bytes((long) t * batch * outputStride);
  }

  /** c before step t: the step before's, or the initial one; 0 for zeros. */
  long cellBefore(int t) {
    return isFirst(t) ? initialCell : savedAt(before(t));
  }

  /** Whether h is zero before step t, so that its product with R is too. */
  boolean hasZeroState(int t) {
    return isFirst(t) && initialState == 0;
  }

  /** Threads of a kernel over all units. */
  long unitBlocks() {
    return Grid.threads((long) batch * units / pack);
  }

  /**
   * Decides {@link #pack}: 16-byte accesses need aligned rows everywhere, and pay once there is a
   * thread for every place on the device even so.
   */
  void choosePack(int multiprocessors) {
    long addresses =
        output
            | outputGradient
            | initialState
            | initialCell
            | weights.inputBias()
            | weights.hiddenBias();
    int most = 16 / type.bytes();
    boolean aligned = units % most == 0 && addresses % 16 == 0;
    boolean wide = (long) batch * units >= 128L * most * multiprocessors;
    pack = aligned && wide ? most : 1;
  }
}
