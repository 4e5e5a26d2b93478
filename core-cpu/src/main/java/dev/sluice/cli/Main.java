package dev.sluice.cli;

import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
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
    description = "Trains and runs LSTM, GRU and RNN language models on the JVM.",
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
    },
    footer = {
      "",
      "'sluice train' without options trains on the sources of the running JDK for 90 seconds.",
      "'sluice COMMAND --help' lists the options of a command."
    })
public final class Main implements Runnable {
  static final String VERSION = "0.1.0";

  private static final Runtime.Version OLDEST = Runtime.Version.parse("25.0.3");

  @Spec private CommandSpec spec;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      order = 1000,
      description = "Show the stack trace of a failure.")
  private boolean debug;

  private Main() {}

  /** Runs the command line and ends the JVM with its exit code. */
  public static void main(String[] args) {
    int code = run(args, System.out, System.err);
    System.out.flush();
    System.exit(code);
  }

  /**
   * Runs the command line.
   *
   * @param out receives results, as UTF-8
   * @param err receives errors and notes, as UTF-8
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
    Main main = new Main();
    CommandLine line = new CommandLine(main);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpLongOptionsMaxWidth(28);
    line.setOut(new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true));
    line.setErr(new PrintWriter(new OutputStreamWriter(err, StandardCharsets.UTF_8), true));
    line.setParameterExceptionHandler((problem, _) -> main.wrongUsage(problem));
    line.setExecutionExceptionHandler((problem, command, _) -> main.failed(problem, command));
    try {
      return line.execute(args);
    } catch (OutOfMemoryError problem) {
      return main.failed(problem, line);
    }
  }

  /** Without a command there is nothing to do but explain. */
  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a command is missing: train, generate, eval, info or parity");
  }

  private int wrongUsage(ParameterException problem) {
    CommandLine command = problem.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("sluice: " + problem.getMessage());
    err.println("'" + command.getCommandSpec().qualifiedName() + " --help' lists the options.");
    showTrace(problem, err);
    return CommandLine.ExitCode.USAGE;
  }

  private int failed(Throwable problem, CommandLine command) {
    PrintWriter err = command.getErr();
    command.getOut().flush();
    err.println("sluice: " + Failures.sentence(problem));
    showTrace(problem, err);
    return problem instanceof UsageException
        ? CommandLine.ExitCode.USAGE
        : CommandLine.ExitCode.SOFTWARE;
  }

  private void showTrace(Throwable problem, PrintWriter err) {
    if (debug) {
      problem.printStackTrace(err);
    }
    err.flush();
  }
}
