package dev.sluice.train;

/** Why a training run ended. */
public enum StopReason {
  /** All epochs that were asked for are done. */
  EPOCHS("all epochs are done"),
  /** The number of steps that was asked for is done. */
  STEPS("the number of steps is reached"),
  /** The time that was given is used up. */
  TIME("the time is used up"),
  /** The validation loss has not improved for as many validations as the patience allows. */
  EARLY_STOPPING("the validation loss no longer improves"),
  /** Someone asked for it: {@link Trainer#requestStop()}. */
  INTERRUPTED("it was asked to stop"),
  /** Too many steps in a row had a loss or gradients that were not finite. */
  NOT_FINITE("loss or gradients are not finite"),
  /** The device's memory was full. */
  OUT_OF_MEMORY("the device has no memory left");

  private final String words;

  StopReason(String words) {
    this.words = words;
  }

  /** The reason as the end of a sentence that begins with "training ended because". */
  public String words() {
    return words;
  }
}
