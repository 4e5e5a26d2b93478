package dev.sluice.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A corpus divided into what is trained on and what is held out.
 *
 * @param method how it was divided
 * @param training documents to train on; with {@link SplitMethod#STREAMS} all of them
 * @param validation documents to validate on; empty with {@link SplitMethod#STREAMS}, or when
 *     nothing is held out
 * @param test as {@code validation}, for the final test
 * @param validationFraction share of the text wanted for validation
 * @param testFraction share of the text wanted for the final test
 */
public record TextSplit(
    SplitMethod method,
    List<Document> training,
    List<Document> validation,
    List<Document> test,
    double validationFraction,
    double testFraction) {
  /** Takes copies of the lists. */
  public TextSplit {
    training = List.copyOf(training);
    validation = List.copyOf(validation);
    test = List.copyOf(test);
  }

  /**
   * Divides a corpus.
   *
   * @param validationFraction share of the characters to hold out for validation, 0 or more; 0
   *     makes no such part
   * @param testFraction share of the characters to hold out for the final test, likewise; the two
   *     together below 1
   * @param seed decides which documents are held out by {@link SplitMethod#DOCUMENTS}; the other
   *     methods ignore it
   * @throws IllegalArgumentException when the fractions are out of range or the corpus is too small
   *     to be divided so
   */
  public static TextSplit of(
      Corpus corpus,
      SplitMethod method,
      double validationFraction,
      double testFraction,
      long seed) {
    if (!(validationFraction >= 0 && testFraction >= 0 && validationFraction + testFraction < 1)) {
      throw new IllegalArgumentException(
          "the fractions "
              + validationFraction
              + " for validation and "
              + testFraction
              + " for the test must be 0 or more and leave something to train on");
    }
    if (corpus.characters() == 0) {
      throw new IllegalArgumentException("the corpus " + corpus.name() + " has no text");
    }
    return switch (method) {
      case DOCUMENTS -> byDocuments(corpus, validationFraction, testFraction, seed);
      case TAIL -> tail(corpus, validationFraction, testFraction);
      case STREAMS ->
          new TextSplit(
              method, corpus.documents(), List.of(), List.of(), validationFraction, testFraction);
    };
  }

  private static TextSplit byDocuments(
      Corpus corpus, double validationFraction, double testFraction, long seed) {
    int parts = 1 + (validationFraction > 0 ? 1 : 0) + (testFraction > 0 ? 1 : 0);
    if (corpus.documents().size() < parts) {
      throw new IllegalArgumentException(
          "the corpus "
              + corpus.name()
              + " has "
              + corpus.documents().size()
              + (corpus.documents().size() == 1 ? " document" : " documents")
              + ", too few to divide whole documents into "
              + parts
              + " parts: hold out the tail of the text instead");
    }
    List<Candidate> left = candidates(corpus.documents(), seed);
    double characters = corpus.characters();
    List<Document> validation =
        take(corpus.documents(), left, validationFraction * characters, parts - 1);
    List<Document> test = take(corpus.documents(), left, testFraction * characters, 1);
    List<Document> training = inOrder(corpus.documents(), left);
    return new TextSplit(
        SplitMethod.DOCUMENTS, training, validation, test, validationFraction, testFraction);
  }

  /** A document by its place in the corpus. */
  private record Candidate(int index, String name, long characters, long hash) {}

  private static List<Candidate> candidates(List<Document> documents, long seed) {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < documents.size(); i++) {
      Document document = documents.get(i);
      candidates.add(
          new Candidate(i, document.name(), document.characters(), hash(document.text(), seed)));
    }
    candidates.sort(Comparator.comparingLong(Candidate::hash).thenComparing(Candidate::name));
    return candidates;
  }

  /**
   * Moves documents out of {@code left} until {@code spare} are left or nine tenths of the share are
   * taken: to look for small ones that fill the rest would hold out more small ones than there are.
   */
  private static List<Document> take(
      List<Document> documents, List<Candidate> left, double share, int spare) {
    List<Candidate> taken = new ArrayList<>();
    if (share > 0) {
      double free = share;
      for (Candidate candidate : List.copyOf(left)) {
        if (candidate.characters() <= free && free > 0.1 * share && left.size() > spare) {
          free -= candidate.characters();
          taken.add(candidate);
          left.remove(candidate);
        }
      }
      if (taken.isEmpty()) {
        Candidate smallest = Collections.min(left, Comparator.comparingLong(Candidate::characters));
        taken.add(smallest);
        left.remove(smallest);
      }
    }
    return inOrder(documents, taken);
  }

  private static List<Document> inOrder(List<Document> documents, List<Candidate> chosen) {
    return chosen.stream().mapToInt(Candidate::index).sorted().mapToObj(documents::get).toList();
  }

  /** FNV-1a over the characters, begun from the seed, and mixed as in SplitMix64. */
  private static long hash(String text, long seed) {
    long hash = 0xCBF29CE484222325L ^ mix(seed);
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001B3L;
    }
    return mix(hash);
  }

  private static long mix(long value) {
    long mixed = value + 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
    return mixed ^ mixed >>> 31;
  }

  private static TextSplit tail(Corpus corpus, double validationFraction, double testFraction) {
    long characters = corpus.characters();
    long trainingEnd = share(characters, 1 - validationFraction - testFraction);
    long testStart = characters - share(characters, testFraction);
    return new TextSplit(
        SplitMethod.TAIL,
        cut(corpus, "training", 0, trainingEnd),
        validationFraction > 0 ? cut(corpus, "validation", trainingEnd, testStart) : List.of(),
        testFraction > 0 ? cut(corpus, "test", testStart, characters) : List.of(),
        validationFraction,
        testFraction);
  }

  /** A fraction of a whole, rounded down, but not for the sake of a fraction's rounding error. */
  private static long share(long whole, double fraction) {
    return (long) (whole * fraction + 1e-6);
  }

  /** The characters {@code from..to} of all documents put together. */
  private static List<Document> cut(Corpus corpus, String part, long from, long to) {
    List<Document> documents = new ArrayList<>();
    long start = 0;
    for (Document document : corpus.documents()) {
      long length = document.characters();
      long first = Math.clamp(from - start, 0, length);
      long last = Math.clamp(to - start, 0, length);
      if (first == 0 && last == length && length > 0) {
        documents.add(document);
      } else if (first < last) {
        String text = document.text();
        int begin = text.offsetByCodePoints(0, (int) first);
        int end = text.offsetByCodePoints(begin, (int) (last - first));
        documents.add(
            new Document(
                document.name() + " (characters " + first + " to " + last + ")",
                text.substring(begin, end)));
      }
      start += length;
    }
    if (documents.isEmpty()) {
      throw new IllegalArgumentException(
          "the corpus "
              + corpus.name()
              + " has "
              + corpus.characters()
              + " characters, too few to leave any for the "
              + part
              + " part");
    }
    return documents;
  }

  /** The training texts: what a tokenizer is fitted to. */
  public List<String> trainingTexts() {
    return training.stream().map(Document::text).toList();
  }

  /**
   * The parts as windows of tokens. The documents of a part are put together in their order.
   *
   * @param batch sequences in parallel, B
   * @param steps tokens of a sequence in one window, T
   * @throws IllegalArgumentException when a part is smaller than one window
   */
  public TokenSplit tokens(Tokenizer tokenizer, int batch, int steps) {
    if (method == SplitMethod.STREAMS) {
      return streams(tokenizer, batch, steps);
    }
    return new TokenSplit(
        part("training text", training, tokenizer, batch, steps),
        validation.isEmpty()
            ? Optional.empty()
            : Optional.of(part("validation text", validation, tokenizer, batch, steps)),
        test.isEmpty()
            ? Optional.empty()
            : Optional.of(part("test text", test, tokenizer, batch, steps)));
  }

  private static TokenSplit.Part part(
      String name, List<Document> documents, Tokenizer tokenizer, int batch, int steps) {
    int[] tokens = encode(name, documents, tokenizer);
    return new TokenSplit.Part(
        new TokenWindows(name, tokens, batch, steps), charactersPerToken(documents, tokens));
  }

  private TokenSplit streams(Tokenizer tokenizer, int batch, int steps) {
    int[] tokens = encode("text", training, tokenizer);
    TokenWindows all = new TokenWindows("text", tokens, batch, steps);
    double charactersPerToken = charactersPerToken(training, tokens);
    long trainingEnd = share(all.count(), 1 - validationFraction - testFraction);
    long testStart = all.count() - share(all.count(), testFraction);
    if (trainingEnd == 0
        || validationFraction > 0 && testStart == trainingEnd
        || testFraction > 0 && testStart == all.count()) {
      throw new IllegalArgumentException(
          "the text fills "
              + all.count()
              + " windows of "
              + batch
              + " sequences with "
              + steps
              + " steps, too few to hold some out: use a smaller batch, fewer steps or more text");
    }
    return new TokenSplit(
        new TokenSplit.Part(all.part("training text", 0, trainingEnd), charactersPerToken),
        validationFraction > 0
            ? Optional.of(
                new TokenSplit.Part(
                    all.part("validation text", trainingEnd, testStart), charactersPerToken))
            : Optional.empty(),
        testFraction > 0
            ? Optional.of(
                new TokenSplit.Part(
                    all.part("test text", testStart, all.count()), charactersPerToken))
            : Optional.empty());
  }

  private static double charactersPerToken(List<Document> documents, int[] tokens) {
    return (double) documents.stream().mapToLong(Document::characters).sum() / tokens.length;
  }

  private static int[] encode(String name, List<Document> documents, Tokenizer tokenizer) {
    List<int[]> encoded = new ArrayList<>();
    long total = 0;
    for (Document document : documents) {
      int[] tokens = tokenizer.encode(document.text());
      encoded.add(tokens);
      total += tokens.length;
    }
    if (total > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "the "
              + name
              + " has "
              + total
              + " tokens, more than the 2^31 that fit into one run:"
              + " leave some files out");
    }
    if (encoded.size() == 1) {
      return encoded.getFirst();
    }
    int[] tokens = new int[(int) total];
    int at = 0;
    for (int[] part : encoded) {
      System.arraycopy(part, 0, tokens, at, part.length);
      at += part.length;
    }
    return tokens;
  }
}
