package dev.sluice.nn;

import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Tensor;

/**
 * What all layers of a model share during one forward pass. Made once for a run and reused, unless
 * the lengths are in another tensor.
 *
 * @param lengths valid steps of each sequence, INT32 [B], each in 1..T; or null when all are T
 * @param draw random numbers for dropout; null when nothing is dropped. A layer uses stream {@code
 *     draw.stream()} plus what {@link ParameterStore#addStreams} gave it
 */
public record Pass(Tensor lengths, RandomDraw draw) {
  /** Full lengths and no dropout: what inference usually needs. */
  public static final Pass PLAIN = new Pass(null, null);
}
