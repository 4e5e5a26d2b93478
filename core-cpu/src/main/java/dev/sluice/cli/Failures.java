package dev.sluice.cli;

import dev.sluice.backend.DeviceException;
import dev.sluice.backend.OutOfDeviceMemoryException;
import dev.sluice.train.TrainingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Puts a failure into one sentence for people. */
final class Failures {
  private Failures() {}

  /** What went wrong and, where it can be known, what to do about it. */
  static String sentence(Throwable failure) {
    return switch (failure) {
      case UncheckedIOException unchecked -> sentence(unchecked.getCause());
      case NoSuchFileException missing -> missing.getFile() + " does not exist";
      case AccessDeniedException denied ->
          denied.getFile() + " cannot be opened: permission denied";
      case FileAlreadyExistsException present -> present.getFile() + " exists already";
      case NotDirectoryException file -> file.getFile() + " is not a folder";
      case FileSystemException other when other.getReason() != null ->
          other.getFile() + ": " + other.getReason();
      case OutOfMemoryError _ ->
          ("the JVM's heap of %d MiB is too small; lower --hidden, --batch or --bptt, or allow more"
                  + " with SLUICE_JAVA_OPTS=-Xmx8g (sluice train --dry-run forecasts the need)")
              .formatted(Runtime.getRuntime().maxMemory() >> 20);
      case DeviceException device ->
          "the GPU failed: %s; './sluice doctor' looks for the cause, and --device cpu does without"
              .formatted(device.getMessage());
      case IllegalArgumentException _,
          IllegalStateException _,
          IOException _,
          OutOfDeviceMemoryException _,
          TrainingException _,
          UsageException _
          when failure.getMessage() != null ->
          failure.getMessage();
      default -> "an error in Sluice itself: " + failure + " (--debug shows where)";
    };
  }
}
