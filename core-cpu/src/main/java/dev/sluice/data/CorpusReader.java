package dev.sluice.data;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Reads UTF-8 text from files, folders and zip archives.
 *
 * <p>A file named by itself must be text. Of a folder (with its sub-folders, in the order of the
 * paths) or an archive (in the order of the entries' names) the files that are not UTF-8 text or
 * are empty are left out, and the corpus' notes say so; names that begin with a dot are passed over.
 */
public final class CorpusReader {
  private CorpusReader() {}

  /** Reads all of it; see {@link #read(List, String)}. */
  public static Corpus read(List<Path> paths) throws IOException {
    return read(paths, "**");
  }

  /**
   * Reads texts.
   *
   * @param paths files, folders, zip archives, in the order that the documents shall have
   * @param glob which files of folders and archives are wanted: without a slash it is matched with
   *     the name, as in {@code *.java}, else with the path inside the folder or archive, as in
   *     {@code java.base/java/util/**.java}; see {@link java.nio.file.FileSystem#getPathMatcher}
   * @throws IOException when a path is missing, unreadable, empty, or not UTF-8 text, or nothing is
   *     left to read; the message is one sentence with the path and, for text, the byte
   * @throws IllegalArgumentException when no path is given or the glob is malformed
   */
  public static Corpus read(List<Path> paths, String glob) throws IOException {
    if (paths.isEmpty()) {
      throw new IllegalArgumentException("there is no path to read a corpus from");
    }
    Glob wanted = new Glob(glob);
    List<Document> documents = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    for (Path path : paths) {
      requireReadable(path);
      if (Files.isDirectory(path)) {
        readFolder(path, wanted, documents, notes);
      } else if (Files.isRegularFile(path) && isZip(path)) {
        readZip(path, wanted, documents, notes);
      } else {
        documents.add(readFile(path));
      }
    }
    return new Corpus(name(paths), documents, notes);
  }

  private static String name(List<Path> paths) {
    String first = paths.getFirst().toString();
    return paths.size() == 1 ? first : first + " and " + (paths.size() - 1) + " more";
  }

  private static void requireReadable(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new IOException("there is no file or folder " + path);
    }
    if (!Files.isReadable(path)) {
      throw new IOException(path + " cannot be read: permission denied");
    }
  }

  private static boolean isZip(Path path) throws IOException {
    try (var in = Files.newInputStream(path)) {
      byte[] start = in.readNBytes(4);
      return start.length == 4
          && start[0] == 'P'
          && start[1] == 'K'
          && (start[2] == 3 && start[3] == 4 || start[2] == 5 && start[3] == 6);
    }
  }

  private static Document readFile(Path path) throws IOException {
    byte[] bytes = bytes(path);
    if (bytes.length == 0) {
      throw new IOException(path + " is empty: a model needs text to learn from");
    }
    try {
      return new Document(path.toString(), Utf8.decode(bytes));
    } catch (Utf8.NotTextException e) {
      throw new IOException(path + " " + e.getMessage(), e);
    }
  }

  private static byte[] bytes(Path path) throws IOException {
    if (Files.size(path) > Integer.MAX_VALUE - 8) {
      throw new IOException(
          path + " has " + Files.size(path) + " bytes; split it into files below 2 GB");
    }
    return Files.readAllBytes(path);
  }

  private static void readFolder(
      Path folder, Glob wanted, List<Document> documents, List<String> notes) throws IOException {
    int before = documents.size();
    for (Path file : files(folder)) {
      String inside = folder.relativize(file).toString().replace('\\', '/');
      if (wanted.matches(inside)) {
        requireReadable(file);
        add(folder + "/" + inside, bytes(file), documents, notes);
      }
    }
    if (documents.size() == before) {
      throw new IOException(nothing("the folder " + folder, wanted, notes));
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        folder,
        EnumSet.of(FileVisitOption.FOLLOW_LINKS),
        Integer.MAX_VALUE,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes) {
            return !visited.equals(folder) && isHidden(visited)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() && !isHidden(file)) {
              files.add(file);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof FileSystemLoopException) {
              return FileVisitResult.CONTINUE; // a link to a folder that is read anyway
            }
            throw new IOException(file + " cannot be read: " + reason(e), e);
          }
        });
    files.sort(Comparator.comparing(file -> folder.relativize(file).toString().replace('\\', '/')));
    return files;
  }

  private static boolean isHidden(Path file) {
    return file.getFileName().toString().startsWith(".");
  }

  private static void readZip(
      Path archive, Glob wanted, List<Document> documents, List<String> notes) throws IOException {
    int before = documents.size();
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      List<? extends ZipEntry> entries =
          zip.stream()
              .filter(entry -> !entry.isDirectory() && wanted.matches(entry.getName()))
              .sorted(Comparator.comparing(ZipEntry::getName))
              .toList();
      for (ZipEntry entry : entries) {
        try (var in = zip.getInputStream(entry)) {
          add(archive + "!/" + entry.getName(), in.readAllBytes(), documents, notes);
        }
      }
    } catch (ZipException e) {
      throw new IOException(archive + " is a damaged zip archive: " + reason(e), e);
    }
    if (documents.size() == before) {
      throw new IOException(nothing("the archive " + archive, wanted, notes));
    }
  }

  private static void add(String name, byte[] bytes, List<Document> documents, List<String> notes) {
    if (bytes.length == 0) {
      notes.add(name + " was left out: it is empty");
      return;
    }
    try {
      documents.add(new Document(name, Utf8.decode(bytes)));
    } catch (Utf8.NotTextException e) {
      notes.add(name + " was left out: it " + e.getMessage());
    }
  }

  private static String nothing(String where, Glob wanted, List<String> notes) {
    return where
        + " has no text"
        + (wanted.isEverything() ? "" : " in files that match " + wanted)
        + (notes.isEmpty() ? "" : "; for example, " + notes.getLast());
  }

  /** The cause in words, without the path that some exceptions put first. */
  private static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return reason != null ? reason : e.getClass().getSimpleName();
  }
}
