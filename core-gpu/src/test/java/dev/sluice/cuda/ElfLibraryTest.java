package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The ELF patcher on JCuda's own libraries, as they lie in its jars. */
class ElfLibraryTest {
  @Test
  void readsWhatALibraryNeeds() {
    ElfLibrary driver = new ElfLibrary(Natives.resource("libJCudaDriver"));
    assertTrue(driver.needed().contains("libcuda.so.1"));
    assertTrue(driver.versionNeeds("libcuda.so.1").isEmpty(), "the driver has no versions");

    ElfLibrary cublas = new ElfLibrary(Natives.resource("libJCublas2"));
    assertTrue(cublas.needed().contains("libcublas.so.12"));
    List<ElfLibrary.VersionNeed> needs = cublas.versionNeeds("libcublas.so.12");
    assertEquals(1, needs.size());
    assertEquals("libcublas.so.12", needs.getFirst().name());
    assertEquals(ElfLibrary.hash("libcublas.so.12"), needs.getFirst().hash());
  }

  /** The example of the System V ABI's readers: the hash of glibc's first version. */
  @Test
  void hashesVersionsAsTheLoaderDoes() {
    assertEquals(0x09691a75, ElfLibrary.hash("GLIBC_2.2.5"));
  }

  @Test
  void retargetsNameAndVersionAndNothingElse() {
    for (String[] names :
        new String[][] {
          {"libJCublas2", "libcublas.so.12", "libcublas.so.13"},
          {"libJNvrtc", "libnvrtc.so.12", "libnvrtc.so.13"}
        }) {
      byte[] before = Natives.resource(names[0]);
      ElfLibrary elf = new ElfLibrary(before);
      elf.retarget(names[1], names[2]);
      byte[] after = elf.content();

      ElfLibrary read = new ElfLibrary(after);
      assertTrue(read.needed().contains(names[2]));
      assertFalse(read.needed().contains(names[1]));
      ElfLibrary.VersionNeed need = read.versionNeeds(names[2]).getFirst();
      assertEquals(names[2], need.name());
      assertEquals(ElfLibrary.hash(names[2]), need.hash());

      int differing = 0;
      for (int i = 0; i < before.length; i++) {
        differing += before[i] == after[i] ? 0 : 1;
      }
      // One digit of the name, which both entries share, and one byte of the hash.
      assertEquals(2, differing, names[0]);

      read.retarget(names[2], names[1]);
      assertArrayEquals(before, read.content(), "there and back");
    }
  }

  @Test
  void refusesWhatItCannotDo() {
    byte[] content = Natives.resource("libJNvrtc");
    ElfLibrary elf = new ElfLibrary(content);
    assertThrows(
        IllegalArgumentException.class, () -> elf.retarget("libnvrtc.so.11", "libnvrtc.so.13"));
    assertThrows(
        IllegalArgumentException.class, () -> elf.retarget("libnvrtc.so.12", "libnvrtc.so.9"));
    assertArrayEquals(content, elf.content());
    assertThrows(IllegalArgumentException.class, () -> new ElfLibrary(new byte[100]));
    assertThrows(IllegalArgumentException.class, () -> new ElfLibrary(Arrays.copyOf(content, 200)));
    byte[] narrow = content.clone();
    narrow[4] = 1; // 32-bit
    assertThrows(IllegalArgumentException.class, () -> new ElfLibrary(narrow));
  }
}
