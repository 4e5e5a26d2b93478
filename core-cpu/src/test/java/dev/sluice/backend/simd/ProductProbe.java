package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Guarded.random;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.WeightStorage;
import java.util.ArrayList;
import java.util.List;

/** The cases of {@link BitsProbe} that are made of matrix products. */
final class ProductProbe {
  private ProductProbe() {}

  static List<BitsProbe.Case> cases() {
    List<BitsProbe.Case> cases = new ArrayList<>();
    for (int[] s :
        new int[][] {{1, 1, 1}, {5, 33, 17}, {100, 130, 70}, {13, 40, 1100}, {3, 1801, 601}}) {
      for (int transposes = 0; transposes < 4; transposes++) {
        boolean a = (transposes & 1) != 0;
        boolean b = (transposes & 2) != 0;
        String name =
            "gemm_" + s[0] + "x" + s[1] + "x" + s[2] + (a ? "_at" : "") + (b ? "_bt" : "");
        cases.add(new BitsProbe.Case(name, backend -> gemm(backend, a, b, s[0], s[1], s[2])));
      }
    }
    for (CellType cell : CellType.values()) {
      // Shared by sequences but for the last two, which are shared by units (see Sharing); the
      // third has
      // steps enough for several chunks of the weight gradients, the last fewer rows than threads.
      int[][] sizes = {
        {3, 2, 5, 7},
        {9, 32, 20, 40},
        {2, 523, 3, 5},
        {4, 40, 33, 256},
        {4, 7, 33, 330},
        {1, 1, 3, 450}
      };
      for (int[] s : sizes) {
        RecurrentSpec spec =
            RecurrentSpec.of(cell, s[2], s[3])
                .withLayers(2)
                .withDropout(0.3f)
                .withBidirectional(true);
        cases.add(pass(spec, s[0], s[1]));
        if (cell == CellType.GRU) {
          cases.add(pass(spec.withResetBefore(true), s[0], s[1]));
        }
      }
      steppers(cases, RecurrentSpec.of(cell, 1, 1).withLayers(2));
      if (cell == CellType.GRU) {
        steppers(cases, RecurrentSpec.of(cell, 1, 1).withLayers(2).withResetBefore(true));
      }
    }
    return cases;
  }

  /** One row and several; the larger sizes are shared by two and three threads. */
  private static void steppers(List<BitsProbe.Case> cases, RecurrentSpec cell) {
    for (WeightStorage storage : WeightStorage.values()) {
      for (int[] s :
          new int[][] {{1, 3, 5}, {2, 5, 7}, {1, 70, 131}, {1, 300, 820}, {4, 65, 350}}) {
        RecurrentSpec spec =
            new RecurrentSpec(cell.cell(), s[1], s[2], 2, false, true, cell.resetBefore(), 0);
        String name =
            "stepper_%s%s_%s_%dx%d"
                .formatted(cell.cell(), cell.resetBefore() ? "_before" : "", storage, s[0], s[2]);
        cases.add(new BitsProbe.Case(name, backend -> step(backend, spec, s[0], storage)));
      }
    }
  }

  private static BitsProbe.Case pass(RecurrentSpec spec, int steps, int batch) {
    String name =
        "recurrent_%s%s_%dx%dx%d"
            .formatted(
                spec.cell(), spec.resetBefore() ? "_before" : "", steps, batch, spec.hiddenSize());
    return new BitsProbe.Case(name, backend -> recurrent(backend, spec, steps, batch));
  }

  private static List<Guarded> gemm(Backend backend, boolean at, boolean bt, int m, int n, int k) {
    Guarded a = Guarded.floats(backend, random(m * k, 1, 1), at ? k : m, at ? m : k);
    Guarded b = Guarded.floats(backend, random(k * n, 1, 2), bt ? n : k, bt ? k : n);
    Guarded c = Guarded.floats(backend, random(m * n, 1, 3), m, n);
    backend.matrix().gemm(at, bt, 0.7f, a.tensor(), b.tensor(), 0.3f, c.tensor());
    return List.of(c);
  }

  private static List<Guarded> recurrent(
      Backend backend, RecurrentSpec spec, int steps, int batch) {
    int inputs = spec.inputSize();
    Guarded weights = weights(backend, spec);
    Guarded dWeights = Guarded.floats(backend, new float[(int) spec.weightCount()]);
    Guarded x = Guarded.floats(backend, random(steps * batch * inputs, 1, 2), steps, batch, inputs);
    Guarded dx = Guarded.floats(backend, new float[steps * batch * inputs], steps, batch, inputs);
    int outputs = spec.outputSize();
    Guarded y = Guarded.floats(backend, new float[steps * batch * outputs], steps, batch, outputs);
    Guarded dy =
        Guarded.floats(backend, random(steps * batch * outputs, 1, 3), steps, batch, outputs);
    int[] lengths = new int[batch];
    for (int i = 0; i < batch; i++) {
      lengths[i] = 1 + i % steps;
    }
    Tensor lengthTensor = Guarded.ints(backend, lengths);
    State initial = new State(backend, spec, batch, 4);
    State last = new State(backend, spec, batch, 5);
    State dLast = new State(backend, spec, batch, 6);
    State dInitial = new State(backend, spec, batch, 7);
    RandomDraw draw = new RandomDraw(5, 6, Guarded.ints(backend, 7));
    try (RecurrentPlan plan = backend.recurrent().plan(spec, steps, batch, true)) {
      plan.forward(
          weights.tensor(),
          x.tensor(),
          lengthTensor,
          initial.tensors(),
          y.tensor(),
          last.tensors(),
          draw);
      plan.backward(
          dy.tensor(), dLast.tensors(), dx.tensor(), dInitial.tensors(), dWeights.tensor());
    }
    List<Guarded> results = new ArrayList<>(List.of(y, dx, dWeights));
    last.addTo(results);
    dInitial.addTo(results);
    return results;
  }

  private static List<Guarded> step(
      Backend backend, RecurrentSpec spec, int batch, WeightStorage storage) {
    Guarded weights = weights(backend, spec);
    Guarded x =
        Guarded.floats(backend, random(batch * spec.inputSize(), 1, 2), batch, spec.inputSize());
    int hidden = spec.hiddenSize();
    Guarded y = Guarded.floats(backend, new float[batch * hidden], batch, hidden);
    State state = new State(backend, spec, batch, 3);
    try (RecurrentStepper stepper =
        backend.recurrent().stepper(spec, batch, weights.tensor(), storage)) {
      stepper.step(x.tensor(), state.tensors(), y.tensor());
      stepper.step(x.tensor(), state.tensors(), y.tensor());
    }
    List<Guarded> results = new ArrayList<>(List.of(y));
    state.addTo(results);
    return results;
  }

  private static Guarded weights(Backend backend, RecurrentSpec spec) {
    return Guarded.floats(backend, random((int) spec.weightCount(), 0.2f, 1));
  }

  /** h and c filled with random numbers. */
  private static final class State {
    private final Guarded h;
    private final Guarded c;

    State(Backend backend, RecurrentSpec spec, int batch, int seed) {
      Shape shape = spec.stateShape(batch);
      int size = (int) shape.size();
      int[] dims = {shape.dim(0), shape.dim(1), shape.dim(2)};
      h = Guarded.floats(backend, random(size, 1, seed), dims);
      c =
          spec.cell().hasCellState()
              ? Guarded.floats(backend, random(size, 1, seed + 100), dims)
              : null;
    }

    RecurrentState tensors() {
      return new RecurrentState(h.tensor(), c == null ? null : c.tensor());
    }

    void addTo(List<Guarded> results) {
      results.add(h);
      if (c != null) {
        results.add(c);
      }
    }
  }
}
