package dev.sluice.cuda;

import dev.sluice.backend.RecurrentPath;
import dev.sluice.backend.RecurrentSpec;

/**
 * Which layers of a stack run beside each other, in which lanes, and in what portions of time.
 *
 * <p>In a stack of one direction a layer hands its outputs up the stack chunk by chunk: the layer
 * above works on a chunk as soon as the layer below has finished it, so that layers overlap in a
 * wavefront, and backwards alike. A step of one layer leaves most of a large GPU idle. A layer of
 * both directions needs the whole layer below, so there the two directions run beside each other,
 * and each takes all steps at once. The gradients of a layer's weights are sums over all steps that
 * no other layer waits for: they have a lane of their own, beside the loops of the layers below.
 *
 * <p>On the paths that take all steps in one launch there are no chunks, so layers run one after
 * another; on the grid path the directions do too, since each launch wants the whole device.
 *
 * <p>With gates computed again all layers share the memory of one layer's gates, so they run one
 * after another; the chunks stay, so that the products are the same ones.
 */
final class StackSchedule {
  /**
   * Layers that run beside each other. Each lane holds 32 MiB of cuBLAS's workspace, and a step of a
   * layer as wide as 1,024 units takes a quarter or more of an H200 (an estimate, not yet measured
   * on a GPU).
   */
  private static final int LAYER_LANES = 4;

  /**
   * Steps of a chunk are a multiple of this. 8 steps take some 80 us, which is several times the
   * launch and the product that a chunk costs (an estimate, not yet measured on a GPU). A multiple of
   * 8 also keeps the rows of each chunk aligned to 16 bytes.
   */
  private static final int CHUNK_STEPS = 8;

  /** Most chunks of a pass: with 16 the wavefront of two layers takes 17/16 of the time of one. */
  static final int MOST_CHUNKS = 16;

  private final int layers;
  private final int besideEachOther;
  private final boolean wavefront;
  private final boolean ownWeightLane;
  private final int slots;

  private StackSchedule(
      RecurrentSpec spec, boolean training, boolean recompute, RecurrentPath path) {
    layers = spec.layers();
    int directions = spec.directions();
    besideEachOther = path == RecurrentPath.GRID ? 1 : directions;
    wavefront = layers > 1 && directions == 1 && path == RecurrentPath.STANDARD;
    slots = wavefront && !recompute ? Math.min(layers, LAYER_LANES) : 1;
    ownWeightLane = training && layers > 1 && !recompute;
  }

  /**
   * The schedule of a plan.
   *
   * @param training whether there is a backward
   * @param recompute whether backward computes gates again
   * @param path that its layers take
   */
  static StackSchedule of(
      RecurrentSpec spec, boolean training, boolean recompute, RecurrentPath path) {
    return new StackSchedule(spec, training, recompute, path);
  }

  /** Layers at work at the same time, each with working memory of its own. */
  int slots() {
    return slots;
  }

  /** Which of the sets of working memory a layer uses. */
  int slot(int layer) {
    return layer % slots;
  }

  /** Lanes that a forward pass uses, from 0 on. */
  int forwardLanes() {
    return slots * besideEachOther;
  }

  /** All lanes, those of the weights' gradients too. */
  int lanes() {
    return forwardLanes() + (ownWeightLane ? 1 : 0);
  }

  /** Lane of the steps of a layer and direction. */
  int lane(int layer, int direction) {
    return slot(layer) * besideEachOther + direction % besideEachOther;
  }

  /** Lane of the gradients of a layer's weights: one for all layers, which share working memory. */
  int weightLane(int layer, int direction) {
    return ownWeightLane ? forwardLanes() : lane(layer, direction);
  }

  /** Steps of each chunk but the last of a pass over that many steps; it grows with them. */
  int chunkSteps(int steps) {
    return wavefront
        ? Math.min(steps, Math.ceilDiv(steps, CHUNK_STEPS * MOST_CHUNKS) * CHUNK_STEPS)
        : steps;
  }

  /** Number of chunks of a pass. */
  int chunks(int steps) {
    return Math.ceilDiv(steps, chunkSteps(steps));
  }
}
