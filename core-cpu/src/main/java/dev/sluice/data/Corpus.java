package dev.sluice.data;

import java.util.List;

/**
 * Documents to train on.
 *
 * @param name of the whole, for people
 * @param documents in a fixed order
 * @param notes one sentence for each file that was left out, and why
 */
public record Corpus(String name, List<Document> documents, List<String> notes) {
  /** Takes copies of the lists. */
  public Corpus {
    documents = List.copyOf(documents);
    notes = List.copyOf(notes);
  }

  /** A corpus without notes. */
  public Corpus(String name, List<Document> documents) {
    this(name, documents, List.of());
  }

  /** Length of all texts in Unicode code points. */
  public long characters() {
    return documents.stream().mapToLong(Document::characters).sum();
  }
}
