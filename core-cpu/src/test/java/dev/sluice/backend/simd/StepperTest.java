package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Guarded.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.WeightStorage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A step gives the plan's bits, whatever shares it; fewer bytes change the weights and no more. */
class StepperTest {
  private static final int STEPS = 3;

  /** B, I, H: one vector and less, panels that are full and that are not, enough to be shared. */
  private static final int[][] SIZES = {
    {1, 1, 1},
    {1, 5, 16},
    {1, 7, 33},
    {1, 64, 131},
    {1, 40, 512},
    {2, 3, 5},
    {3, 17, 32},
    {4, 9, 250},
    {5, 33, 67},
    {13, 20, 70},
    {1, 20, 760},
    {4, 5, 600}
  };

  private static List<RecurrentSpec> specs(int inputs, int hidden) {
    List<RecurrentSpec> specs = new ArrayList<>();
    for (CellType cell : CellType.values()) {
      RecurrentSpec spec = RecurrentSpec.of(cell, inputs, hidden).withLayers(2);
      specs.add(spec);
      specs.add(spec.withBias(false));
      if (cell == CellType.GRU) {
        specs.add(spec.withResetBefore(true));
      }
    }
    return specs;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void stepsGiveThePlansBits(int threads) {
    try (Backend backend = new SimdBackend(threads)) {
      for (int[] size : SIZES) {
        for (RecurrentSpec spec : specs(size[1], size[2])) {
          float[] weights = random((int) spec.weightCount(), 0.2f, 1);
          assertArrayEquals(
              planned(backend, spec, size[0], weights),
              stepped(backend, spec, size[0], weights, WeightStorage.FLOAT32),
              () -> spec + ", batch " + size[0]);
        }
      }
    }
  }

  /** bfloat16 is a rounding of the weights and nothing else: the plan over rounded ones agrees. */
  @Test
  void halvesGiveTheBitsOfRoundedWeights() {
    try (Backend backend = new SimdBackend(2)) {
      for (int[] size : SIZES) {
        for (RecurrentSpec spec : specs(size[1], size[2])) {
          float[] weights = random((int) spec.weightCount(), 0.2f, 1);
          float[] rounded = rounded(spec, weights, WeightStorage.BFLOAT16);
          assertArrayEquals(
              planned(backend, spec, size[0], rounded),
              stepped(backend, spec, size[0], weights, WeightStorage.BFLOAT16),
              () -> spec + ", batch " + size[0]);
        }
      }
    }
  }

  /** What is rounded stays as it is when it is stored: the scale to within a unit in the last place. */
  @Test
  void bytesOfRoundedWeightsStayTheSame() {
    float[] weights = random(5 * 37, 3, 1);
    float[] once = weights.clone();
    WeightStorage.INT8.round(once, 0, 5, 37);
    for (int row = 0; row < 5; row++) {
      float scale = WeightStorage.scale(weights, row * 37, 37);
      float again = WeightStorage.scale(once, row * 37, 37);
      assertEquals(scale, again, Math.ulp(scale));
      for (int i = row * 37; i < (row + 1) * 37; i++) {
        int q = WeightStorage.quantized(weights[i], scale);
        assertEquals(q, WeightStorage.quantized(once[i], again));
        assertTrue(Math.abs(once[i] - weights[i]) <= 0.5001f * scale);
        assertTrue(Math.abs(q) <= 127);
      }
    }
  }

  @Test
  void weightsThatAreNoNumbersStayVisible() {
    float[] row = {1, Float.NaN, 2};
    WeightStorage.INT8.round(row, 0, 1, 3);
    assertTrue(Float.isNaN(row[0]) && Float.isNaN(row[1]));
    float[] zeros = {0, -0f, 0};
    WeightStorage.INT8.round(zeros, 0, 1, 3);
    assertArrayEquals(new float[3], zeros, 0f);
    float[] half = {Float.NaN, Float.NEGATIVE_INFINITY, 1.00390625f, 1.01171875f};
    WeightStorage.BFLOAT16.round(half, 0, 2, 2);
    assertArrayEquals(new float[] {Float.NaN, Float.NEGATIVE_INFINITY, 1, 1.015625f}, half);
  }

  @Test
  void fewerBytesAreHeld() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 256, 256).withLayers(2);
    try (Backend backend = new SimdBackend(1)) {
      Tensor weights = backend.allocate(DType.FLOAT32, Shape.of((int) spec.weightCount()));
      for (WeightStorage storage : WeightStorage.values()) {
        long before = backend.allocatedBytes();
        try (RecurrentStepper stepper = backend.recurrent().stepper(spec, 1, weights, storage)) {
          long held = backend.allocatedBytes() - before;
          assertEquals(held, stepper.bytes());
          assertEquals(spec.weightCount() * storage.bytes(), held, 0.05 * held);
        }
        assertEquals(before, backend.allocatedBytes());
      }
    }
  }

  private static float[] rounded(RecurrentSpec spec, float[] weights, WeightStorage storage) {
    float[] rounded = weights.clone();
    for (RecurrentSpec.Slice slice : spec.slices()) {
      if (slice.shape().rank() == 2) {
        Shape shape = slice.shape();
        storage.round(rounded, (int) slice.offset(), shape.rows(), shape.columns());
      }
    }
    return rounded;
  }

  private static float[] planned(Backend backend, RecurrentSpec spec, int batch, float[] weights) {
    Tensor x = input(backend, spec, batch);
    Tensor y = backend.allocate(DType.FLOAT32, Shape.of(STEPS, batch, spec.hiddenSize()));
    RecurrentState state = state(backend, spec, batch);
    try (RecurrentPlan plan = backend.recurrent().plan(spec, STEPS, batch, false)) {
      plan.forward(tensor(backend, weights), x, null, state, y, state, null);
    }
    return results(y.toFloats(), state);
  }

  private static float[] stepped(
      Backend backend, RecurrentSpec spec, int batch, float[] weights, WeightStorage storage) {
    Tensor x = input(backend, spec, batch);
    RecurrentState state = state(backend, spec, batch);
    Tensor y = backend.allocate(DType.FLOAT32, Shape.of(batch, spec.hiddenSize()));
    int outputs = batch * spec.hiddenSize();
    float[] all = new float[STEPS * outputs];
    try (RecurrentStepper stepper =
        backend.recurrent().stepper(spec, batch, tensor(backend, weights), storage)) {
      for (int t = 0; t < STEPS; t++) {
        int inputs = batch * spec.inputSize();
        Tensor now = x.slice((long) t * inputs, Shape.of(batch, spec.inputSize()));
        stepper.step(now, state, y);
        y.download(all, t * outputs);
      }
    }
    return results(all, state);
  }

  private static float[] results(float[] y, RecurrentState state) {
    float[] h = state.h().toFloats();
    float[] c = state.c() == null ? new float[0] : state.c().toFloats();
    float[] all = Arrays.copyOf(y, y.length + h.length + c.length);
    System.arraycopy(h, 0, all, y.length, h.length);
    System.arraycopy(c, 0, all, y.length + h.length, c.length);
    return all;
  }

  private static Tensor input(Backend backend, RecurrentSpec spec, int batch) {
    Shape shape = Shape.of(STEPS, batch, spec.inputSize());
    Tensor x = backend.allocate(DType.FLOAT32, shape);
    x.upload(random((int) shape.size(), 1, 2), 0);
    return x;
  }

  private static RecurrentState state(Backend backend, RecurrentSpec spec, int batch) {
    RecurrentState state = RecurrentState.allocate(backend, spec, batch);
    int size = (int) spec.stateShape(batch).size();
    state.h().upload(random(size, 1, 3), 0);
    if (state.c() != null) {
      state.c().upload(random(size, 1, 4), 0);
    }
    return state;
  }

  private static Tensor tensor(Backend backend, float[] values) {
    Tensor tensor = backend.allocate(DType.FLOAT32, Shape.of(values.length));
    tensor.upload(values, 0);
    return tensor;
  }
}
