package dev.sluice.cuda;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A 64-bit little-endian ELF shared library in memory, of which the names of needed libraries can
 * be read and replaced.
 *
 * <p>JCuda 12.6 is linked against {@code libcublas.so.12}. The calls used here are the same in CUDA
 * 13, so a copy of JCuda's library that asks for {@code libcublas.so.13} works with it. Three
 * places hold the name: the dynamic section's string table, where the needed entry and the version
 * need point to one string, and the version need's hash of it, which the loader compares first.
 */
final class ElfLibrary {
  private static final int MAGIC = 0x464c457f;
  private static final int PROGRAM_LOAD = 1;
  private static final int PROGRAM_DYNAMIC = 2;
  private static final long TAG_NEEDED = 1;
  private static final long TAG_STRINGS = 5;
  private static final long TAG_VERSION_NEEDS = 0x6ffffffeL;
  private static final long TAG_VERSION_NEED_COUNT = 0x6fffffffL;

  private final ByteBuffer bytes;
  private final List<Integer> neededOffsets = new ArrayList<>();
  private int strings = -1;
  private int versionNeeds = -1;
  private int versionNeedCount;

  /**
   * Reads the headers of a copy of {@code content}.
   *
   * @throws IllegalArgumentException when it is no such library
   */
  ElfLibrary(byte[] content) {
    bytes = ByteBuffer.wrap(content.clone()).order(ByteOrder.LITTLE_ENDIAN);
    if (content.length < 64 || bytes.getInt(0) != MAGIC) {
      throw new IllegalArgumentException("not an ELF file");
    }
    if (bytes.get(4) != 2 || bytes.get(5) != 1) {
      throw new IllegalArgumentException("not a 64-bit little-endian ELF file");
    }
    try {
      readDynamicSection();
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw new IllegalArgumentException("a damaged ELF file: its headers point outside of it", e);
    }
  }

  /**
   * Refuses a file that is no library, or of which a part is missing; reads its headers only.
   *
   * @throws IllegalArgumentException which says what it is instead
   */
  static void requireWhole(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer header = read(channel, 0, 64);
      if (header.limit() < 64 || header.getInt(0) != MAGIC) {
        throw new IllegalArgumentException("it is not a library (no ELF file)");
      }
      int size = header.getShort(0x36);
      ByteBuffer programs = read(channel, header.getLong(0x20), size * header.getShort(0x38));
      long end = header.getLong(0x20) + (long) size * header.getShort(0x38);
      for (int at = 0; at + size <= programs.limit() && size >= 56; at += size) {
        end = Math.max(end, programs.getLong(at + 8) + programs.getLong(at + 32));
      }
      if (channel.size() < end) {
        throw new IllegalArgumentException(
            "it is damaged, %d bytes long where its headers name %d"
                .formatted(channel.size(), end));
      }
    }
  }

  /** Up to so many bytes of a file, fewer at its end. */
  private static ByteBuffer read(FileChannel channel, long from, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.max(0, length)).order(ByteOrder.LITTLE_ENDIAN);
    long at = Math.max(0, from);
    int count = 0;
    while (bytes.hasRemaining() && count >= 0) {
      count = channel.read(bytes, at + bytes.position());
    }
    return bytes.flip();
  }

  /** SysV hash of a symbol version's name (System V ABI, "Hash table"). */
  static int hash(String name) {
    int hash = 0;
    for (byte c : name.getBytes(StandardCharsets.US_ASCII)) {
      hash = (hash << 4) + c;
      int high = hash & 0xf0000000;
      hash = (hash ^ (high >>> 24)) & ~high;
    }
    return hash;
  }

  /** Names of the libraries that the loader must find first. */
  List<String> needed() {
    return neededOffsets.stream().map(offset -> string(strings + offset)).toList();
  }

  /** Names and hashes of the symbol versions wanted of one library. */
  List<VersionNeed> versionNeeds(String library) {
    List<VersionNeed> found = new ArrayList<>();
    int need = versionNeeds;
    for (int n = 0; n < versionNeedCount; n++) {
      if (string(strings + bytes.getInt(need + 4)).equals(library)) {
        int version = need + bytes.getInt(need + 8);
        for (int k = 0; k < bytes.getShort(need + 2); k++) {
          String name = string(strings + bytes.getInt(version + 8));
          found.add(new VersionNeed(name, bytes.getInt(version), version));
          version += bytes.getInt(version + 12);
        }
      }
      need += bytes.getInt(need + 12);
    }
    return found;
  }

  /**
   * One wanted symbol version.
   *
   * @param at where its record begins in the file
   */
  record VersionNeed(String name, int hash, int at) {}

  /**
   * Asks for another library in place of one that is needed now.
   *
   * @param from needed now
   * @param to as long as {@code from}
   * @throws IllegalArgumentException when {@code from} is not needed, or the lengths differ
   */
  void retarget(String from, String to) {
    if (from.length() != to.length()) {
      throw new IllegalArgumentException(from + " and " + to + " differ in length");
    }
    int offset =
        neededOffsets.stream()
            .filter(each -> string(strings + each).equals(from))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("it does not need " + from));
    List<VersionNeed> versions = versionNeeds(from);
    bytes.put(strings + offset, to.getBytes(StandardCharsets.US_ASCII));
    for (VersionNeed version : versions) {
      if (version.name().equals(from)) { // cuBLAS and NVRTC name their version after the file
        bytes.put(strings + bytes.getInt(version.at() + 8), to.getBytes(StandardCharsets.US_ASCII));
        bytes.putInt(version.at(), hash(to));
      }
    }
  }

  /** The library as it is now. */
  byte[] content() {
    return bytes.array().clone();
  }

  private void readDynamicSection() {
    long stringsAddress = -1;
    long needsAddress = -1;
    int headers = Math.toIntExact(bytes.getLong(0x20));
    int headerSize = bytes.getShort(0x36);
    int headerCount = bytes.getShort(0x38);
    for (int h = 0; h < headerCount; h++) {
      int header = headers + h * headerSize;
      if (bytes.getInt(header) == PROGRAM_DYNAMIC) {
        int entry = Math.toIntExact(bytes.getLong(header + 8));
        for (; bytes.getLong(entry) != 0; entry += 16) {
          long tag = bytes.getLong(entry);
          long value = bytes.getLong(entry + 8);
          if (tag == TAG_NEEDED) {
            neededOffsets.add(Math.toIntExact(value));
          } else if (tag == TAG_STRINGS) {
            stringsAddress = value;
          } else if (tag == TAG_VERSION_NEEDS) {
            needsAddress = value;
          } else if (tag == TAG_VERSION_NEED_COUNT) {
            versionNeedCount = Math.toIntExact(value);
          }
        }
      }
    }
    for (int h = 0; h < headerCount; h++) {
      int header = headers + h * headerSize;
      if (bytes.getInt(header) == PROGRAM_LOAD) {
        strings = Math.max(strings, fileOffset(header, stringsAddress));
        versionNeeds = Math.max(versionNeeds, fileOffset(header, needsAddress));
      }
    }
    if (strings < 0 || (versionNeeds < 0 && versionNeedCount > 0)) {
      throw new IllegalArgumentException("an ELF file without a dynamic section");
    }
  }

  /** Where an address of the running library lies in the file, or -1 if not in this segment. */
  private int fileOffset(int header, long address) {
    long offset = bytes.getLong(header + 8);
    long start = bytes.getLong(header + 16);
    long size = bytes.getLong(header + 32);
    return address >= start && address < start + size
        ? Math.toIntExact(address - start + offset)
        : -1;
  }

  private String string(int at) {
    int end = at;
    while (bytes.get(end) != 0) {
      end++;
    }
    return new String(bytes.array(), at, end - at, StandardCharsets.US_ASCII);
  }
}
