package dev.sluice.task;

import dev.sluice.data.Corpus;
import dev.sluice.data.Document;
import dev.sluice.data.SplitMethod;
import dev.sluice.data.TextSplit;
import dev.sluice.data.TokenSplit;
import dev.sluice.data.TokenWindows;
import dev.sluice.data.Tokenizer;
import dev.sluice.data.Tokenizers;
import java.util.List;
import java.util.stream.Collectors;

/** A corpus divided, tokenized and cut into windows: what a {@link LanguageModel} is trained on. */
public final class TextData {
  /** From so many documents on, whole ones are held out by default. */
  private static final int ENOUGH_DOCUMENTS = 10;

  private final TextOptions options;
  private final Tokenizer tokenizer;
  private final TokenWindows training;
  private final EvaluationText validation;
  private final long trainingCharacters;
  private final long validationCharacters;
  private final long fingerprint;
  private final long loadingBytes;

  private TextData(Corpus corpus, TextOptions options, TextSplit split, Tokenizer tokenizer) {
    this.options = options;
    this.tokenizer = tokenizer;
    boolean streams = split.method() == SplitMethod.STREAMS;
    TextSplit windowed =
        streams
            ? split
            : new TextSplit(split.method(), split.training(), List.of(), List.of(), 0, 0);
    TokenSplit tokens = windowed.tokens(tokenizer, options.batch(), options.steps());
    training = tokens.training().windows();
    if (streams) {
      validation =
          tokens
              .validation()
              .map(part -> new HeldOutWindows(part.windows(), tokenizer))
              .orElse(null);
      validationCharacters = validation == null ? 0 : validation.characters();
      trainingCharacters = corpus.characters() - validationCharacters;
    } else {
      validation =
          split.validation().isEmpty()
              ? null
              : new WholeText("validation text", tokenizer, join(split.validation()));
      trainingCharacters = characters(split.training());
      validationCharacters = characters(split.validation());
    }
    fingerprint = fingerprint(corpus);
    loadingBytes = textBytes(corpus) + (corpus.documents().size() > 1 ? 2 : 1) * bytes();
  }

  /**
   * Divides a corpus, fits the tokenizer to its training part, and cuts windows.
   *
   * @throws IllegalArgumentException when the corpus is too small for the options, or its vocabulary
   *     is a single token
   */
  public static TextData of(Corpus corpus, TextOptions options) {
    TextOptions resolved = resolve(options, corpus);
    TextSplit split =
        TextSplit.of(corpus, resolved.split(), resolved.validation(), 0, resolved.seed());
    Tokenizer tokenizer =
        Tokenizers.fit(resolved.tokenizer(), split.trainingTexts(), resolved.maxVocabulary());
    return new TextData(corpus, resolved, split, tokenizer);
  }

  private static TextOptions resolve(TextOptions options, Corpus corpus) {
    if (options.split() != null) {
      return options;
    }
    SplitMethod method =
        corpus.documents().size() >= ENOUGH_DOCUMENTS ? SplitMethod.DOCUMENTS : SplitMethod.TAIL;
    return new TextOptions(
        options.tokenizer(),
        options.maxVocabulary(),
        method,
        options.validation(),
        options.batch(),
        options.steps(),
        options.seed());
  }

  /** The text of documents, one after the other. */
  public static String join(List<Document> documents) {
    return documents.stream().map(Document::text).collect(Collectors.joining());
  }

  private static long characters(List<Document> documents) {
    return documents.stream().mapToLong(Document::characters).sum();
  }

  /** What the texts take as strings: a byte a character, or two where one is beyond Latin-1. */
  private static long textBytes(Corpus corpus) {
    long bytes = 0;
    for (Document document : corpus.documents()) {
      String text = document.text();
      boolean latin = text.chars().allMatch(c -> c < 256);
      bytes += (long) text.length() * (latin ? 1 : 2);
    }
    return bytes;
  }

  private static long fingerprint(Corpus corpus) {
    long hash = corpus.documents().size();
    for (Document document : corpus.documents()) {
      hash = hash * 0x100000001B3L + document.text().hashCode();
    }
    return hash;
  }

  /** How it was made, the split resolved. */
  public TextOptions options() {
    return options;
  }

  /** The vocabulary of the training part. */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** Windows of the training part. */
  public TokenWindows training() {
    return training;
  }

  /** The validation part; null when nothing is held out. */
  EvaluationText validation() {
    return validation;
  }

  /** Code points of the training part. */
  public long trainingCharacters() {
    return trainingCharacters;
  }

  /** Code points of the validation part; 0 when nothing is held out. */
  public long validationCharacters() {
    return validationCharacters;
  }

  /**
   * A mean loss on the validation part as a score.
   *
   * @param natsPerToken as {@link LanguageModelProblem#evaluate} gives it
   * @throws IllegalStateException when nothing is held out
   */
  public TextScore score(double natsPerToken) {
    if (validation == null) {
      throw new IllegalStateException("nothing is held out for validation");
    }
    long tokens = validation.tokens();
    return new TextScore(
        natsPerToken * tokens, tokens, validation.characters(), validation.unknownTokens());
  }

  /** Bytes of the tokens in memory. */
  long bytes() {
    long trained = training.count() * options.batch() * options.steps();
    long held =
        validation == null ? 0 : validation.windows() * validation.batch() * validation.steps();
    return (trained + held) * Integer.BYTES;
  }

  /** Bytes that text and tokens took together while the corpus was divided. */
  long loadingBytes() {
    return loadingBytes;
  }

  /** A number that changes when a text of the corpus does, to tell whether a run may be resumed. */
  public long fingerprint() {
    return fingerprint;
  }
}
