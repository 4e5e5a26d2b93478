/** The command line: parses, prints, and leaves the work to {@code dev.sluice.task}. */
package dev.sluice.cli;
