package dev.sluice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TextSplitTest {
  private static Corpus corpus(int documents, Random random) {
    List<Document> list = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      list.add(new Document("document " + i, "ab" + Texts.random(random, random.nextInt(400))));
    }
    return new Corpus("test", list);
  }

  private static long characters(List<Document> documents) {
    return documents.stream().mapToLong(Document::characters).sum();
  }

  @Test
  void wholeDocumentsAreHeldOutUpToTheirShare() {
    for (int seed = 0; seed < 20; seed++) {
      Corpus corpus = corpus(200, new Random(seed));
      TextSplit split = TextSplit.of(corpus, SplitMethod.DOCUMENTS, 0.1, 0.05, seed);
      List<Document> all = new ArrayList<>(split.training());
      all.addAll(split.validation());
      all.addAll(split.test());
      assertEquals(corpus.documents().size(), all.size());
      assertEquals(Set.copyOf(corpus.documents()), new HashSet<>(all));
      double share = (double) characters(split.validation()) / corpus.characters();
      assertTrue(share > 0.085 && share <= 0.1, "validation has " + share);
      share = (double) characters(split.test()) / corpus.characters();
      assertTrue(share > 0.035 && share <= 0.05, "test has " + share);
    }
  }

  @Test
  void theOrderAndTheNamesOfTheFilesDoNotMatter() {
    Corpus corpus = corpus(50, new Random(5));
    List<Document> shuffled = new ArrayList<>(corpus.documents());
    Collections.shuffle(shuffled, new Random(6));
    shuffled.replaceAll(document -> new Document("elsewhere/" + document.name(), document.text()));
    TextSplit split = TextSplit.of(corpus, SplitMethod.DOCUMENTS, 0.2, 0.1, 7);
    TextSplit other =
        TextSplit.of(new Corpus("other", shuffled), SplitMethod.DOCUMENTS, 0.2, 0.1, 7);
    assertEquals(texts(split.validation()), texts(other.validation()));
    assertEquals(texts(split.test()), texts(other.test()));
    TextSplit reseeded = TextSplit.of(corpus, SplitMethod.DOCUMENTS, 0.2, 0.1, 8);
    assertNotEquals(texts(split.validation()), texts(reseeded.validation()));
  }

  private static Set<String> texts(List<Document> documents) {
    return documents.stream().map(Document::text).collect(Collectors.toSet());
  }

  @Test
  void everyPartGetsADocumentHoweverSmallItsShare() {
    List<Document> documents =
        List.of(
            new Document("large", "x".repeat(1000)),
            new Document("small", "y"),
            new Document("middle", "z".repeat(100)));
    Corpus corpus = new Corpus("three", documents);
    for (double fraction : new double[] {1e-9, 0.3, 0.45}) {
      for (int seed = 0; seed < 20; seed++) {
        TextSplit split = TextSplit.of(corpus, SplitMethod.DOCUMENTS, fraction, fraction, seed);
        assertEquals(1, split.training().size());
        assertEquals(1, split.validation().size());
        assertEquals(1, split.test().size());
      }
    }
    TextSplit none = TextSplit.of(corpus, SplitMethod.DOCUMENTS, 0, 0, 1);
    assertEquals(documents, none.training());
    assertTrue(none.validation().isEmpty() && none.test().isEmpty());
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                TextSplit.of(
                    new Corpus("two", documents.subList(0, 2)),
                    SplitMethod.DOCUMENTS,
                    0.1,
                    0.1,
                    1));
    assertEquals(
        "the corpus two has 2 documents, too few to divide whole documents into 3 parts: hold out"
            + " the tail of the text instead",
        e.getMessage());
  }

  @Test
  void equalDocumentsAreCountedOneByOne() {
    Document same = new Document("same", "abc");
    TextSplit split =
        TextSplit.of(
            new Corpus("same", List.of(same, same, same, same)),
            SplitMethod.DOCUMENTS,
            0.25,
            0.25,
            1);
    assertEquals(2, split.training().size());
    assertEquals(1, split.validation().size());
    assertEquals(1, split.test().size());
  }

  @Test
  void theTailIsCutAtCharacters() {
    // 20 characters, the last of the first document outside the basic plane.
    Corpus corpus =
        new Corpus(
            "tail",
            List.of(
                new Document("a", "0123456\uD83D\uDE00"),
                new Document("b", "89"),
                new Document("c", "ABCDEFGHIJ")));
    TextSplit split = TextSplit.of(corpus, SplitMethod.TAIL, 0.2, 0.1, 1);
    assertEquals(List.of("0123456\uD83D\uDE00", "89", "ABCD"), split.trainingTexts());
    assertEquals(List.of(new Document("c (characters 4 to 8)", "EFGH")), split.validation());
    assertEquals(List.of(new Document("c (characters 8 to 10)", "IJ")), split.test());
    split = TextSplit.of(corpus, SplitMethod.TAIL, 0.65, 0, 1);
    assertEquals(List.of("0123456"), split.trainingTexts());
    assertEquals("\uD83D\uDE00", split.validation().getFirst().text());
    assertEquals(3, split.validation().size());
    assertTrue(split.test().isEmpty());
    assertThrows(
        IllegalArgumentException.class, () -> TextSplit.of(corpus, SplitMethod.TAIL, 0.99, 0, 1));
  }

  /** 1 - 0.05 - 0.05 is less than 0.9 in binary: no character may be lost by that. */
  @Test
  void roundingErrorsOfTheFractionsMoveNothing() {
    Corpus corpus = new Corpus("hundred", List.of(new Document("a", "x".repeat(100))));
    TextSplit split = TextSplit.of(corpus, SplitMethod.TAIL, 0.05, 0.05, 1);
    assertEquals(90, characters(split.training()));
    assertEquals(5, characters(split.validation()));
    assertEquals(5, characters(split.test()));
  }

  @Test
  void theLastWindowsOfEveryStreamAreHeldOut() {
    String text =
        IntStream.range(0, 1001).mapToObj(Character::toString).collect(Collectors.joining());
    Corpus corpus = new Corpus("streams", List.of(new Document("all", text)));
    TextSplit split = TextSplit.of(corpus, SplitMethod.STREAMS, 0.1, 0.05, 1);
    Tokenizer tokenizer = Tokenizers.fit("char", split.trainingTexts(), Integer.MAX_VALUE);
    // 10 streams of 20 windows of 5 steps: 17 to train on, 2 to validate on, 1 to test on.
    TokenSplit tokens = split.tokens(tokenizer, 10, 5);
    assertEquals(17, tokens.training().windows().count());
    assertEquals(2, tokens.validation().orElseThrow().windows().count());
    assertEquals(1, tokens.test().orElseThrow().windows().count());
    int[] inputs = new int[50];
    int[] targets = new int[50];
    tokens.validation().orElseThrow().windows().fill(0, inputs, targets);
    int[] all = tokenizer.encode(text);
    int[] expected = new int[50];
    for (int i = 0; i < 50; i++) {
      expected[i] = all[i % 10 * 100 + 85 + i / 10];
    }
    assertArrayEquals(expected, inputs);
    assertThrows(IllegalArgumentException.class, () -> split.tokens(tokenizer, 100, 5));
    TextSplit whole = TextSplit.of(corpus, SplitMethod.STREAMS, 0, 0, 1);
    assertEquals(2, whole.tokens(tokenizer, 100, 5).training().windows().count());
  }

  /** 1,115,394 characters, 50 streams, 50 steps, the last 5 % held out. */
  @Test
  void theSplitOfCharRnnHas423And23Windows() {
    Corpus corpus = new Corpus("size", List.of(new Document("size", "ab".repeat(557_697))));
    TextSplit split = TextSplit.of(corpus, SplitMethod.STREAMS, 0.05, 0, 1);
    TokenSplit tokens = split.tokens(new ByteTokenizer(), 50, 50);
    assertEquals(423, tokens.training().windows().count());
    assertEquals(23, tokens.validation().orElseThrow().windows().count());
    assertTrue(tokens.test().isEmpty());
  }

  @Test
  void partsAreTheTokensOfTheirDocuments() {
    Corpus corpus =
        new Corpus(
            "words", List.of(new Document("a", "one two "), new Document("b", "two one  ééé")));
    TextSplit split = TextSplit.of(corpus, SplitMethod.TAIL, 0, 0, 1);
    TokenSplit tokens = split.tokens(new ByteTokenizer(), 1, 22);
    int[] inputs = new int[22];
    int[] targets = new int[22];
    tokens.training().windows().fill(0, inputs, targets);
    assertEquals("one two two one  éé", new ByteTokenizer().decode(inputs, 0, 21));
    assertEquals(20.0 / 23, tokens.training().charactersPerToken(), 1e-12);
    assertTrue(tokens.validation().isEmpty());
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> split.tokens(new ByteTokenizer(), 1, 23));
    assertTrue(e.getMessage().startsWith("the training text has 23 tokens"), e.getMessage());
  }

  @Test
  void fractionsThatLeaveNothingAreRefused() {
    Corpus corpus = corpus(9, new Random(9));
    double[][] wrong = {{-0.1, 0}, {0, -0.1}, {0.5, 0.5}, {1, 0}, {Double.NaN, 0}};
    for (double[] fractions : wrong) {
      assertThrows(
          IllegalArgumentException.class,
          () -> TextSplit.of(corpus, SplitMethod.TAIL, fractions[0], fractions[1], 1));
    }
    Corpus empty = new Corpus("empty", List.of(new Document("nothing", "")));
    assertThrows(
        IllegalArgumentException.class, () -> TextSplit.of(empty, SplitMethod.TAIL, 0.1, 0, 1));
  }
}
