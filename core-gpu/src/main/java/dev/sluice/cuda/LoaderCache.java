package dev.sluice.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The dynamic loader's list of libraries, {@code /etc/ld.so.cache} as glibc 2.2 and newer write it.
 */
final class LoaderCache {
  private static final byte[] MAGIC = "glibc-ld.so.cache1.1".getBytes(StandardCharsets.US_ASCII);
  private static final int HEADER = 48;
  private static final int ENTRY = 24;

  private LoaderCache() {}

  /** Paths by file name, the first of each name; empty when the file is of another form. */
  static Map<String, String> read(byte[] content) {
    Map<String, String> paths = new LinkedHashMap<>();
    int start = find(content);
    if (start < 0) {
      return paths;
    }
    ByteBuffer cache = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    try {
      int count = cache.getInt(start + MAGIC.length);
      for (int n = 0; n < count; n++) {
        int entry = start + HEADER + n * ENTRY;
        String name = string(content, start + cache.getInt(entry + 4));
        paths.putIfAbsent(name, string(content, start + cache.getInt(entry + 8)));
      }
    } catch (IndexOutOfBoundsException e) {
      return Map.of(); // cut off: what it would have named is looked for elsewhere
    }
    return paths;
  }

  /** An older table may stand before the one that is read here. */
  private static int find(byte[] content) {
    for (int at = 0; at + HEADER <= content.length; at++) {
      int k = 0;
      while (k < MAGIC.length && content[at + k] == MAGIC[k]) {
        k++;
      }
      if (k == MAGIC.length) {
        return at;
      }
    }
    return -1;
  }

  private static String string(byte[] content, int at) {
    int end = at;
    while (content[end] != 0) {
      end++;
    }
    return new String(content, at, end - at, StandardCharsets.UTF_8);
  }
}
