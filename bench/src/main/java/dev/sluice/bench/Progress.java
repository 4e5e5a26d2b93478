package dev.sluice.bench;

import java.io.Console;
import java.io.PrintStream;
import java.util.function.Consumer;

/** What is being measured: on a terminal one line that is rewritten, elsewhere nothing. */
final class Progress implements Consumer<String> {
  private static final int WIDTH = 79;

  private final PrintStream err;
  private final boolean terminal;
  private int shown;

  Progress(PrintStream err) {
    this.err = err;
    Console console = System.console();
    terminal = console != null && console.isTerminal();
  }

  @Override
  public void accept(String what) {
    if (terminal) {
      String line = what.length() > WIDTH ? what.substring(0, WIDTH) : what;
      err.print('\r' + line + " ".repeat(Math.max(0, shown - line.length())));
      err.flush();
      shown = line.length();
    }
  }

  /** Takes the line away. */
  void clear() {
    if (shown > 0) {
      err.print('\r' + " ".repeat(shown) + '\r');
      err.flush();
      shown = 0;
    }
  }
}
