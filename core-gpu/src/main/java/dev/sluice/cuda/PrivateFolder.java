package dev.sluice.cuda;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder that only its owner may read or write, for files that are run: unpacked libraries and
 * compiled kernels. A file in it is used only when its content is what it should be, so a damaged
 * or foreign one is replaced. Files are written beside their place and renamed: of two processes
 * that start at once each sees whole files only.
 */
final class PrivateFolder {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private final Path path;
  private final String whyTemporary;

  private PrivateFolder(Path path, String whyTemporary) {
    this.path = path;
    this.whyTemporary = whyTemporary;
    if (isTemporary()) { // files are registered after their folder, and deleted before it
      path.toFile().deleteOnExit();
    }
  }

  /**
   * The folder {@code name} in the user's cache ({@code XDG_CACHE_HOME/sluice}, else {@code
   * ~/.cache/sluice}); where that cannot be written or belongs to others, a new folder for
   * temporary files.
   *
   * @throws UnavailableException when there is no place to write at all
   */
  static PrivateFolder open(Map<String, String> environment, Path home, String name) {
    String cache = environment.get("XDG_CACHE_HOME");
    Path base =
        cache != null && Path.of(cache).isAbsolute() ? Path.of(cache) : home.resolve(".cache");
    Path wanted = base.resolve("sluice").resolve(name);
    try {
      Files.createDirectories(base);
      createPrivate(base.resolve("sluice"));
      createPrivate(wanted);
      if (isPrivate(wanted)) {
        return new PrivateFolder(wanted, null);
      }
    } catch (IOException e) { // read-only, no space, or a file of that name: use another place
      return temporary(wanted, wanted + " cannot be written", e);
    }
    return temporary(wanted, wanted + " could be written by others too", null);
  }

  private static PrivateFolder temporary(Path wanted, String why, IOException reason) {
    try {
      Path folder = Files.createTempDirectory("sluice-"); // made with owner-only access
      return new PrivateFolder(folder, why);
    } catch (IOException e) {
      if (reason != null) {
        e.addSuppressed(reason);
      }
      throw new UnavailableException(
          ("neither the cache folder %s nor the folder for temporary files %s can be "
                  + "written; set XDG_CACHE_HOME to a folder that can.")
              .formatted(wanted, System.getProperty("java.io.tmpdir")),
          e);
    }
  }

  private static void createPrivate(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    }
  }

  /** Whether the folder is this user's, who can write to it, and nobody else can. */
  private static boolean isPrivate(Path folder) throws IOException {
    PosixFileAttributes attributes =
        Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isDirectory()
        || attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
        || attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
      return false;
    }
    Path own = Files.createTempFile(folder, "new-", "");
    try {
      return Files.getOwner(own).equals(attributes.owner());
    } finally {
      Files.delete(own);
    }
  }

  Path path() {
    return path;
  }

  /** Whether it is deleted when the JVM ends. */
  boolean isTemporary() {
    return whyTemporary != null;
  }

  /** Why it is not the one in the user's cache, as a clause; null when it is. */
  String whyTemporary() {
    return whyTemporary;
  }

  /** Files in a folder and those below it. */
  record Content(long files, long bytes) {}

  /** Counts the files. */
  Content content() throws IOException {
    try (Stream<Path> all = Files.walk(path)) {
      LongSummaryStatistics sizes =
          all.map(Path::toFile)
              .filter(File::isFile)
              .collect(Collectors.summarizingLong(File::length));
      return new Content(sizes.getCount(), sizes.getSum());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Whether there is a file of that name. */
  boolean holds(String name) {
    return Files.exists(path.resolve(name));
  }

  /** A folder in this one, made if it is not there. */
  PrivateFolder subfolder(String name) {
    Path folder = path.resolve(name);
    try {
      createPrivate(folder);
    } catch (IOException e) {
      throw new UnavailableException(
          "%s cannot be made (%s); make room there, or set XDG_CACHE_HOME to another folder."
              .formatted(folder, e.getMessage()),
          e);
    }
    return new PrivateFolder(folder, whyTemporary);
  }

  /**
   * The file {@code name} with exactly this content, written if it is not there already.
   *
   * @throws UnavailableException when it cannot be written
   */
  Path place(String name, byte[] content) {
    Path file = path.resolve(name);
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          || !MessageDigest.isEqual(sha256(Files.readAllBytes(file)), sha256(content))) {
        write(file, content);
      }
    } catch (IOException e) {
      throw new UnavailableException(
          "%s cannot be written (%s); make room there, or set XDG_CACHE_HOME to another folder."
              .formatted(file, e.getMessage()),
          e);
    }
    return file;
  }

  /**
   * Writes a file whose content cannot be known beforehand, with its checksum behind it. Without
   * room for it nothing is kept, and the content is made anew next time.
   *
   * @return whether it was written
   */
  boolean storeChecked(String name, byte[] content) {
    byte[] sealed = Arrays.copyOf(content, content.length + 32);
    System.arraycopy(sha256(content), 0, sealed, content.length, 32);
    try {
      write(path.resolve(name), sealed);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The content that {@link #storeChecked} wrote; null when there is none or it is damaged. */
  byte[] loadChecked(String name) {
    byte[] sealed;
    try {
      sealed = Files.readAllBytes(path.resolve(name));
    } catch (IOException e) {
      return null; // not there, or not readable: made anew
    }
    if (sealed.length < 32) {
      return null;
    }
    byte[] content = Arrays.copyOf(sealed, sealed.length - 32);
    byte[] checksum = Arrays.copyOfRange(sealed, content.length, sealed.length);
    return MessageDigest.isEqual(checksum, sha256(content)) ? content : null;
  }

  private void write(Path file, byte[] content) throws IOException {
    Path unfinished =
        Files.createTempFile(path, "new-", "", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    try {
      Files.write(unfinished, content);
      Files.move(
          unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(unfinished);
    }
    if (isTemporary()) {
      file.toFile().deleteOnExit();
    }
  }

  static byte[] sha256(byte[] content) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(content);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The first 16 hexadecimal digits of the SHA-256 of all parts. */
  static String fingerprint(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        digest.update(part);
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
