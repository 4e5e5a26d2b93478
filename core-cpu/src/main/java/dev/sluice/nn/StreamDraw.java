package dev.sluice.nn;

import dev.sluice.backend.RandomDraw;

/** One layer's own stream of a pass's draw; made anew only when the pass brings another draw. */
final class StreamDraw {
  private final int stream;
  private RandomDraw shared;
  private RandomDraw own;

  StreamDraw(int stream) {
    this.stream = stream;
  }

  /** The layer's draw; null when the pass has none. */
  RandomDraw of(Pass pass) {
    if (pass.draw() != shared) {
      shared = pass.draw();
      own = shared == null ? null : shared.withStream(shared.stream() + stream);
    }
    return own;
  }
}
