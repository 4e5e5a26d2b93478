package dev.sluice.backend;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a device must be able to compute: the contract that the reference, the SIMD and the CUDA
 * implementation share and the parity suite checks.
 *
 * <p>Operations are coarse, each with a forward and a backward, so that an implementation may fuse,
 * pack and capture as it likes. They are grouped; each group documents its equations. Every
 * operation checks its arguments before it writes anything and throws {@link
 * IllegalArgumentException} with the operation, the argument and the shape that was wanted.
 *
 * <p>Calls enqueue, in order; only a download waits. A backend is used by one thread at a time.
 */
public interface Backend extends AutoCloseable {
  /** Short name as used on the command line: {@code reference}, {@code simd} or {@code cuda}. */
  String name();

  /** One line for people: what it runs on and how, for example "2 threads, 512-bit vectors". */
  String description();

  /** How matrices are multiplied. */
  default Precision precision() {
    return Precision.FP32;
  }

  /**
   * A new tensor, zeroed.
   *
   * @throws OutOfDeviceMemoryException when it does not fit
   */
  Tensor allocate(DType type, Shape shape);

  /** General matrix products. */
  MatrixOps matrix();

  /** Table look-up and its gradient. */
  EmbeddingOps embedding();

  /** LSTM, GRU and RNN layers over whole sequences. */
  RecurrentOps recurrent();

  /** Element by element: fill, copy, scale, add, multiply, bias, activations. */
  ElementOps elements();

  /** Layer normalisation. */
  LayerNormOps layerNorm();

  /** Dropout with masks that all backends draw alike. */
  DropoutOps dropout();

  /** Losses and their gradients. */
  LossOps losses();

  /** Optimiser steps and the norms they need. */
  OptimizerOps optimizers();

  /**
   * Prepares work that will be repeated. A backend may record it and enqueue the recording as a
   * whole: then the work is called for the first runs only, so it must not count on being called.
   *
   * @param work calls the same operations with the same tensors, plans and numbers each time, and
   *     uploads and downloads nothing; what changes from run to run it reads from tensors. They and
   *     the plans must live as long as the replay does
   */
  default Replay replay(Runnable work) {
    return new Replay() {
      @Override
      public void run() {
        work.run();
      }

      @Override
      public void close() {}
    };
  }

  /** A new stopwatch, which the caller closes. */
  default Stopwatch stopwatch() {
    return new HostStopwatch(this);
  }

  /**
   * Measures how many nanoseconds it takes the device until what each multiprocessor has written can
   * be read by all others; empty where they cannot wait for each other within a kernel. Waits.
   */
  default OptionalDouble exchangeNanos() {
    return OptionalDouble.empty();
  }

  /** Bytes held by tensors and plans of this backend now. */
  long allocatedBytes();

  /** Memory of the device; empty when tensors lie on the Java heap. */
  default Optional<DeviceMemoryUse> deviceMemory() {
    return Optional.empty();
  }

  /** Waits for everything that was enqueued. */
  void finish();

  /** Frees every tensor and plan; the backend and what came from it must not be used again. */
  @Override
  void close();
}
