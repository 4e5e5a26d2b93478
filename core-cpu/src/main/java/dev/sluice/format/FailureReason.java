package dev.sluice.format;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Why a file could not be read or written, in words. */
public final class FailureReason {
  private FailureReason() {}

  /** The reason, to follow a colon; without the name of a Java class where there is another. */
  public static String of(IOException failure) {
    return switch (failure) {
      case AccessDeniedException _ -> "permission denied";
      case NoSuchFileException missing -> missing.getFile() + " does not exist";
      case FileSystemException other when other.getReason() != null -> other.getReason();
      case IOException _ when failure.getMessage() != null -> failure.getMessage();
      default -> failure.getClass().getSimpleName();
    };
  }
}
