package dev.sluice.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Java text that every JDK brings along: a corpus that needs no download. */
public final class JdkCorpus {
  private static final String SOURCES = "java.base/java/util/**.java";

  private JdkCorpus() {}

  /**
   * The sources of the running JDK's {@code java.util} and its sub-packages, about 9.6 million
   * characters in 370 files; or, in a runtime without {@code lib/src.zip}, what {@link
   * #declarations} gives.
   *
   * @throws IOException when the archive of sources is damaged
   */
  public static Corpus load() throws IOException {
    return load(Path.of(System.getProperty("java.home"), "lib", "src.zip"));
  }

  /** As {@link #load()}, with the sources looked for elsewhere. */
  static Corpus load(Path sources) throws IOException {
    if (!Files.isReadable(sources)) {
      return declarations();
    }
    Corpus corpus = CorpusReader.read(List.of(sources), SOURCES);
    List<Document> documents =
        corpus.documents().stream()
            .map(document -> new Document(entry(document.name()), document.text()))
            .toList();
    return new Corpus(
        "java.util sources of JDK " + Runtime.version().feature(), documents, corpus.notes());
  }

  private static String entry(String name) {
    return name.substring(name.indexOf("!/") + 2);
  }

  /**
   * The public declarations of the running JDK, written out as Java source without method bodies.
   *
   * @throws IOException when the runtime's own classes cannot be listed
   */
  public static Corpus declarations() throws IOException {
    return new Corpus(
        "declarations of JDK " + Runtime.version().feature(), JdkDeclarations.ofRuntime());
  }
}
