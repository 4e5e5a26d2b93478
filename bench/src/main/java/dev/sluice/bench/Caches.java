package dev.sluice.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Sizes of the caches that a core reaches, in bytes.
 *
 * @param l1 of the core, for data
 * @param l2 of the core
 * @param l3 shared by several cores
 */
record Caches(long l1, long l2, long l3) {
  /** What most servers have, where the system does not say. */
  private static final Caches USUAL = new Caches(32 << 10, 1 << 20, 32 << 20);

  /** What Linux says of the first core; else the usual sizes. */
  static Caches ofThisMachine() {
    return read(Path.of("/sys/devices/system/cpu/cpu0/cache"));
  }

  static Caches read(Path folder) {
    Map<String, Long> sizes = new HashMap<>();
    try {
      for (int index = 0; Files.isDirectory(folder.resolve("index" + index)); index++) {
        Path cache = folder.resolve("index" + index);
        if (!line(cache, "type").equals("Instruction")) {
          sizes.put(line(cache, "level"), bytes(line(cache, "size")));
        }
      }
    } catch (IOException | UncheckedIOException | NumberFormatException _) {
      return USUAL;
    }
    return new Caches(
        sizes.getOrDefault("1", USUAL.l1),
        sizes.getOrDefault("2", USUAL.l2),
        sizes.getOrDefault("3", USUAL.l3));
  }

  private static String line(Path cache, String name) throws IOException {
    return Files.readString(cache.resolve(name)).strip();
  }

  /** For example {@code 32K}. */
  private static long bytes(String size) {
    long number = Long.parseLong(size.replaceAll("[KMG]$", ""));
    return switch (size.charAt(size.length() - 1)) {
      case 'K' -> number << 10;
      case 'M' -> number << 20;
      case 'G' -> number << 30;
      default -> number;
    };
  }
}
