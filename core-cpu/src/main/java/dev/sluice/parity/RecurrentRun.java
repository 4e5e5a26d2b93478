package dev.sluice.parity;

import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.WeightStorage;
import java.util.function.Function;

/**
 * What the cases of recurrent layers compute.
 *
 * @param spec sizes and options
 * @param steps T
 * @param batch B
 * @param ragged whether sequences have lengths of their own
 * @param states which states are given and wanted
 */
record RecurrentRun(RecurrentSpec spec, int steps, int batch, boolean ragged, States states) {
  /** Which states go in and out. */
  enum States {
    /** None, and no gradients of them. */
    NONE,
    /** The initial one and its gradient. */
    IN,
    /** The last one and its gradient; dx is not wanted. */
    OUT,
    /** Both. */
    BOTH;

    boolean in() {
      return this == IN || this == BOTH;
    }

    boolean out() {
      return this == OUT || this == BOTH;
    }
  }

  /** Terms of the longest sum of a forward: the inputs of a gate, and its functions' roundings. */
  long forwardTerms() {
    return 16L + spec.hiddenSize() + Math.max(spec.inputSize(), spec.outputSize());
  }

  /** Those of a backward: a weight's gradient has a term for each step of each sequence. */
  long backwardTerms() {
    return forwardTerms() + (long) steps * batch;
  }

  /** A plan for inference: outputs and last state. */
  void inference(Workbench bench) {
    try (RecurrentPlan plan = plan(bench, false)) {
      Tensor weights = weights(bench);
      Tensor x = x(bench, steps);
      Tensor y = bench.output("y", steps, batch, spec.outputSize());
      plan.forward(weights, x, lengths(bench, steps), initial(bench), y, last(bench), null);
    }
  }

  /** Inference where the last state replaces the initial one. */
  void inferenceInPlace(Workbench bench) {
    try (RecurrentPlan plan = plan(bench, false)) {
      RecurrentState state = state("state", name -> bench.updated(name, 1, stateDims()));
      Tensor weights = weights(bench);
      Tensor x = x(bench, steps);
      Tensor y = bench.output("y", steps, batch, spec.outputSize());
      plan.forward(weights, x, lengths(bench, steps), state, y, state, null);
    }
  }

  /** A plan for training: outputs, last state, and the saved outputs and cell states. */
  void forward(Workbench bench) {
    try (RecurrentPlan plan = plan(bench, true)) {
      Tensor weights = weights(bench);
      Tensor x = x(bench, steps);
      Tensor y = bench.output("y", steps, batch, spec.outputSize());
      RandomDraw draw = spec.dropout() > 0 ? bench.draw() : null;
      plan.forward(weights, x, lengths(bench, steps), initial(bench), y, last(bench), draw);
      for (int layer = 0; layer < spec.layers(); layer++) {
        bench.read("layerOutput " + layer, plan.layerOutput(layer));
        for (int way = 0; way < spec.directions() && spec.cell().hasCellState(); way++) {
          bench.read("cellStates " + layer + " " + way, plan.cellStates(layer, way));
        }
      }
    }
  }

  /** Forward and backward: all gradients. */
  void backward(Workbench bench) {
    try (RecurrentPlan plan = plan(bench, true)) {
      long planned = bench.backend().recurrent().planBytes(spec, steps, batch, true);
      bench.read("bytes() - planBytes()", plan.bytes() - planned);
      Tensor weights = weights(bench);
      pass(bench, plan, weights, steps, lengthNumbers(bench, steps), "");
    }
  }

  /**
   * Three passes with one plan, the second shorter and with lengths: what one leaves behind may not
   * show in the next.
   */
  void reuse(Workbench bench) {
    try (RecurrentPlan plan = plan(bench, true)) {
      Tensor weights = weights(bench);
      pass(bench, plan, weights, steps, null, "first ");
      int fewer = Math.max(1, steps - 2);
      pass(bench, plan, weights, fewer, lengthNumbers(bench, fewer), "second ");
      pass(bench, plan, weights, steps, null, "third ");
    }
  }

  private void pass(
      Workbench bench,
      RecurrentPlan plan,
      Tensor weights,
      int steps,
      int[] lengths,
      String prefix) {
    int columns = spec.outputSize();
    Tensor x = x(bench, steps);
    Tensor y = bench.output(prefix + "y", steps, batch, columns);
    Tensor valid = lengths == null ? null : bench.integers("lengths", lengths, batch);
    RandomDraw draw = spec.dropout() > 0 ? bench.draw() : null;
    RecurrentState initial = initial(bench);
    RecurrentState last = states.out() ? written(bench, prefix + "last") : null;
    plan.forward(weights, x, valid, initial, y, last, draw);

    float[] slopes = bench.draws().uniform(-1, 1, steps * batch * columns);
    for (int i = 0; lengths != null && i < slopes.length; i++) {
      int row = i / columns;
      if (row / batch >= lengths[row % batch]) {
        slopes[i] = Float.NaN; // past the end nothing may read it
      }
    }
    Tensor dy = bench.input("dy", slopes, steps, batch, columns);
    RecurrentState dLast = states.out() ? given(bench, "dLast") : null;
    Tensor dx =
        states == States.OUT ? null : bench.output(prefix + "dx", steps, batch, spec.inputSize());
    RecurrentState dInitial = states.in() ? written(bench, prefix + "dInitial") : null;
    int count = Math.toIntExact(spec.weightCount());
    Tensor dWeights = bench.changing("dWeights", bench.draws().uniform(-1, 1, count), count);
    plan.backward(dy, dLast, dx, dInitial, dWeights);
    for (RecurrentSpec.Slice slice : spec.slices()) {
      bench.read(prefix + "d" + slice.name(), dWeights.slice(slice.offset(), slice.shape()));
    }
  }

  /**
   * Step by step with one set of weights, then, after a refresh, with another; beside it the plan over
   * the steps with the first.
   */
  void stepper(Workbench bench) {
    int count = Math.toIntExact(spec.weightCount());
    float[] numbers = bench.draws().uniform(-range(), range(), count);
    Tensor weights = bench.changing("weights", numbers, count);
    Tensor others = bench.input("other weights", range(), count);
    Tensor x = x(bench, steps);
    RecurrentState planState = planned(bench, numbers, x);
    RecurrentState state = state("state", name -> bench.scratch(name, stateDims()));
    bench.backend().elements().copy(planState.h(), state.h());
    if (state.c() != null) {
      bench.backend().elements().copy(planState.c(), state.c());
    }
    try (RecurrentStepper stepper = bench.backend().recurrent().stepper(spec, batch, weights)) {
      bench.backend().elements().copy(others, weights);
      steps(bench, stepper, x, state, "y ");
      bench.read("h", state.h());
      stepper.refresh();
      steps(bench, stepper, x, state, "refreshed y ");
      bench.read("refreshed h", state.h());
      if (state.c() != null) {
        bench.read("refreshed c", state.c());
      }
    }
  }

  /** Step by step with weights that are stored in fewer bytes, before and after a refresh. */
  void stored(Workbench bench, WeightStorage storage) {
    int count = Math.toIntExact(spec.weightCount());
    float[] first = StoredDraws.weights(bench.draws(), spec, storage, range());
    float[] second = StoredDraws.weights(bench.draws(), spec, storage, range());
    Tensor weights = bench.changing("weights", first, count);
    Tensor others = bench.input("other weights", second, count);
    Tensor x = x(bench, steps);
    RecurrentState state = state("state", name -> bench.updated(name, 1, stateDims()));
    try (RecurrentStepper stepper =
        bench.backend().recurrent().stepper(spec, batch, weights, storage)) {
      bench.backend().elements().copy(others, weights);
      steps(bench, stepper, x, state, "y ");
      stepper.refresh();
      steps(bench, stepper, x, state, "refreshed y ");
    }
  }

  private RecurrentState planned(Workbench bench, float[] weights, Tensor x) {
    RecurrentState initial = given(bench, "initial");
    try (RecurrentPlan plan = plan(bench, false)) {
      Tensor same = bench.input("plan weights", weights, weights.length);
      Tensor y = bench.output("plan y", steps, batch, spec.hiddenSize());
      plan.forward(same, x, null, initial, y, null, null);
    }
    return initial;
  }

  private void steps(
      Workbench bench, RecurrentStepper stepper, Tensor x, RecurrentState state, String prefix) {
    int perStep = batch * spec.inputSize();
    for (int t = 0; t < steps; t++) {
      Tensor now = x.slice((long) t * perStep, Shape.of(batch, spec.inputSize()));
      stepper.step(now, state, bench.output(prefix + t, batch, spec.hiddenSize()));
    }
  }

  private RecurrentPlan plan(Workbench bench, boolean training) {
    return bench.backend().recurrent().plan(spec, steps, batch, training);
  }

  private double range() {
    return 1 / Math.sqrt(spec.hiddenSize());
  }

  private Tensor weights(Workbench bench) {
    return bench.input("weights", range(), Math.toIntExact(spec.weightCount()));
  }

  private Tensor x(Workbench bench, int steps) {
    return bench.input("x", 1, steps, batch, spec.inputSize());
  }

  private Tensor lengths(Workbench bench, int steps) {
    int[] numbers = lengthNumbers(bench, steps);
    return numbers == null ? null : bench.integers("lengths", numbers, batch);
  }

  /** The first sequence ends one step early, the others anywhere; null when all are full. */
  private int[] lengthNumbers(Workbench bench, int steps) {
    if (!ragged) {
      return null;
    }
    int[] numbers = bench.draws().integers(1, steps + 1, batch);
    numbers[0] = Math.max(1, steps - 1);
    return numbers;
  }

  private RecurrentState initial(Workbench bench) {
    return states.in() ? given(bench, "initial") : null;
  }

  private RecurrentState last(Workbench bench) {
    return states.out() ? written(bench, "last") : null;
  }

  private RecurrentState given(Workbench bench, String name) {
    return state(name, part -> bench.input(part, 1, stateDims()));
  }

  private RecurrentState written(Workbench bench, String name) {
    return state(name, part -> bench.output(part, stateDims()));
  }

  private RecurrentState state(String name, Function<String, Tensor> tensor) {
    Tensor h = tensor.apply(name + ".h");
    return new RecurrentState(h, spec.cell().hasCellState() ? tensor.apply(name + ".c") : null);
  }

  private int[] stateDims() {
    return new int[] {spec.layers() * spec.directions(), batch, spec.hiddenSize()};
  }
}
