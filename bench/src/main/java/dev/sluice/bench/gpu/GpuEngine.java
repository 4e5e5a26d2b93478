package dev.sluice.bench.gpu;

import java.util.Map;

/** An engine prepared for one {@link Contender}. */
interface GpuEngine extends AutoCloseable {
  /** Enqueues the work once, on the next set of inputs. */
  void enqueue();

  /**
   * What the work computes from the numbers as they were drawn; row-major, time-major:
   *
   * <ul>
   *   <li>{@code FORWARD}: {@code y}
   *   <li>{@code TRAIN}: {@code y}, {@code dx}, and {@code d} with each parameter's name
   *   <li>{@code LANGUAGE_MODEL}: {@code losses} of the first training steps, and {@code d} with each
   *       parameter's name: the first step's gradients before clipping
   * </ul>
   */
  Map<String, float[]> results();

  @Override
  void close();
}
