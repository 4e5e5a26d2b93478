package dev.sluice.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The main program of an engine's process. It answers each line that it reads with one line.
 *
 * <pre>
 *   check THREADS CHANGE SEED FILE|WORK   writes {@link Engine#results} of the numbers, changed by
 *                                         CHANGE, to FILE; answers "@checked"
 *   prepare THREADS WORK                  answers "@prepared"
 *   time N                                iterates; answers "@times" and N numbers of nanoseconds
 *   anything that fails                   answers "@failed" and why
 * </pre>
 *
 * Answers begin with "@", since a native library may print what it likes. The end of the input ends
 * the program.
 */
public final class EngineServer {
  /** Begins the answer to what failed; why stands behind it. */
  public static final String FAILED = "@failed";

  /** Answers a request for results. */
  public static final String CHECKED = "@checked";

  /** Answers a request to make ready. */
  public static final String PREPARED = "@prepared";

  /** Begins the answer to a request for times. */
  public static final String TIMES = "@times";

  private final Engine.Factory factory;
  private Engine engine;

  EngineServer(Engine.Factory factory) {
    this.factory = factory;
  }

  /**
   * Serves until the input ends.
   *
   * @param args the name of a class that implements {@link Engine.Factory}
   */
  public static void main(String[] args) throws Exception {
    Signals.endWithParent();
    PrintStream answers = System.out;
    System.setOut(System.err);
    Object factory = Class.forName(args[0]).getDeclaredConstructor().newInstance();
    new EngineServer((Engine.Factory) factory)
        .serve(
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)), answers);
    System.exit(0); // an engine's own threads may not be daemons
  }

  void serve(BufferedReader requests, PrintStream answers) throws IOException {
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      String answer;
      try {
        answer = answer(line);
      } catch (Exception | LinkageError e) {
        e.printStackTrace();
        answer = FAILED + " " + String.valueOf(e).replace('\n', ' ');
      }
      answers.println(answer);
      answers.flush();
    }
    close();
  }

  private String answer(String line) throws Exception {
    String[] word = line.split(" ", 2);
    return switch (word[0]) {
      case "check" -> check(word[1].split(" ", 4));
      case "prepare" -> prepare(word[1].split(" ", 2));
      case "time" -> time(Integer.parseInt(word[1]));
      default -> throw new IllegalArgumentException("unknown request: " + line);
    };
  }

  private String check(String[] word) throws Exception {
    close();
    String[] fileAndWork = word[3].split("\\|", 2);
    Work work = Work.parse(fileAndWork[1]);
    double change = Double.parseDouble(word[1]);
    WorkData data = WorkData.of(work).changed(change, Long.parseLong(word[2]));
    try (Engine checked = factory.prepare(work, data, Integer.parseInt(word[0]))) {
      ArrayFile.write(Path.of(fileAndWork[0]), checked.results());
    }
    return CHECKED;
  }

  private String prepare(String[] word) throws Exception {
    close();
    Work work = Work.parse(word[1]);
    engine = factory.prepare(work, WorkData.of(work), Integer.parseInt(word[0]));
    return PREPARED;
  }

  private String time(int iterations) throws Exception {
    if (engine == null) {
      throw new IllegalStateException("nothing is prepared");
    }
    StringBuilder times = new StringBuilder(TIMES);
    for (int i = 0; i < iterations; i++) {
      long start = System.nanoTime();
      engine.iterate();
      times.append(' ').append(System.nanoTime() - start);
    }
    return times.toString();
  }

  private void close() {
    if (engine != null) {
      engine.close();
      engine = null;
    }
  }
}
