package dev.sluice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizersTest {
  static final List<String> KINDS = Tokenizers.KINDS;
  private static final int ANY = Integer.MAX_VALUE;

  @ParameterizedTest
  @FieldSource("KINDS")
  void decodingWhatWasEncodedGivesTheTextBack(String kind) {
    Random random = new Random(1);
    for (int round = 0; round < 50; round++) {
      String text = "a b" + Texts.random(random, random.nextInt(300));
      Tokenizer tokenizer = Tokenizers.fit(kind, List.of(text), ANY);
      int[] ids = tokenizer.encode(text);
      assertEquals(text, tokenizer.decode(ids));
      assertArrayEquals(ids, tokenizer.encodeKnown(text));
      assertTrue(Arrays.stream(ids).allMatch(id -> id >= 0 && id < tokenizer.size()));
      assertTrue(Arrays.stream(ids).noneMatch(id -> id == tokenizer.unknownId()));
    }
  }

  @ParameterizedTest
  @FieldSource("KINDS")
  void aRestoredTokenizerGivesTheSameIds(String kind) {
    Random random = new Random(2);
    String text = Texts.random(random, 2000);
    Tokenizer fitted = Tokenizers.fit(kind, List.of(text), ANY);
    Tokenizer restored = Tokenizers.restore(fitted.kind(), fitted.pieces());
    assertEquals(kind, restored.kind());
    assertEquals(fitted.size(), restored.size());
    assertEquals(fitted.pieces(), restored.pieces());
    assertEquals(fitted.size(), fitted.pieces().size());
    String other = text.substring(0, 100) + Texts.random(random, 1000);
    assertArrayEquals(fitted.encode(other), restored.encode(other));
  }

  @ParameterizedTest
  @FieldSource("KINDS")
  void theVocabularyDoesNotDependOnHowTheTextIsDividedAtSpaces(String kind) {
    String text = "the cat  saw the other cat; 12 cats, 12 mice\n";
    Tokenizer whole = Tokenizers.fit(kind, List.of(text), ANY);
    Tokenizer parts =
        Tokenizers.fit(
            kind, List.of("the other cat; 12", text.substring(30), "the cat  saw "), ANY);
    assertEquals(whole.pieces(), parts.pieces());
  }

  @ParameterizedTest
  @FieldSource("KINDS")
  void anEmptyTextHasNoTokens(String kind) {
    Tokenizer tokenizer = Tokenizers.fit(kind, List.of("a b"), ANY);
    assertEquals(0, tokenizer.encode("").length);
    assertEquals("", tokenizer.decode(new int[] {1, 2}, 1, 1));
  }

  @ParameterizedTest
  @FieldSource("KINDS")
  void aTextOfOnePieceIsRefused(String kind) {
    var one =
        assertThrows(
            IllegalArgumentException.class,
            () -> Tokenizers.fit(kind, List.of("a", kind.equals("word") ? "" : "aaa"), ANY));
    assertTrue(one.getMessage().contains("repeats a single"), one.getMessage());
    var none =
        assertThrows(
            IllegalArgumentException.class, () -> Tokenizers.fit(kind, List.of("", ""), ANY));
    assertTrue(none.getMessage().contains("no " + (kind.equals("char") ? "character" : kind)));
  }

  @ParameterizedTest
  @FieldSource("KINDS")
  void idsOutsideTheVocabularyAreRefused(String kind) {
    Tokenizer tokenizer = Tokenizers.fit(kind, List.of("a b"), ANY);
    for (int wrong : new int[] {-1, tokenizer.size(), Integer.MAX_VALUE}) {
      var e =
          assertThrows(
              IllegalArgumentException.class, () -> tokenizer.decode(new int[] {1, wrong}));
      assertTrue(e.getMessage().contains("id " + wrong + " at index 1"), e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> new TokenDecoder(tokenizer).next(wrong));
    }
    assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(new int[3], 1, 4));
    assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(new int[3], 2, 1));
  }

  @ParameterizedTest
  @FieldSource("KINDS")
  void decodingTokenByTokenGivesTheTextOfAll(String kind) {
    Random random = new Random(3);
    Tokenizer tokenizer = Tokenizers.fit(kind, List.of(Texts.random(random, 500)), ANY);
    for (int round = 0; round < 500; round++) {
      // Ids at random: for bytes, these are mostly malformed.
      int[] ids = random.ints(random.nextInt(20), 0, tokenizer.size()).toArray();
      if (kind.equals("byte") && round % 2 == 0) {
        byte[] bytes = Texts.random(random, 10).getBytes(StandardCharsets.UTF_8);
        ids = new int[random.nextInt(bytes.length + 1)];
        Arrays.setAll(ids, i -> bytes[i] & 0xFF);
      }
      TokenDecoder decoder = new TokenDecoder(tokenizer);
      StringBuilder text = new StringBuilder();
      for (int id : ids) {
        text.append(decoder.next(id));
      }
      text.append(decoder.end());
      assertEquals(tokenizer.decode(ids), text.toString());
    }
  }

  @Test
  void aCharacterOfSeveralBytesAppearsWithItsLastByte() {
    TokenDecoder decoder = new TokenDecoder(new ByteTokenizer());
    assertEquals("", decoder.next(0xC3));
    assertEquals("é", decoder.next(0xA9));
    assertEquals("", decoder.next(0xF0));
    assertEquals("", decoder.next(0x9F));
    assertEquals("\uFFFD", decoder.end());
    assertEquals("a", decoder.next('a'));
  }

  @Test
  void bytesAreThoseOfUtf8() {
    Tokenizer tokenizer = Tokenizers.fit("byte", List.of("ab"), 3);
    assertEquals(256, tokenizer.size());
    assertEquals(-1, tokenizer.unknownId());
    assertArrayEquals(new int[] {0x61, 0xC3, 0xA9, 0xE2, 0x82, 0xAC}, tokenizer.encode("aé€"));
    assertEquals("a\uFFFDb", tokenizer.decode(new int[] {'a', 0xFF, 'b'}));
    assertEquals("0a", tokenizer.pieces().get(10));
  }

  @Test
  void charactersAreSortedByFrequencyThenCodePoint() {
    Tokenizer tokenizer = Tokenizers.fit("char", List.of("zzzz", "bbaac\uD83D\uDE00\uFF01"), ANY);
    assertEquals(
        List.of("\uFFFD", "z", "a", "b", "c", "\uFF01", "\uD83D\uDE00"), tokenizer.pieces());
    assertArrayEquals(new int[] {6, 1, 0}, tokenizer.encode("\uD83D\uDE00zx"));
    assertEquals("\uD83D\uDE00z\uFFFD", tokenizer.decode(new int[] {6, 1, 0}));
    Tokenizer small = Tokenizers.fit("char", List.of("zzzz", "bbaac"), 3);
    assertEquals(List.of("\uFFFD", "z", "a"), small.pieces());
    assertArrayEquals(new int[] {0, 2, 1}, small.encode("baz"));
  }

  @Test
  void theReplacementCharacterAndHalfSurrogatesAreUnknown() {
    Tokenizer tokenizer = Tokenizers.fit("char", List.of("ab\uFFFD\uFFFD\uFFFD\uD800\uD800"), ANY);
    assertEquals(List.of("\uFFFD", "a", "b"), tokenizer.pieces());
    assertArrayEquals(new int[] {1, 0, 0}, tokenizer.encode("a\uFFFD\uD800"));
    Tokenizer words = Tokenizers.fit("word", List.of("a b \uD800"), ANY);
    assertEquals(List.of("<unk>", " ", "a", "b"), words.pieces());
  }

  @Test
  void wordPiecesAreWordsNumbersSpacesAndSingleMarks() {
    String text =
        "int2 = 42x_y;\n\n    // don't\r\n\u00A0\u00A0e\u0301té (\uD83D\uDE00\uD83D\uDE00)\uD835\uDC00b";
    List<String> pieces = new ArrayList<>();
    for (int at = 0; at < text.length(); ) {
      int end = WordTokenizer.pieceEnd(text, at);
      pieces.add(text.substring(at, end));
      at = end;
    }
    assertEquals(
        List.of(
            "int2",
            " ",
            "=",
            " ",
            "42",
            "x_y",
            ";",
            "\n\n",
            "    ",
            "/",
            "/",
            " ",
            "don",
            "'",
            "t",
            "\r",
            "\n",
            "\u00A0\u00A0",
            "e\u0301té",
            " ",
            "(",
            "\uD83D\uDE00",
            "\uD83D\uDE00",
            ")",
            "\uD835\uDC00b"),
        pieces);
  }

  @Test
  void wordsAreSortedByFrequencyThenCodePoint() {
    String text = "b a b a\uD83D\uDE00\uFF01";
    Tokenizer tokenizer = Tokenizers.fit("word", List.of(text), ANY);
    assertEquals(List.of("<unk>", " ", "a", "b", "\uFF01", "\uD83D\uDE00"), tokenizer.pieces());
    assertArrayEquals(new int[] {3, 1, 0, 1, 2}, tokenizer.encode("b c a"));
    assertEquals("b <unk> a", tokenizer.decode(tokenizer.encode("b c a")));
    assertEquals(List.of("<unk>", " ", "a"), Tokenizers.fit("word", List.of(text), 3).pieces());
  }

  /** Thousands of pieces, so that the table grows many times, against a plain look-up. */
  @Test
  void wordsAreFoundAmongManyOthers() {
    Random random = new Random(4);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      text.append((char) ('a' + random.nextInt(3))).append(random.nextInt(5_000)).append(' ');
    }
    Tokenizer tokenizer = Tokenizers.fit("word", List.of(text.toString()), 4_001);
    assertEquals(4_001, tokenizer.size());
    List<String> pieces = tokenizer.pieces();
    Map<String, Integer> idOf = new HashMap<>();
    for (int id = 0; id < pieces.size(); id++) {
      idOf.put(pieces.get(id), id);
    }
    int[] ids = tokenizer.encode(text.toString());
    String[] words = text.toString().split("(?<= )|(?= )");
    assertEquals(words.length, ids.length);
    for (int i = 0; i < ids.length; i++) {
      assertEquals(idOf.getOrDefault(words[i], 0), ids[i], words[i]);
    }
  }

  @Test
  void wordsWithEqualHashesAreToldApart() {
    assertEquals("Aa".hashCode(), "BB".hashCode());
    Tokenizer tokenizer = Tokenizers.fit("word", List.of("Aa BB"), ANY);
    assertEquals(List.of("<unk>", " ", "Aa", "BB"), tokenizer.pieces());
    assertArrayEquals(new int[] {3, 1, 2, 1, 0}, tokenizer.encode("BB Aa C"));
  }

  @Test
  void anUnknownPieceOfAPromptIsNamedWithItsPosition() {
    Tokenizer characters = Tokenizers.fit("char", List.of("abc"), ANY);
    var e = assertThrows(IllegalArgumentException.class, () -> characters.encodeKnown("ab\tc"));
    assertEquals(
        "the character \"\\t\" (U+0009) at position 3 of \"ab\\tc\" is not among the 3 that the"
            + " model knows: leave it out, or train on text that has it",
        e.getMessage());
    Tokenizer words = Tokenizers.fit("word", List.of("one two"), ANY);
    e = assertThrows(IllegalArgumentException.class, () -> words.encodeKnown("one three two"));
    assertEquals(
        "the word \"three\" at position 5 of \"one three two\" is not among the 3 that the model"
            + " knows: leave it out, or train on text that has it",
        e.getMessage());
  }

  @Test
  void unknownKindsAndTooSmallVocabulariesAreRefused() {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> Tokenizers.fit("bpe", List.of("ab"), ANY));
    assertEquals("there is no tokenizer 'bpe'; choose one of: byte, char, word", e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Tokenizers.restore("bpe", List.of()));
    assertThrows(IllegalArgumentException.class, () -> Tokenizers.fit("char", List.of("ab"), 2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "\uFFFD", "\uFFFD,ab", "\uFFFD,a,", "\uFFFD,a,a", "\uFFFD,\uFFFD"})
  void aSavedVocabularyThatIsNoneOfCharactersIsRefused(String pieces) {
    List<String> list = List.of(pieces.split(",", -1));
    assertThrows(IllegalArgumentException.class, () -> Tokenizers.restore("char", list));
    assertThrows(IllegalArgumentException.class, () -> Tokenizers.restore("byte", list));
    assertThrows(IllegalArgumentException.class, () -> Tokenizers.restore("char", List.of()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "<unk>", "<unk>,a b", "<unk>,a,", "<unk>,a,a", "<unk>,<unk>"})
  void aSavedVocabularyThatIsNoneOfWordsIsRefused(String pieces) {
    List<String> list = List.of(pieces.split(",", -1));
    assertThrows(IllegalArgumentException.class, () -> Tokenizers.restore("word", list));
    assertThrows(IllegalArgumentException.class, () -> Tokenizers.restore("word", List.of()));
  }
}
