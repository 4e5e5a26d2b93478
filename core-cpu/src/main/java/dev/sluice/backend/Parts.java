package dev.sluice.backend;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;

/**
 * What an object allocates while it is constructed: freed together with it, and also when a later
 * part cannot be made, as nobody else could then.
 */
public final class Parts implements AutoCloseable {
  private final Deque<AutoCloseable> made = new ArrayDeque<>();

  /** No parts yet. */
  public Parts() {}

  /**
   * Makes one more part; when that fails, those before it are freed.
   *
   * @param maker of the part
   * @return the part
   */
  public <T extends AutoCloseable> T add(Supplier<T> maker) {
    try {
      T part = maker.get();
      made.push(part);
      return part;
    } catch (RuntimeException | Error e) {
      try {
        close();
      } catch (RuntimeException failure) {
        e.addSuppressed(failure);
      }
      throw e;
    }
  }

  /** Frees the parts, the last one first; closing twice does nothing. */
  @Override
  public void close() {
    while (!made.isEmpty()) {
      try {
        made.pop().close();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException("a part could not be freed", e);
      }
    }
  }
}
