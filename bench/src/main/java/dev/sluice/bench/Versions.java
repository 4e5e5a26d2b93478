package dev.sluice.bench;

import dev.sluice.cli.Main;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Which Sluice is running. */
final class Versions {
  private Versions() {}

  /** The version and, when it was built in a git checkout, the commit: {@code 0.1.0 (1a2b3c4)}. */
  static String running() {
    String commit = commit();
    return commit.isEmpty() ? Main.VERSION : Main.VERSION + " (" + commit + ")";
  }

  private static String commit() {
    try {
      Path code =
          Path.of(Versions.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Process git =
          new ProcessBuilder("git", "describe", "--always", "--dirty", "--exclude=*")
              .directory(code.getParent().toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      byte[] answer = git.getInputStream().readAllBytes();
      return git.waitFor(5, TimeUnit.SECONDS) && git.exitValue() == 0
          ? new String(answer, StandardCharsets.UTF_8).strip()
          : "";
    } catch (IOException | URISyntaxException _) {
      return ""; // no git, or no checkout: the version alone
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
