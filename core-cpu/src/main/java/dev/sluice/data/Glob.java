package dev.sluice.data;

import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.regex.PatternSyntaxException;

/** Which files of a folder or archive are wanted; see {@link CorpusReader#read}. */
final class Glob {
  private final String pattern;
  private final boolean wholePath;
  private final PathMatcher matcher;

  /**
   * A glob as {@link java.nio.file.FileSystem#getPathMatcher} reads it.
   *
   * @throws IllegalArgumentException when it is malformed
   */
  Glob(String pattern) {
    this.pattern = pattern;
    wholePath = pattern.contains("/");
    try {
      matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "'" + pattern + "' is no file pattern: " + e.getDescription(), e);
    }
  }

  /** Whether a path, with slashes, is wanted; names that begin with a dot are not. */
  boolean matches(String path) {
    if (path.startsWith(".") || path.contains("/.")) {
      return false;
    }
    try {
      return matcher.matches(Path.of(wholePath ? path : path.substring(path.lastIndexOf('/') + 1)));
    } catch (InvalidPathException _) {
      // An archive's entry whose name this system cannot express.
      return isEverything();
    }
  }

  boolean isEverything() {
    return pattern.equals("**");
  }

  @Override
  public String toString() {
    return pattern;
  }
}
