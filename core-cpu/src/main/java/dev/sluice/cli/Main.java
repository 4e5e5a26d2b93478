package dev.sluice.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line. Exit codes: 0 done, 1 failed, 2 wrong usage. */
@Command(
    name = "sluice",
    description = {
      "Trains and runs LSTM, GRU and RNN language models on the JVM.",
      "",
      "'sluice train' without options trains on the sources of the running JDK for 90 seconds;",
      "'sluice COMMAND --help' lists the options of a command.",
      ""
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    version = "sluice " + Main.VERSION,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    usageHelpAutoWidth = true,
    subcommands = {
      TrainCommand.class,
      GenerateCommand.class,
      EvalCommand.class,
      InfoCommand.class,
      ParityCommand.class
    })
public final class Main implements Runnable {
  /** Of this program. */
  public static final String VERSION = "0.1.0";

  /** The sentence for results that nobody received. */
  static final String OUTPUT_LOST =
      "the output could not be written: its reader has gone or its disk is full";

  private static final Runtime.Version OLDEST = Runtime.Version.parse("25.0.3");

  @Spec private CommandSpec spec;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      order = 1000,
      description = "Show the stack trace of a failure.")
  private boolean debug;

  private final PrintStream out;
  private final PrintStream err;

  private Main(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** For results. */
  PrintStream out() {
    return out;
  }

  /** For errors, and for progress when results are for a program. */
  PrintStream err() {
    return err;
  }

  /** Runs the command line and ends the JVM with its exit code. */
  public static void main(String[] args) {
    int code = run(args, System.out, System.err);
    System.out.flush();
    System.exit(code);
  }

  /**
   * Runs the command line.
   *
   * @param out receives results
   * @param err receives errors and notes
   * @return the exit code
   */
  public static int run(String[] args, PrintStream out, PrintStream err) {
    if (Runtime.version().compareToIgnoreOptional(OLDEST) < 0) {
      err.printf(
          "sluice: install a JDK %s or newer; this is %s, and JDK 25.0.0 to 25.0.2 can corrupt"
              + " arrays passed to native code (JDK-8377811).%n",
          OLDEST, Runtime.version());
      return 1;
    }
    Main main = new Main(out, err);
    CommandLine line = new CommandLine(main);
    ServiceLoader.load(CommandProvider.class)
        .forEach(provider -> line.addSubcommand(provider.command(out, err)));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpLongOptionsMaxWidth(28);
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    line.setParameterExceptionHandler((problem, _) -> main.wrongUsage(problem));
    line.setExecutionExceptionHandler((problem, _, _) -> main.failed(problem));
    try {
      int code = line.execute(args);
      return code == CommandLine.ExitCode.OK && out.checkError()
          ? main.failed(new IOException(OUTPUT_LOST))
          : code;
    } catch (OutOfMemoryError problem) {
      return main.failed(problem);
    }
  }

  /** Without a command there is nothing to do but explain. */
  @Override
  public void run() {
    List<String> names = new ArrayList<>(spec.subcommands().keySet());
    String last = names.removeLast();
    throw new ParameterException(
        spec.commandLine(), "a command is missing: " + String.join(", ", names) + " or " + last);
  }

  private int wrongUsage(ParameterException problem) {
    CommandLine command = problem.getCommandLine();
    err.println("sluice: " + UsageMessages.sentence(problem));
    err.println("'" + command.getCommandSpec().qualifiedName() + " --help' lists the options.");
    showTrace(problem);
    return CommandLine.ExitCode.USAGE;
  }

  private int failed(Throwable problem) {
    out.flush();
    err.println("sluice: " + Failures.sentence(problem));
    showTrace(problem);
    return problem instanceof UsageException
        ? CommandLine.ExitCode.USAGE
        : CommandLine.ExitCode.SOFTWARE;
  }

  private void showTrace(Throwable problem) {
    if (debug) {
      problem.printStackTrace(err);
    }
    err.flush();
  }
}
