package dev.sluice.task;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.data.Corpus;
import dev.sluice.data.Document;
import java.util.List;

/** Small texts, models and the reference backend, for tests. */
final class TinyText {
  private TinyText() {}

  static Backend reference() {
    return Backends.choose("reference", BackendOptions.DEFAULT).backend();
  }

  /** {@code length} characters of "abc abd abc abd …", which a tiny model can learn. */
  static String pattern(int length) {
    return "abc abd ".repeat(Math.ceilDiv(length, 8)).substring(0, length);
  }

  static Corpus corpus(String text) {
    return new Corpus("tiny", List.of(new Document("tiny.txt", text)));
  }

  static TextData data(String text, int batch, int steps) {
    return TextData.of(corpus(text), TextOptions.DEFAULT.withWindow(batch, steps));
  }
}
