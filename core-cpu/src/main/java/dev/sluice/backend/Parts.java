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
    T part = step(maker);
    made.push(part);
    return part;
  }

  /**
   * Does a step of the construction that makes no part; when that fails, the parts are freed.
   *
   * @param work of the step
   * @return what it returns
   */
  public <T> T step(Supplier<T> work) {
    try {
      return work.get();
    } catch (RuntimeException | Error e) {
      try {
        close();
      } catch (RuntimeException failure) {
        e.addSuppressed(failure);
      }
      throw e;
    }
  }

  /**
   * Frees the parts, the last one first, each whatever becomes of the others; then the first failure
   * is thrown, with the others as suppressed ones. Closing twice does nothing.
   */
  @Override
  public void close() {
    RuntimeException first = null;
    while (!made.isEmpty()) {
      try {
        made.pop().close();
      } catch (Exception e) {
        if (first != null) {
          first.addSuppressed(e);
        } else {
          first =
              e instanceof RuntimeException runtime
                  ? runtime
                  : new IllegalStateException("a part could not be freed", e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
