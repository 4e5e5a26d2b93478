package dev.sluice.cli;

import dev.sluice.train.RunFolder;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds and names the folders of runs. */
final class RunFolders {
  /** What the resolved options of a run are written to. */
  static final String CONFIG = "config.yaml";

  private static final Path RUNS = Path.of("runs");

  private RunFolders() {}

  /**
   * A folder for a new run.
   *
   * @param out what the user asked for; null for one named after the time
   * @throws UsageException when there is something in it
   * @throws IOException when it cannot be listed
   */
  static RunFolder fresh(Path out) throws IOException {
    if (out == null) {
      String time = now();
      int number = 1;
      while (Files.exists(named(RUNS, time, number))) {
        number++;
      }
      return new RunFolder(named(RUNS, time, number));
    }
    RunFolder folder = new RunFolder(out);
    if (isEmpty(folder)) {
      return folder;
    }
    if (Files.exists(out.resolve(CONFIG)) && Files.exists(folder.lastCheckpoint())) {
      throw new UsageException(
          "%s holds a run already; go on with it by --resume %s, or choose another --out"
              .formatted(out, out));
    }
    throw new UsageException(
        "the folder %s is not empty; choose a new or an empty one as --out".formatted(out));
  }

  /**
   * Makes a folder in {@code runs} that is named after the time, one that no other process has.
   *
   * @throws IOException when it cannot be made, with one sentence
   */
  static RunFolder claim() throws IOException {
    return claim(RUNS, now());
  }

  /** Makes the first of the folders TIME, TIME-2, TIME-3 and so on that is not there yet. */
  static RunFolder claim(Path runs, String time) throws IOException {
    new RunFolder(runs).create();
    for (int number = 1; ; number++) {
      try {
        return new RunFolder(Files.createDirectory(named(runs, time, number)));
      } catch (FileAlreadyExistsException _) {
        // Another run began in the same second.
      }
    }
  }

  private static String now() {
    return LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
  }

  private static Path named(Path runs, String time, int number) {
    return runs.resolve(number == 1 ? time : time + "-" + number);
  }

  /** Whether there is nothing but a lock in a folder, or no such folder. */
  private static boolean isEmpty(RunFolder folder) throws IOException {
    if (!Files.isDirectory(folder.folder())) {
      return true;
    }
    try (Stream<Path> files = Files.list(folder.folder())) {
      return files.allMatch(folder.lock()::equals);
    }
  }

  /**
   * The folder of a run to go on with.
   *
   * @throws UsageException when there is nothing to resume
   */
  static RunFolder resumable(Path given) {
    RunFolder folder = new RunFolder(given);
    for (Path file : List.of(given.resolve(CONFIG), folder.lastCheckpoint())) {
      if (!Files.isRegularFile(file)) {
        throw new UsageException(
            "%s is no run that can be resumed: there is no file %s".formatted(given, file));
      }
    }
    return folder;
  }

  /**
   * The model file that a user means.
   *
   * @param given a model file or a run's folder; null for the newest run in {@code runs}
   * @throws UsageException when there is none
   */
  static Path model(Path given) throws IOException {
    if (given == null) {
      return newestModel()
          .orElseThrow(() ->
              new UsageException(
                  "no --model was given, and the folder runs has none; train one with 'sluice"
                      + " train'"));
    }
    if (!Files.exists(given)) {
      throw new UsageException("there is no model " + given);
    }
    if (!Files.isDirectory(given)) {
      return given;
    }
    Path model = new RunFolder(given).model();
    if (!Files.exists(model)) {
      throw new UsageException("the folder " + given + " has no file " + model.getFileName());
    }
    return model;
  }

  private static Optional<Path> newestModel() throws IOException {
    if (!Files.isDirectory(RUNS)) {
      return Optional.empty();
    }
    Path newest = null;
    FileTime time = null;
    try (Stream<Path> folders = Files.list(RUNS)) {
      for (Path folder : folders.sorted().toList()) {
        Path model = new RunFolder(folder).model();
        if (Files.isRegularFile(model)) {
          FileTime written = Files.getLastModifiedTime(model);
          if (newest == null || written.compareTo(time) >= 0) {
            newest = model;
            time = written;
          }
        }
      }
    }
    return Optional.ofNullable(newest);
  }
}
