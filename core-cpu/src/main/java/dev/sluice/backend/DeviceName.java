package dev.sluice.backend;

/**
 * A device as users name it: {@code cpu}, {@code cuda}, or {@code cuda:1} for the GPU of that index.
 *
 * @param kind what stands before the colon, or all of it
 * @param index from 0; -1 when none is given
 */
public record DeviceName(String kind, int index) {
  /**
   * Reads a name.
   *
   * @throws IllegalArgumentException when what follows the colon is no index, or the device has none
   */
  public static DeviceName of(String name) {
    int colon = name.indexOf(':');
    if (colon < 0) {
      return new DeviceName(name, -1);
    }
    String kind = name.substring(0, colon);
    String index = name.substring(colon + 1);
    if (!kind.equals("cuda")) {
      throw new IllegalArgumentException(
          "the device '%s' has an index, which only GPUs have; use '%s', or 'cuda:%s'"
              .formatted(name, kind, index));
    }
    if (!index.matches("[0-9]{1,6}")) {
      throw new IllegalArgumentException(
          "the device '%s' has no index after its colon; the first GPU is cuda:0".formatted(name));
    }
    return new DeviceName(kind, Integer.parseInt(index));
  }
}
