package dev.sluice.format;

/**
 * What a file's header says about one array.
 *
 * @param name unique in its file
 * @param type of the elements as they are stored
 * @param shape extents, outermost first; not to be modified
 * @param begin first byte, counted from the end of the header
 * @param end the byte after the last one
 */
public record ArrayInfo(String name, ElementType type, int[] shape, long begin, long end) {
  /** Number of elements. */
  public long elements() {
    return (end - begin) / type.bytes();
  }
}
