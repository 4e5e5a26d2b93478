package dev.sluice.backend;

/**
 * Work that is repeated exactly, such as a training step. Made by {@link Backend#replay}; used by the
 * thread that uses the backend.
 */
public interface Replay extends AutoCloseable {
  /** Enqueues the work once more. */
  void run();

  /** Frees the recording; closing twice does nothing. */
  @Override
  void close();
}
