package dev.sluice.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdkCorpusTest {
  @TempDir Path folder;

  @Test
  void onlyTheSourcesOfJavaUtilAreTaken() throws IOException {
    Path sources = folder.resolve("src.zip");
    try (OutputStream out = Files.newOutputStream(sources);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (String name :
          List.of(
              "java.base/java/util/zip/B.java",
              "java.base/java/util/A.java",
              "java.base/java/util/notes.txt",
              "java.base/java/lang/C.java",
              "java.base/java/utility/D.java",
              "java.logging/java/util/logging/E.java")) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(name.getBytes(StandardCharsets.UTF_8));
      }
    }
    Corpus corpus = JdkCorpus.load(sources);
    assertEquals(
        List.of("java.base/java/util/A.java", "java.base/java/util/zip/B.java"),
        corpus.documents().stream().map(Document::name).toList());
    assertEquals("java.base/java/util/A.java", corpus.documents().getFirst().text());
  }

  @Test
  void withoutSourcesTheDeclarationsAreWritten() throws IOException {
    Corpus corpus = JdkCorpus.load(folder.resolve("src.zip"));
    assertEquals("declarations of JDK " + Runtime.version().feature(), corpus.name());
    assertTrue(corpus.characters() > 800_000, corpus.characters() + " characters");
    List<String> names = corpus.documents().stream().map(Document::name).toList();
    assertEquals(names.stream().sorted(Comparator.naturalOrder()).toList(), names);
    assertEquals(names.stream().distinct().toList(), names);
    assertTrue(names.contains("java/util/ArrayList.java"));
    assertFalse(names.contains("java/util/JumboEnumSet.java"), "it is not public");
    assertEquals(corpus, JdkCorpus.declarations());
  }

  @Test
  void theRunningJdkHasOneOrTheOther() throws IOException {
    Corpus corpus = JdkCorpus.load();
    assertTrue(corpus.characters() > 800_000, corpus.characters() + " characters");
    assertTrue(
        corpus.documents().stream().anyMatch(d -> d.name().endsWith("java/util/ArrayList.java")));
  }
}
