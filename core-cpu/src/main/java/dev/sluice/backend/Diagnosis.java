package dev.sluice.backend;

import java.util.List;
import java.util.Optional;

/**
 * What a provider found on this machine, part by part, for people who want to know why a device
 * works or does not.
 *
 * @param standIn whether a stand-in for tests takes the place of the device
 * @param findings in the order in which the parts depend on each other
 */
public record Diagnosis(boolean standIn, List<Finding> findings) {
  /** How a finding is to be taken. */
  public enum Level {
    /** As it is. */
    FACT,
    /** The device cannot be used because of it; the text is one sentence with the remedy. */
    PROBLEM
  }

  /**
   * One part.
   *
   * @param subject what was looked at, in a word or two, for example {@code driver}
   * @param text what was found
   */
  public record Finding(String subject, Level level, String text) {
    /** Something that is as it is. */
    public static Finding fact(String subject, String text) {
      return new Finding(subject, Level.FACT, text);
    }

    /** Something that keeps the device from being used: one sentence with the remedy. */
    public static Finding problem(String subject, String text) {
      return new Finding(subject, Level.PROBLEM, text);
    }
  }

  public Diagnosis {
    findings = List.copyOf(findings);
  }

  /** The first thing that keeps the device from being used, if there is one. */
  public Optional<Finding> problem() {
    return findings.stream().filter(finding -> finding.level() == Level.PROBLEM).findFirst();
  }
}
