package dev.sluice.bench.peers;

import java.io.IOException;

/** A peer is missing, failed, or computes something else; the message is one sentence. */
public final class PeerException extends IOException {
  private static final long serialVersionUID = 1L;

  /** With one sentence. */
  public PeerException(String message) {
    super(message);
  }

  /** With one sentence, and what led to it. */
  public PeerException(String message, Throwable cause) {
    super(message, cause);
  }
}
