package dev.sluice.train;

import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Hands each event to all listeners. When one cannot write its output, the others are warned, once
 * for each listener, and training goes on.
 */
final class ListenerGroup {
  private final List<TrainingListener> listeners;
  private final Set<TrainingListener> failed = new HashSet<>();

  ListenerGroup(List<TrainingListener> listeners) {
    this.listeners = List.copyOf(listeners);
  }

  /**
   * Tells all listeners.
   *
   * @param step optimiser steps done
   * @param event calls the listener's method
   */
  void tell(long step, Consumer<TrainingListener> event) {
    for (TrainingListener listener : listeners) {
      try {
        event.accept(listener);
      } catch (UncheckedIOException e) {
        if (failed.add(listener)) {
          warn(step, e.getMessage() + "; training goes on");
        }
      }
    }
  }

  /** Tells all listeners of something that went wrong. */
  void warn(long step, String sentence) {
    tell(step, listener -> listener.onWarning(step, sentence));
  }
}
