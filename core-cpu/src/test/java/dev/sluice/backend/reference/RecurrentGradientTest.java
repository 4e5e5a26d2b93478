package dev.sluice.backend.reference;

import dev.sluice.backend.CellType;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Backpropagation through time is the gradient of the forward: for every cell and every option, the
 * gradients of weights, input and initial state agree with central differences of a loss that reads
 * outputs and last state.
 */
class RecurrentGradientTest {
  private static final int STEPS = 3;
  private static final int BATCH = 2;

  /** One combination of options. */
  record Case(RecurrentSpec spec, boolean ragged, boolean states) {}

  static List<Case> cases() {
    List<RecurrentSpec> cells =
        List.of(
            RecurrentSpec.of(CellType.LSTM, 2, 2),
            RecurrentSpec.of(CellType.GRU, 2, 2),
            RecurrentSpec.of(CellType.GRU, 2, 2).withResetBefore(true),
            RecurrentSpec.of(CellType.RNN_TANH, 2, 2),
            RecurrentSpec.of(CellType.RNN_RELU, 2, 2));
    List<Case> cases = new ArrayList<>();
    for (RecurrentSpec cell : cells) {
      for (int bits = 0; bits < 64; bits++) {
        boolean dropout = (bits & 32) != 0;
        int layers = (bits & 1) + 1;
        if (dropout && layers == 1) {
          continue;
        }
        RecurrentSpec spec =
            cell.withLayers(layers)
                .withBidirectional((bits & 2) != 0)
                .withBias((bits & 4) != 0)
                .withDropout(dropout ? 0.4f : 0);
        cases.add(new Case(spec, (bits & 8) != 0, (bits & 16) != 0));
      }
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithCentralDifferences(Case tried) {
    RecurrentSpec spec = tried.spec;
    Numbers numbers = new Numbers(7);
    int stack = spec.layers() * spec.directions();
    int hidden = spec.hiddenSize();
    boolean hasC = spec.cell().hasCellState();
    ReferenceTensor weights = numbers.uniform(0.8, (int) spec.weightCount());
    ReferenceTensor x = numbers.uniform(1, STEPS, BATCH, spec.inputSize());
    ReferenceTensor lengths = tried.ragged ? numbers.integers(3, 1) : null;
    ReferenceTensor y = numbers.poisoned(STEPS, BATCH, spec.outputSize());
    ReferenceTensor[] h = new ReferenceTensor[4];
    ReferenceTensor[] c = new ReferenceTensor[4];
    for (int k = 0; k < 4; k++) {
      h[k] = numbers.uniform(1, stack, BATCH, hidden);
      c[k] = hasC ? numbers.uniform(1, stack, BATCH, hidden) : null;
    }
    RecurrentState initial = tried.states ? new RecurrentState(h[0], c[0]) : null;
    RecurrentState last = tried.states ? new RecurrentState(h[1], c[1]) : null;
    RecurrentState dLast = tried.states ? new RecurrentState(h[2], c[2]) : null;
    RecurrentState dInitial = tried.states ? new RecurrentState(h[3], c[3]) : null;
    RandomDraw draw = new RandomDraw(11, 2, numbers.integers(5));
    RecurrentPlan plan = numbers.backend().recurrent().plan(spec, STEPS, BATCH, true);
    Supplier<ReferenceTensor[]> forward =
        () -> {
          plan.forward(weights, x, lengths, initial, y, last, draw);
          return last == null ? new ReferenceTensor[] {y} : new ReferenceTensor[] {y, h[1], c[1]};
        };

    ReferenceTensor dy = numbers.uniform(1, STEPS, BATCH, spec.outputSize());
    ReferenceTensor dx = numbers.poisoned(STEPS, BATCH, spec.inputSize());
    ReferenceTensor dWeights = numbers.zeros((int) spec.weightCount());
    forward.get();
    plan.backward(dy, dLast, dx, dInitial, dWeights);

    ReferenceTensor[] slopes = {dy, h[2], c[2]};
    FiniteDifferences.check("dWeights", weights, dWeights, forward, slopes);
    FiniteDifferences.check("dx", x, dx, forward, slopes);
    if (tried.states) {
      FiniteDifferences.check("dInitial.h", h[0], h[3], forward, slopes);
      if (hasC) {
        FiniteDifferences.check("dInitial.c", c[0], c[3], forward, slopes);
      }
    }
  }
}
