package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Guarded.random;

import dev.sluice.backend.Backend;
import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.OptimizerOps.Controls;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Prints a number for the bits of every operation's results, which must not depend on threads,
 * vector width, or how hot the code is. Run with the number of threads; {@link BitsTest} compares
 * runs.
 */
final class BitsProbe {
  /** Runs of a case, the first ones interpreted and the last ones compiled. */
  private static final int RUNS = 20;

  /** An operation on fixed numbers: returns every tensor that it wrote. */
  interface Operation {
    List<Guarded> results(Backend backend);
  }

  /** One operation with a name that tells it in the output. */
  record Case(String name, Operation operation) {
    long bits(Backend backend) {
      long hash = 17;
      for (Guarded result : operation.results(backend)) {
        for (float value : result.values()) {
          hash = hash * 0x9E3779B97F4A7C15L + Float.floatToIntBits(value);
          hash ^= hash >>> 29;
        }
      }
      return hash;
    }
  }

  private BitsProbe() {}

  public static void main(String[] args) {
    try (Backend backend = new SimdBackend(Integer.parseInt(args[0]))) {
      for (Case one : cases()) {
        long first = one.bits(backend);
        for (int run = 1; run < RUNS; run++) {
          if (one.bits(backend) != first) {
            throw new IllegalStateException(one.name() + " changed its bits in run " + run);
          }
        }
        System.out.println(one.name() + " " + first);
      }
    }
  }

  /** The bits of every case, by name. */
  static Map<String, Long> bits(Backend backend) {
    Map<String, Long> bits = new LinkedHashMap<>();
    for (Case one : cases()) {
      bits.put(one.name(), one.bits(backend));
    }
    return bits;
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (int n : new int[] {7, 50, 70_001}) {
      for (Activation activation : Activation.values()) {
        cases.add(new Case(activation + "_" + n, backend -> activate(backend, activation, n)));
      }
      cases.add(new Case("arithmetic_" + n, backend -> arithmetic(backend, n)));
      cases.add(new Case("dropout_" + n, backend -> dropout(backend, n)));
      cases.add(new Case("sum_of_squares_" + n, backend -> sumOfSquares(backend, n)));
      for (UpdateRule rule : OptimizerOpsTest.rules()) {
        String name = rule.toString().replace(" ", "") + "_" + n;
        cases.add(new Case(name, backend -> update(backend, rule, n)));
      }
    }
    for (int[] shape : new int[][] {{3, 5}, {130, 33}, {601, 200}}) {
      int rows = shape[0];
      int columns = shape[1];
      String size = "_" + rows + "x" + columns;
      cases.add(new Case("bias" + size, backend -> bias(backend, rows, columns)));
      cases.add(new Case("embedding" + size, backend -> embedding(backend, rows, columns)));
      cases.add(new Case("layer_norm" + size, backend -> layerNorm(backend, rows, columns)));
      cases.add(new Case("cross_entropy" + size, backend -> crossEntropy(backend, rows, columns)));
      for (Regression loss : Regression.values()) {
        cases.add(new Case(loss + size, backend -> regression(backend, loss, rows, columns)));
      }
    }
    cases.add(new Case("cross_entropy_3x5003", backend -> crossEntropy(backend, 3, 5003)));
    cases.addAll(ProductProbe.cases());
    return cases;
  }

  private static List<Guarded> activate(Backend backend, Activation activation, int n) {
    Guarded y = Guarded.floats(backend, random(n, 9, n));
    Guarded dx = Guarded.floats(backend, random(n, 1, 1));
    backend.elements().activate(activation, y.tensor(), y.tensor());
    backend.elements().activateBackward(activation, y.tensor(), dx.tensor(), dx.tensor());
    return List.of(y, dx);
  }

  private static List<Guarded> arithmetic(Backend backend, int n) {
    Guarded x = Guarded.floats(backend, random(n, 9, n));
    Guarded y = Guarded.floats(backend, random(n, 9, 1));
    backend.elements().scale(x.tensor(), 0.3f);
    backend.elements().add(0.7f, x.tensor(), y.tensor());
    backend.elements().multiply(x.tensor(), y.tensor(), x.tensor());
    return List.of(x, y);
  }

  private static List<Guarded> dropout(Backend backend, int n) {
    Guarded x = Guarded.floats(backend, random(n, 9, n));
    RandomDraw draw = new RandomDraw(5, 6, Guarded.ints(backend, 7));
    backend.dropout().apply(0.3f, draw, x.tensor(), x.tensor());
    return List.of(x);
  }

  private static List<Guarded> sumOfSquares(Backend backend, int n) {
    Guarded x = Guarded.floats(backend, random(n, 9, n));
    Guarded out = Guarded.floats(backend, new float[1]);
    backend.optimizers().sumOfSquares(x.tensor(), out.tensor());
    return List.of(out);
  }

  private static List<Guarded> update(Backend backend, UpdateRule rule, int n) {
    Guarded parameters = Guarded.floats(backend, random(n, 1, 1));
    Guarded gradients = Guarded.floats(backend, random(n, 1, 2));
    int slots = rule.stateSlots();
    Guarded state = slots == 0 ? null : Guarded.floats(backend, random(slots * n, 0, 3), slots, n);
    Guarded rate = Guarded.floats(backend, new float[] {0.01f});
    Guarded squares = Guarded.floats(backend, new float[1]);
    Tensor applied = Guarded.ints(backend, 0);
    backend.optimizers().sumOfSquares(gradients.tensor(), squares.tensor());
    Controls controls = new Controls(rate.tensor(), applied, squares.tensor(), 1, 0.01f);
    Tensor slotTensor = state == null ? null : state.tensor();
    for (int step = 0; step < 2; step++) {
      backend
          .optimizers()
          .update(rule, parameters.tensor(), gradients.tensor(), slotTensor, controls);
    }
    return state == null ? List.of(parameters) : List.of(parameters, state);
  }

  private static List<Guarded> bias(Backend backend, int rows, int columns) {
    Guarded x = Guarded.floats(backend, random(rows * columns, 1, 1), rows, columns);
    Guarded bias = Guarded.floats(backend, random(columns, 1, 2));
    backend.elements().addBias(x.tensor(), bias.tensor());
    backend.elements().biasBackward(x.tensor(), bias.tensor());
    return List.of(x, bias);
  }

  private static List<Guarded> embedding(Backend backend, int rows, int columns) {
    Guarded table = Guarded.floats(backend, random(11 * columns, 1, 1), 11, columns);
    Guarded output = Guarded.floats(backend, new float[rows * columns], rows, columns);
    Tensor ids = Guarded.ints(backend, new Random(3).ints(rows, -1, 11).toArray());
    backend.embedding().forward(table.tensor(), ids, output.tensor());
    backend.embedding().backward(output.tensor(), ids, table.tensor());
    return List.of(output, table);
  }

  private static List<Guarded> layerNorm(Backend backend, int rows, int columns) {
    Guarded x = Guarded.floats(backend, random(rows * columns, 1, 1), rows, columns);
    Guarded y = Guarded.floats(backend, new float[rows * columns], rows, columns);
    Guarded dx = Guarded.floats(backend, random(rows * columns, 1, 2), rows, columns);
    Guarded gain = Guarded.floats(backend, random(columns, 1, 3));
    Guarded bias = Guarded.floats(backend, random(columns, 1, 4));
    Guarded dGain = Guarded.floats(backend, new float[columns]);
    Guarded mean = Guarded.floats(backend, new float[rows]);
    Guarded rstd = Guarded.floats(backend, new float[rows]);
    backend
        .layerNorm()
        .forward(
            x.tensor(),
            gain.tensor(),
            bias.tensor(),
            1e-5f,
            y.tensor(),
            mean.tensor(),
            rstd.tensor());
    backend
        .layerNorm()
        .backward(
            x.tensor(),
            gain.tensor(),
            mean.tensor(),
            rstd.tensor(),
            dx.tensor(),
            dx.tensor(),
            dGain.tensor(),
            bias.tensor());
    return List.of(y, mean, rstd, dx, dGain, bias);
  }

  private static List<Guarded> crossEntropy(Backend backend, int rows, int classes) {
    Guarded logits = Guarded.floats(backend, random(rows * classes, 9, 1), rows, classes);
    Guarded p = Guarded.floats(backend, random(rows * classes, 9, 1), rows, classes);
    Guarded losses = Guarded.floats(backend, new float[rows]);
    Guarded total = Guarded.floats(backend, new float[2]);
    Tensor targets = Guarded.ints(backend, new Random(3).ints(rows, -1, classes).toArray());
    backend
        .losses()
        .softmaxCrossEntropy(
            logits.tensor(), targets, 0.1f, 2, logits.tensor(), losses.tensor(), total.tensor());
    backend.losses().softmax(p.tensor(), p.tensor());
    return List.of(logits, losses, total, p);
  }

  private static List<Guarded> regression(Backend backend, Regression loss, int rows, int columns) {
    Guarded x = Guarded.floats(backend, random(rows * columns, 2, 1), rows, columns);
    Guarded target = Guarded.floats(backend, random(rows * columns, 2, 2), rows, columns);
    Guarded weights = Guarded.floats(backend, new float[rows]);
    for (int row = 0; row < rows; row += 2) {
      backend.elements().fill(weights.tensor().slice(row, Shape.of(1)), 1);
    }
    Guarded total = Guarded.floats(backend, new float[2]);
    Guarded gradient = Guarded.floats(backend, new float[rows * columns], rows, columns);
    backend
        .losses()
        .regression(
            loss,
            0.7f,
            x.tensor(),
            target.tensor(),
            weights.tensor(),
            2,
            gradient.tensor(),
            total.tensor());
    backend
        .losses()
        .regression(loss, 0.7f, x.tensor(), target.tensor(), null, 2, x.tensor(), total.tensor());
    return List.of(gradient, x, total);
  }
}
