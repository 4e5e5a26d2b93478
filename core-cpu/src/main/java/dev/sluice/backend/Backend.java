package dev.sluice.backend;

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

  /** Bytes held by tensors and plans of this backend now. */
  long allocatedBytes();

  /**
   * Bytes of memory that the device has free now, whoever took the rest, as its driver counts them;
   * -1 where the memory is not the device's own.
   */
  default long freeBytes() {
    return -1;
  }

  /** Waits for everything that was enqueued. */
  void finish();

  /** Frees every tensor and plan; the backend and what came from it must not be used again. */
  @Override
  void close();
}
