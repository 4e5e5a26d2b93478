package dev.sluice.format;

import java.io.IOException;

/** Does something with a value that may fail to be read or written. */
@FunctionalInterface
public interface IoConsumer<T> {
  /** Uses {@code value}. */
  void accept(T value) throws IOException;
}
