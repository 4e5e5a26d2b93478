package dev.sluice.format;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class FailureReasonTest {
  @Test
  void reasonsAreInWords() {
    assertEquals("permission denied", FailureReason.of(new AccessDeniedException("a")));
    assertEquals("a does not exist", FailureReason.of(new NoSuchFileException("a")));
    assertEquals(
        "Not a directory", FailureReason.of(new FileSystemException("a", null, "Not a directory")));
    assertEquals("no space", FailureReason.of(new IOException("no space")));
    assertEquals("IOException", FailureReason.of(new IOException()));
  }
}
