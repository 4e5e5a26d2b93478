package dev.sluice.cuda;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Philox;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tensors for forward and backward passes of one spec, filled with the same numbers everywhere. */
final class RecurrentRuns {
  final RecurrentPlan plan;
  final Tensor weights;
  final Tensor x;
  final Tensor y;
  final Tensor lengths;
  private final RecurrentState initial;
  private final RecurrentState last;
  final Tensor dy;
  private final RecurrentState dLast;
  private final Tensor dx;
  private final RecurrentState dInitial;
  private final Tensor dWeights;
  private final RandomDraw draw;

  RecurrentRuns(Backend backend, RecurrentSpec spec, int steps, int batch) {
    this(backend, spec, steps, batch, backend.recurrent().plan(spec, steps, batch, true));
  }

  RecurrentRuns(Backend backend, RecurrentSpec spec, int steps, int batch, RecurrentPlan plan) {
    this.plan = plan;
    weights = filled(backend, 1, 0.3f, Shape.of(Math.toIntExact(spec.weightCount())));
    x = filled(backend, 2, 1, Shape.of(steps, batch, spec.inputSize()));
    y = backend.allocate(DType.FLOAT32, Shape.of(steps, batch, spec.outputSize()));
    int[] valid = new int[batch];
    for (int b = 0; b < batch; b++) {
      valid[b] = steps - 5 * b % steps;
    }
    lengths = backend.allocate(DType.INT32, Shape.of(batch));
    lengths.upload(valid, 0);
    initial = state(backend, spec, batch, 3);
    last = RecurrentState.allocate(backend, spec, batch);
    dy = filled(backend, 5, 1, y.shape());
    dLast = state(backend, spec, batch, 6);
    dx = backend.allocate(DType.FLOAT32, x.shape());
    dInitial = RecurrentState.allocate(backend, spec, batch);
    dWeights = backend.allocate(DType.FLOAT32, weights.shape());
    draw = new RandomDraw(42, 0, backend.allocate(DType.INT32, Shape.of(1)));
  }

  private static RecurrentState state(Backend backend, RecurrentSpec spec, int batch, int seed) {
    Tensor h = filled(backend, seed, 1, spec.stateShape(batch));
    Tensor c =
        spec.cell().hasCellState() ? filled(backend, seed + 1, 1, spec.stateShape(batch)) : null;
    return new RecurrentState(h, c);
  }

  /** A tensor of uniform numbers within ±range. */
  static Tensor filled(Backend backend, long seed, float range, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.size())];
    int[] bits = new int[4];
    for (int i = 0; i < values.length; i++) {
      Philox.block(seed, i / 4, 0, 0, bits, 0);
      values[i] = (2 * Philox.uniform(bits[i % 4]) - 1) * range;
    }
    Tensor tensor = backend.allocate(DType.FLOAT32, shape);
    tensor.upload(values, 0);
    return tensor;
  }

  /** One forward and one backward over fresh gradients. */
  void run() {
    forward();
    backward();
  }

  void forward() {
    plan.forward(weights, x, lengths, initial, y, last, draw);
  }

  void backward() {
    dWeights.upload(new float[Math.toIntExact(dWeights.shape().size())], 0);
    propagate();
  }

  /** A backward that adds to the gradients that are there. */
  void propagate() {
    plan.backward(dy, dLast, dx, dInitial, dWeights);
  }

  /** Everything that a run wrote. */
  Map<String, float[]> results() {
    Map<String, float[]> results = new LinkedHashMap<>();
    results.put("y", y.toFloats());
    results.put("last.h", last.h().toFloats());
    results.put("dx", dx.toFloats());
    results.put("dInitial.h", dInitial.h().toFloats());
    results.put("dWeights", dWeights.toFloats());
    if (last.c() != null) {
      results.put("last.c", last.c().toFloats());
      results.put("dInitial.c", dInitial.c().toFloats());
    }
    return results;
  }
}
