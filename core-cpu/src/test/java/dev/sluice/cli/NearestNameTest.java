package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestNameTest {
  @Test
  void theDistanceCountsSingleCharacterEdits() {
    assertEquals(0, NearestName.distance("", ""));
    assertEquals(3, NearestName.distance("", "abc"));
    assertEquals(3, NearestName.distance("abc", ""));
    assertEquals(1, NearestName.distance("hiden", "hidden"));
    assertEquals(3, NearestName.distance("kitten", "sitting"));
  }

  @Test
  void theNearestNameWinsAndTiesGoByTheAlphabet() {
    assertEquals("hidden", NearestName.of("hiden", List.of("layers", "hidden", "lr")));
    assertEquals("aa", NearestName.of("a", List.of("ab", "aa")));
  }
}
