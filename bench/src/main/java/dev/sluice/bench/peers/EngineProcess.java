package dev.sluice.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * An engine in a process of its own, which runs while it has a request to answer and is stopped
 * otherwise.
 */
public final class EngineProcess implements AutoCloseable {
  private static final String END = "";
  private static final int SHOWN_LINES = 3;

  private final String title;
  private final Duration patience;
  private final Process process;
  private final Path errors;
  private final Writer requests;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  /**
   * Starts a process that answers each line it reads with a line that begins with "@", such as
   * {@link EngineServer}.
   *
   * @param title for messages
   * @param command with arguments
   * @param environment variables to add
   * @param patience how long an answer may take
   */
  public EngineProcess(
      String title, List<String> command, Map<String, String> environment, Duration patience)
      throws IOException {
    this.title = title;
    this.patience = patience;
    errors = Files.createTempFile("sluice-peer", ".log");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().putAll(environment);
    process = builder.start();
    requests = process.outputWriter(StandardCharsets.UTF_8);
    Thread reader = new Thread(this::read, title + " answers");
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("@")) {
          answers.add(line);
        }
      }
    } catch (IOException e) {
      // The process was ended while it was read: as the end of its output.
    }
    answers.add(END);
  }

  /** Its number in the system. */
  long pid() {
    return process.pid();
  }

  /** Computes what is compared into a file. */
  void check(Work work, int threads, double change, long seed, Path file) throws PeerException {
    request(
        "check %d %s %d %s|%s".formatted(threads, change, seed, file, work.toWords()),
        EngineServer.CHECKED);
  }

  /** Makes ready for {@link #time}. */
  void prepare(Work work, int threads) throws PeerException {
    request("prepare %d %s".formatted(threads, work.toWords()), EngineServer.PREPARED);
  }

  /** Does the prepared work several times; nanoseconds of each. */
  long[] time(int iterations) throws PeerException {
    return times("time " + iterations, iterations, patience);
  }

  /** The nanoseconds of some iterations that a request is answered with. */
  public long[] times(String line, int iterations, Duration limit) throws PeerException {
    String[] words = request(line, EngineServer.TIMES, limit).split(" ");
    long[] nanos = new long[words.length - 1];
    for (int i = 0; i < nanos.length; i++) {
      nanos[i] = Long.parseLong(words[i + 1]);
    }
    if (nanos.length != iterations) {
      throw new PeerException(
          "%s timed %d iterations where %d were asked for"
              .formatted(title, nanos.length, iterations));
    }
    return nanos;
  }

  private String request(String line, String expected) throws PeerException {
    return request(line, expected, patience);
  }

  /**
   * Lets the process answer a line.
   *
   * @param expected what the answer must begin with
   * @param limit how long it may take
   * @return the answer
   * @throws PeerException when it failed, ended, answered something else, or took longer
   */
  public String request(String line, String expected, Duration limit) throws PeerException {
    String answer;
    try {
      Signals.resume(pid());
      requests.write(line + "\n");
      requests.flush();
      answer = answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (IOException | IllegalStateException e) {
      throw new PeerException(ended(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException(title + " was interrupted", e);
    }
    if (answer == null) {
      throw new PeerException(
          "%s did not answer \"%s\" within %d seconds".formatted(title, line, limit.toSeconds()));
    }
    if (answer.equals(END)) {
      throw new PeerException(ended());
    }
    Signals.stop(pid());
    if (answer.startsWith(EngineServer.FAILED)) {
      throw new PeerException(
          title + " failed: " + answer.substring(EngineServer.FAILED.length()).strip());
    }
    if (!answer.startsWith(expected)) {
      throw new PeerException("%s answered \"%s\" to \"%s\"".formatted(title, answer, line));
    }
    return answer;
  }

  /** What to say about a process that ended by itself. */
  private String ended() {
    String code = "";
    String said = "";
    try {
      if (process.waitFor(1, TimeUnit.SECONDS)) {
        code = " with exit code " + process.exitValue();
      }
      List<String> lines =
          Files.readString(errors, StandardCharsets.ISO_8859_1)
              .lines()
              .filter(line -> !line.startsWith("\tat "))
              .toList();
      said =
          String.join(" / ", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size()));
    } catch (IOException e) {
      said = e.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return "the process of %s ended%s%s"
        .formatted(title, code, said.isBlank() ? "" : "; its last lines: " + said);
  }

  /**
   * Ends the input and waits until the process has ended by itself.
   *
   * @throws PeerException when that takes longer than {@code limit}, or it ended with a failure
   */
  public void finish(Duration limit) throws PeerException {
    try {
      Signals.resume(pid());
      requests.close();
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new PeerException(
            "%s did not end within %d seconds".formatted(title, limit.toSeconds()));
      }
      if (process.exitValue() != 0) {
        throw new PeerException(ended());
      }
    } catch (IOException | IllegalStateException e) {
      throw new PeerException(ended(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException(title + " was interrupted", e);
    } finally {
      close();
    }
  }

  /** Ends the process; whatever becomes of its log, the other engines are to be ended too. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
      Files.deleteIfExists(errors);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException _) {
      // a file that stays in the folder for temporary ones
    }
  }
}
