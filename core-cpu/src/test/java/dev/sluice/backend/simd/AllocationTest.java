package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Guarded.random;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.OptimizerOps.Controls;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Compiled operations allocate nothing. A vector that the compiler boxes shows here first: a single
 * one in a loop is a hundred kilobytes a call.
 */
class AllocationTest {
  private static final int ROWS = 601;
  private static final int COLUMNS = 121;
  private static final int CALLS = 20;

  /** Time that the compiler is given, on a busy machine too. */
  private static final long PATIENCE = 60_000_000_000L;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void compiledOperationsAllocateNothing() {
    try (Backend backend = new SimdBackend(2)) {
      Map<String, Runnable> operations = operations(backend);
      // All of them first: how often each is called decides what the compiler inlines where.
      for (int round = 0; round < 100; round++) {
        operations.values().forEach(Runnable::run);
      }
      operations.forEach((name, operation) -> {
        long bytes = steadyBytes(operation);
        assertTrue(bytes < 64, name + " allocates " + bytes + " bytes a call");
      });
    }
  }

  /** Median of the bytes a call, once a batch of calls allocates little or patience has run out. */
  private long steadyBytes(Runnable operation) {
    long start = System.nanoTime();
    while (bytesPerCall(operation) >= 64 && System.nanoTime() - start < PATIENCE) {
      Thread.onSpinWait();
    }
    long[] batches = new long[5];
    for (int i = 0; i < batches.length; i++) {
      batches[i] = bytesPerCall(operation);
    }
    Arrays.sort(batches);
    return batches[batches.length / 2];
  }

  private long bytesPerCall(Runnable operation) {
    long[] ids =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("sluice-simd"))
            .mapToLong(Thread::threadId)
            .toArray();
    long own = threads.getCurrentThreadAllocatedBytes();
    long others = sum(threads, ids);
    for (int i = 0; i < CALLS; i++) {
      operation.run();
    }
    own = threads.getCurrentThreadAllocatedBytes() - own;
    others = sum(threads, ids) - others;
    return (own + others) / CALLS;
  }

  private static long sum(ThreadMXBean threads, long[] ids) {
    return Arrays.stream(threads.getThreadAllocatedBytes(ids)).sum();
  }

  private static Map<String, Runnable> operations(Backend backend) {
    Tensor x = matrix(backend, 1);
    Tensor y = matrix(backend, 2);
    Tensor z = matrix(backend, 3);
    Tensor vector = backend.allocate(DType.FLOAT32, Shape.of(COLUMNS));
    Tensor vector2 = backend.allocate(DType.FLOAT32, Shape.of(COLUMNS));
    Tensor perRow = backend.allocate(DType.FLOAT32, Shape.of(ROWS));
    Tensor perRow2 = backend.allocate(DType.FLOAT32, Shape.of(ROWS));
    Tensor total = backend.allocate(DType.FLOAT32, Shape.of(2));
    Tensor ids = backend.allocate(DType.INT32, Shape.of(ROWS));
    Tensor table = backend.allocate(DType.FLOAT32, Shape.of(3, COLUMNS));
    RandomDraw draw = new RandomDraw(1, 2, backend.allocate(DType.INT32, Shape.of(1)));
    Map<String, Runnable> operations = new LinkedHashMap<>();
    operations.put("fill", () -> backend.elements().fill(z, 1));
    operations.put("copy", () -> backend.elements().copy(x, z));
    operations.put("scale", () -> backend.elements().scale(z, 1));
    operations.put("add", () -> backend.elements().add(0, x, z));
    operations.put("multiply", () -> backend.elements().multiply(x, y, z));
    for (Activation activation : Activation.values()) {
      operations.put(activation.name(), () -> backend.elements().activate(activation, x, z));
      operations.put(
          activation + " backward", () -> backend.elements().activateBackward(activation, y, x, z));
    }
    operations.put("add bias", () -> backend.elements().addBias(z, vector));
    operations.put("bias backward", () -> backend.elements().biasBackward(z, vector2));
    operations.put("embedding", () -> backend.embedding().forward(table, ids, z));
    operations.put("embedding backward", () -> backend.embedding().backward(z, ids, table));
    operations.put(
        "layer norm",
        () -> backend.layerNorm().forward(x, vector, vector2, 1e-5f, z, perRow, perRow2));
    operations.put(
        "layer norm backward",
        () -> backend.layerNorm().backward(x, vector, perRow, perRow2, y, z, vector2, vector2));
    operations.put("dropout", () -> backend.dropout().apply(0.3f, draw, x, z));
    for (float smoothing : new float[] {0, 0.1f}) {
      operations.put(
          "cross entropy, smoothing " + smoothing,
          () -> backend.losses().softmaxCrossEntropy(x, ids, smoothing, 1, z, perRow, total));
      operations.put(
          "cross entropy without gradient, smoothing " + smoothing,
          () -> backend.losses().softmaxCrossEntropy(x, ids, smoothing, 1, null, null, total));
    }
    for (Regression loss : Regression.values()) {
      operations.put(
          loss.name(), () -> backend.losses().regression(loss, 1, x, y, null, 1, z, total));
      operations.put(
          loss + " without gradient",
          () -> backend.losses().regression(loss, 1, x, y, perRow, 1, null, total));
    }
    operations.put("softmax", () -> backend.losses().softmax(x, z));
    Tensor squares = backend.allocate(DType.FLOAT32, Shape.of(1));
    operations.put("sum of squares", () -> backend.optimizers().sumOfSquares(y, squares));
    for (UpdateRule rule : OptimizerOpsTest.rules()) {
      operations.put(rule.toString(), update(backend, rule, squares, y));
    }
    return operations;
  }

  private static Runnable update(
      Backend backend, UpdateRule rule, Tensor squares, Tensor gradients) {
    Tensor parameters = matrix(backend, 4);
    int slots = rule.stateSlots();
    Tensor state =
        slots == 0 ? null : backend.allocate(DType.FLOAT32, Shape.of(slots, ROWS, COLUMNS));
    Tensor rate = backend.allocate(DType.FLOAT32, Shape.of(1));
    Tensor applied = backend.allocate(DType.INT32, Shape.of(1));
    Controls controls = new Controls(rate, applied, squares, 1, 1);
    return () -> backend.optimizers().update(rule, parameters, gradients, state, controls);
  }

  private static Tensor matrix(Backend backend, int seed) {
    Tensor matrix = backend.allocate(DType.FLOAT32, Shape.of(ROWS, COLUMNS));
    matrix.upload(random(ROWS * COLUMNS, 1, seed), 0);
    return matrix;
  }
}
