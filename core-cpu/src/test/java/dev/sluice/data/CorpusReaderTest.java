package dev.sluice.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusReaderTest {
  @TempDir Path folder;

  private Path file(String name, byte[] content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  private Path file(String name, String content) throws IOException {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private Path zip(String name, String... namesAndTexts) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (int i = 0; i < namesAndTexts.length; i += 2) {
        zip.putNextEntry(new ZipEntry(namesAndTexts[i]));
        zip.write(namesAndTexts[i + 1].getBytes(StandardCharsets.ISO_8859_1));
        zip.closeEntry();
      }
    }
    return file;
  }

  private static List<String> texts(Corpus corpus) {
    return corpus.documents().stream().map(Document::text).toList();
  }

  private static String failure(Path... paths) {
    return assertThrows(IOException.class, () -> CorpusReader.read(List.of(paths))).getMessage();
  }

  @Test
  void filesAreReadInTheOrderGiven() throws IOException {
    Path b = file("b.txt", "bé\uD83D\uDE00");
    Path a = file("a.txt", "\uFEFFa\uFFFD\r\n");
    Corpus corpus = CorpusReader.read(List.of(b, a));
    assertEquals(List.of("bé\uD83D\uDE00", "a\uFFFD\r\n"), texts(corpus));
    assertEquals(b + " and 1 more", corpus.name());
    assertEquals(b.toString(), corpus.documents().getFirst().name());
    assertEquals(7, corpus.characters());
    assertEquals(List.of(), corpus.notes());
  }

  @Test
  void aFolderIsReadInTheOrderOfItsPaths() throws IOException {
    file("d/b/2.txt", "2");
    file("d/a.txt", "a");
    file("d/b/1.java", "1");
    file("d/.git/config", "hidden");
    file("d/.hidden", "hidden");
    Path d = folder.resolve("d");
    Corpus corpus = CorpusReader.read(List.of(d));
    assertEquals(List.of("a", "1", "2"), texts(corpus));
    assertEquals(d + "/b/1.java", corpus.documents().get(1).name());
    assertEquals(List.of("a", "2"), texts(CorpusReader.read(List.of(d), "*.txt")));
    assertEquals(List.of("1", "2"), texts(CorpusReader.read(List.of(d), "b/*")));
    assertEquals(List.of("1"), texts(CorpusReader.read(List.of(d), "**/*.{java,c}")));
  }

  @Test
  void linksAreFollowedAndALoopIsReadOnce() throws IOException {
    file("d/a.txt", "a");
    file("elsewhere/b.txt", "b");
    Files.createSymbolicLink(folder.resolve("d/link"), folder.resolve("elsewhere"));
    Files.createSymbolicLink(folder.resolve("elsewhere/loop"), folder.resolve("elsewhere"));
    Files.createSymbolicLink(folder.resolve("d/dangling"), folder.resolve("nowhere"));
    assertEquals(List.of("a", "b"), texts(CorpusReader.read(List.of(folder.resolve("d")))));
  }

  @Test
  void anArchiveIsReadInTheOrderOfItsNames() throws IOException {
    Path zip = zip("sources.bin", "x/b.java", "b", "x/", "", "x/a.java", "a", "y/c.txt", "c");
    Corpus corpus = CorpusReader.read(List.of(zip));
    assertEquals(List.of("a", "b", "c"), texts(corpus));
    assertEquals(zip + "!/x/a.java", corpus.documents().getFirst().name());
    assertEquals(List.of("a", "b"), texts(CorpusReader.read(List.of(zip), "x/**")));
    assertEquals(List.of("c"), texts(CorpusReader.read(List.of(zip), "*.txt")));
  }

  @Test
  void whatIsNoTextInAFolderOrArchiveIsLeftOutWithANote() throws IOException {
    file("d/text", "text");
    file("d/latin1", "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
    file("d/binary", new byte[] {'a', 'b', 0});
    file("d/empty", "");
    Path zip = zip("a.zip", "latin1", "\u00e9", "empty", "", "text", "in the archive");
    Path d = folder.resolve("d");
    Corpus corpus = CorpusReader.read(List.of(d, zip));
    assertEquals(List.of("text", "in the archive"), texts(corpus));
    String convert = "; convert it to UTF-8 if it is text at all";
    assertEquals(
        List.of(
            d + "/binary was left out: it is not UTF-8 text: byte 2 is zero" + convert,
            d + "/empty was left out: it is empty",
            d
                + "/latin1 was left out: it is not UTF-8 text: byte 3, 0xe9, fits no character"
                + convert,
            zip + "!/empty was left out: it is empty",
            zip
                + "!/latin1 was left out: it is not UTF-8 text: byte 0, 0xe9, fits no character"
                + convert),
        corpus.notes());
  }

  @Test
  void aFileThatIsNoTextIsRefusedWithTheByte() throws IOException {
    // A true U+FFFD before the damage, and the damage past the decoder's buffer.
    String good = "\uFFFD" + "é".repeat(20_000);
    int length = good.getBytes(StandardCharsets.UTF_8).length;
    byte[] cut = (good + "€").getBytes(StandardCharsets.UTF_8);
    Path file = file("cut", Arrays.copyOf(cut, length + 2));
    assertEquals(
        file
            + " is not UTF-8 text: byte "
            + length
            + ", 0xe2, fits no character; convert it to UTF-8 if it is text at all",
        failure(file));
    Path utf16 = file("utf16", "ab".getBytes(StandardCharsets.UTF_16LE));
    assertTrue(failure(utf16).startsWith(utf16 + " is not UTF-8 text: byte 1 is zero"));
  }

  @Test
  void missingEmptyAndDamagedPathsAreSaidInOneSentence() throws IOException {
    Path missing = folder.resolve("missing");
    assertEquals("there is no file or folder " + missing, failure(missing));
    Path empty = file("empty", "");
    assertEquals(empty + " is empty: a model needs text to learn from", failure(empty));
    Path folderWithoutText = file("nothing/.hidden", "x").getParent();
    assertEquals("the folder " + folderWithoutText + " has no text", failure(folderWithoutText));
    file("nothing/empty", "");
    assertEquals(
        "the folder "
            + folderWithoutText
            + " has no text; for example, "
            + folderWithoutText
            + "/empty was left out: it is empty",
        failure(folderWithoutText));
    Path zip = zip("a.zip", "a.txt", "a".repeat(1000));
    var e = assertThrows(IOException.class, () -> CorpusReader.read(List.of(zip), "*.java"));
    assertEquals("the archive " + zip + " has no text in files that match *.java", e.getMessage());
    Path damaged = file("damaged.zip", Arrays.copyOf(Files.readAllBytes(zip), 40));
    assertTrue(failure(damaged).startsWith(damaged + " is a damaged zip archive: "));
  }

  @Test
  void whatMayNotBeReadIsRefused() throws IOException {
    Path secret = file("d/secret", "text");
    Files.setPosixFilePermissions(secret, Set.of());
    assumeFalse(Files.isReadable(secret), "the administrator may read everything");
    assertEquals(secret + " cannot be read: permission denied", failure(secret));
    assertEquals(secret + " cannot be read: permission denied", failure(secret.getParent()));
  }

  @Test
  void wrongArgumentsAreRefused() throws IOException {
    Path file = file("a", "a");
    assertThrows(IllegalArgumentException.class, () -> CorpusReader.read(List.of()));
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> CorpusReader.read(List.of(file), "*.{java"));
    assertTrue(e.getMessage().startsWith("'*.{java' is no file pattern: "), e.getMessage());
  }
}
