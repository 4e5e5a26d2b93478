package dev.sluice.backend.simd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A plan for inference sees every change of its weights. */
class KeptWeightsTest {
  private static final int STEPS = 3;
  private static final int BATCH = 5;

  private static Tensor tensor(Backend backend, float[] values) {
    Tensor tensor = backend.allocate(DType.FLOAT32, Shape.of(values.length));
    tensor.upload(values, 0);
    return tensor;
  }

  private static float[] forward(
      Backend backend, RecurrentPlan plan, RecurrentSpec spec, Tensor w) {
    Shape in = Shape.of(STEPS, BATCH, spec.inputSize());
    Shape out = Shape.of(STEPS, BATCH, spec.outputSize());
    try (Tensor x = backend.allocate(DType.FLOAT32, in);
        Tensor y = backend.allocate(DType.FLOAT32, out)) {
      x.upload(Guarded.random((int) in.size(), 1, 2), 0);
      plan.forward(w, x, null, null, y, null, null);
      return y.toFloats();
    }
  }

  private static float[] fresh(Backend backend, RecurrentSpec spec, Tensor weights) {
    try (RecurrentPlan plan = backend.recurrent().plan(spec, STEPS, BATCH, false)) {
      return forward(backend, plan, spec, weights);
    }
  }

  /** Each weight is moved for one pass, and then moved back. */
  @ParameterizedTest
  @EnumSource(CellType.class)
  void everyWeightCounts(CellType cell) {
    RecurrentSpec spec = RecurrentSpec.of(cell, 2, 3).withLayers(3).withBidirectional(true);
    float[] values = Guarded.random((int) spec.weightCount(), 1, 1);
    try (Backend backend = new SimdBackend(1);
        Tensor weights = tensor(backend, values);
        RecurrentPlan plan = backend.recurrent().plan(spec, STEPS, BATCH, false)) {
      float[] before = forward(backend, plan, spec, weights);
      for (int i = 0; i < values.length; i++) {
        float[] moved = values.clone();
        moved[i] += 1;
        weights.upload(moved, 0);
        float[] y = forward(backend, plan, spec, weights);
        assertArrayEquals(fresh(backend, spec, weights), y, "weight " + i);
        assertArrayEquals(y, forward(backend, plan, spec, weights), "weight " + i + ", again");
        weights.upload(values, 0);
        assertArrayEquals(before, forward(backend, plan, spec, weights), "weight " + i + ", back");
      }
    }
  }

  /** Weights that several members compare, and other tensors that hold them. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void partsOfAllMembersCount(int threads) {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 70, 80).withLayers(2);
    int count = (int) spec.weightCount();
    float[] values = Guarded.random(count, 0.1f, 1);
    float[] twice = Arrays.copyOf(values, 2 * count);
    System.arraycopy(values, 0, twice, count, count);
    try (Backend backend = new SimdBackend(threads);
        Tensor weights = tensor(backend, values);
        Tensor both = tensor(backend, twice);
        Tensor second = both.slice(count, Shape.of(count));
        RecurrentPlan plan = backend.recurrent().plan(spec, STEPS, BATCH, false)) {
      float[] before = forward(backend, plan, spec, weights);
      assertArrayEquals(before, forward(backend, plan, spec, second), "the same, elsewhere");
      for (int at : new int[] {0, count / 3, count / 2, count - 1}) {
        twice[count + at] += 0.5f;
        both.upload(twice, 0);
        float[] y = forward(backend, plan, spec, second);
        assertArrayEquals(fresh(backend, spec, second), y, "number " + at);
        assertFalse(Arrays.equals(before, y), "number " + at + " counts");
        twice[count + at] = values[at];
        both.upload(twice, 0);
        assertArrayEquals(before, forward(backend, plan, spec, second), "number " + at + ", back");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void whatWasNotPackedIsNotKept(int threads) {
    try (ThreadTeam team = new ThreadTeam(threads)) {
      float[] values = Guarded.random(100_000, 1, 1);
      ArrayTensor weights = ArrayTensor.over(values, Shape.of(values.length));
      KeptWeights kept = new KeptWeights(team, values.length - Lanes.FIRST);
      assertFalse(kept.keep(weights), "nothing was packed");
      assertFalse(kept.keep(weights), "the first packing failed");
      kept.markPacked();
      assertTrue(kept.keep(weights), "they are what they were");
      values[values.length / 2] = 0f;
      assertFalse(kept.keep(weights), "another number");
      kept.markPacked();
      values[values.length / 2] = -0f;
      assertFalse(kept.keep(weights), "another bit");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void whatAComparisonThatFailedSawIsNotTakenForPacked(int threads) {
    try (ThreadTeam team = new ThreadTeam(threads)) {
      float[] values = Guarded.random(100_000, 1, 1);
      int count = values.length - Lanes.FIRST;
      KeptWeights kept = new KeptWeights(team, count);
      kept.keep(ArrayTensor.over(values, Shape.of(count)));
      kept.markPacked();
      float[] tooFew = Arrays.copyOf(values, values.length - 1);
      ArrayTensor broken = ArrayTensor.over(tooFew, Shape.of(count - 1));
      assertThrows(IndexOutOfBoundsException.class, () -> kept.keep(broken));
      assertFalse(kept.keep(ArrayTensor.over(values, Shape.of(count))));
    }
  }
}
