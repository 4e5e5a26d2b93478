package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trains, resumes, repeats, generates and evaluates through the command line. */
class TrainCommandTest {
  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = Files.writeString(folder.resolve("text.txt"), "one two three, four five. ".repeat(60));
  }

  private CommandRun sluice(String... arguments) {
    return CommandRun.of(arguments);
  }

  /** {@code train} on the small text with a small model. */
  private CommandRun train(Path run, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--data=" + text,
                "--out=" + run,
                "--threads=1",
                "--hidden=6",
                "--batch=3",
                "--bptt=8"));
    arguments.addAll(List.of(more));
    return sluice(arguments.toArray(String[]::new));
  }

  private static CommandRun succeeded(CommandRun run) {
    assertEquals(0, run.code(), run.err());
    return run;
  }

  private static JsonNode json(CommandRun run) throws IOException {
    return new ObjectMapper().readTree(succeeded(run).out());
  }

  private static byte[] model(Path run) throws IOException {
    return Files.readAllBytes(run.resolve("model.safetensors"));
  }

  @Test
  void aRunLeavesModelReportMetricsAndConfiguration() throws IOException {
    Path run = folder.resolve("a/run");
    CommandRun result = succeeded(train(run, "--max-steps=12"));
    for (String file :
        List.of(
            "model.safetensors",
            "checkpoint-last.safetensors",
            "checkpoint-best.safetensors",
            "metrics.jsonl",
            "report.html",
            "config.yaml")) {
      assertTrue(Files.size(run.resolve(file)) > 0, file);
    }
    for (String part :
        List.of(
            "text ",
            "split",
            "vocabulary",
            "model",
            "parameters",
            "backend",
            "memory",
            "bits per character",
            "model.safetensors",
            "report.html")) {
      assertTrue(result.out().contains(part), part);
    }
  }

  @Test
  void theWrittenConfigurationGivesTheSameWeightsToTheBit() throws IOException {
    Path first = folder.resolve("first");
    succeeded(
        train(
            first,
            "--max-steps=11",
            "--dropout=0.3",
            "--layers=2",
            "--schedule=cosine",
            "--warmup=3",
            "--accumulate=2",
            "--seed=9"));
    Path second = folder.resolve("second");
    succeeded(sluice("train", "--config=" + first.resolve("config.yaml"), "--out=" + second));
    assertArrayEquals(model(first), model(second));
    assertEquals(
        Files.readString(first.resolve("config.yaml")),
        Files.readString(second.resolve("config.yaml")));
  }

  /** A clock ended the run; its configuration ends another one at the same step. */
  @Test
  void aRunThatTimeEndedCanBeRepeated() throws IOException {
    Path first = folder.resolve("first");
    succeeded(train(first, "--max-time=1s"));
    Path second = folder.resolve("second");
    succeeded(sluice("train", "--config=" + first.resolve("config.yaml"), "--out=" + second));
    assertArrayEquals(model(first), model(second));
    assertFalse(Files.readString(second.resolve("config.yaml")).contains("max-time"));
  }

  @Test
  void stoppingAndResumingGivesTheSameWeightsToTheBit() throws IOException {
    Path whole = folder.resolve("whole");
    succeeded(train(whole, "--max-steps=200", "--dropout=0.2", "--validation=0"));
    Path parts = folder.resolve("parts");
    succeeded(train(parts, "--max-steps=90", "--dropout=0.2", "--validation=0"));
    succeeded(sluice("train", "--resume=" + parts, "--max-steps=200"));
    assertArrayEquals(model(whole), model(parts));
    assertTrue(Files.readString(parts.resolve("config.yaml")).contains("max-steps: 200"));
  }

  @Test
  void whatCannotBeResumedIsToldWithTheRemedy() throws IOException {
    Path run = folder.resolve("run");
    succeeded(train(run, "--max-steps=3"));
    CommandRun again = sluice("train", "--resume=" + run);
    assertEquals(2, again.code());
    assertTrue(again.sentence().contains("complete at step 3"), again.err());
    CommandRun changed = sluice("train", "--resume=" + run, "--max-steps=9", "--hidden=7");
    assertEquals(2, changed.code());
    assertTrue(changed.sentence().contains("--hidden cannot change"), changed.err());
    CommandRun nowhere = sluice("train", "--resume=" + folder.resolve("nowhere"));
    assertEquals(2, nowhere.code());
    assertTrue(nowhere.sentence().contains("no run that can be resumed"), nowhere.err());

    byte[] before = model(run);
    Files.writeString(text, "another text, ".repeat(100));
    CommandRun other = sluice("train", "--resume=" + run, "--max-steps=9");
    assertEquals(1, other.code());
    assertTrue(other.sentence().contains("the text is not the one"), other.err());
    assertArrayEquals(before, model(run));
  }

  @Test
  void aFolderWithARunIsNotOverwritten() throws IOException {
    Path run = folder.resolve("run");
    succeeded(train(run, "--max-steps=3"));
    byte[] before = model(run);
    CommandRun again = train(run, "--max-steps=5");
    assertEquals(2, again.code());
    assertTrue(again.sentence().contains("holds a run already"), again.err());
    assertArrayEquals(before, model(run));
  }

  @Test
  void aFolderMustBeNewOrEmpty() throws IOException {
    Path run = Files.createDirectory(folder.resolve("run"));
    Path other = Files.writeString(run.resolve("report.html"), "of somebody");
    CommandRun refused = train(run, "--max-steps=1");
    assertEquals(2, refused.code());
    assertTrue(refused.sentence().contains("is not empty"), refused.err());
    assertEquals("of somebody", Files.readString(other));
    Files.delete(other);
    succeeded(train(run, "--max-steps=1"));
  }

  @Test
  void aDryRunShowsThePlanAndTheMemoryAndWritesNothing() throws IOException {
    Path run = folder.resolve("run");
    CommandRun plan = succeeded(train(run, "--dry-run"));
    assertTrue(plan.out().contains("weights and gradients"), plan.out());
    assertFalse(Files.exists(run));
    JsonNode json = json(train(run, "--dry-run", "--json"));
    assertTrue(json.at("/memory/forecastBytes").asLong() > 0);
    assertTrue(json.path("outcome").isMissingNode());
    assertFalse(Files.exists(run));
  }

  @Test
  void evalOfTheHeldOutTextAgreesWithTheTraining() throws IOException {
    for (String split : List.of("tail", "streams")) {
      Path run = folder.resolve(split);
      JsonNode trained =
          json(train(run, "--max-steps=20", "--split=" + split, "--validation=0.2", "--json"));
      JsonNode scored = json(sluice("eval", "--model=" + run, "--threads=1", "--json"));
      double expected = trained.at("/outcome/validation/bitsPerCharacter").asDouble();
      assertEquals(expected, scored.path("bitsPerCharacter").asDouble(), 1e-9);
      assertEquals(
          trained.at("/outcome/validation/characters").asLong(),
          scored.path("characters").asLong());
    }
  }

  @Test
  void evalAfterTheTextChangedAsksForAText() throws IOException {
    Path run = folder.resolve("run");
    succeeded(train(run, "--max-steps=2"));
    Files.writeString(text, "another text, ".repeat(100));
    CommandRun changed = sluice("eval", "--model=" + run, "--threads=1");
    assertEquals(1, changed.code());
    assertTrue(changed.sentence().contains("the text is not the one"), changed.err());
    assertTrue(changed.sentence().contains("with --data"), changed.err());
    assertFalse(changed.sentence().contains("data-fingerprint"), changed.err());
  }

  @Test
  void evalOfATextCountsUnknownCharacters() throws IOException {
    Path run = folder.resolve("run");
    succeeded(train(run, "--max-steps=2"));
    Path other = Files.writeString(folder.resolve("other.txt"), "one €€ two");
    JsonNode scored =
        json(sluice("eval", "--model=" + run, "--data=" + other, "--threads=1", "--json"));
    assertEquals(2, scored.path("unknownTokens").asLong());
    assertEquals(9, scored.path("characters").asLong());
  }

  /** The words at the end of the text are not among its first ones, which are the vocabulary. */
  @Test
  void unknownWordsOfTheHeldOutTextAreCounted() throws IOException {
    Files.writeString(text, "one two three ".repeat(80) + "four ".repeat(40));
    for (String split : List.of("tail", "streams")) {
      Path run = folder.resolve(split);
      String[] small = {
        "--tokenizer=word",
        "--max-vocabulary=3",
        "--max-steps=2",
        "--split=" + split,
        "--validation=0.1",
        "--json"
      };
      JsonNode trained = json(train(run, small));
      JsonNode scored = json(sluice("eval", "--model=" + run, "--threads=1", "--json"));
      long unknown = scored.path("unknownTokens").asLong();
      assertTrue(unknown > 0 && unknown < scored.path("tokens").asLong(), scored.toString());
      assertEquals(unknown, trained.at("/outcome/validation/unknownTokens").asLong());
    }
  }

  @Test
  void generateContinuesThePromptTheSameWayForTheSameSeed() {
    Path run = folder.resolve("run");
    succeeded(train(run, "--max-steps=2"));
    String[] arguments = {
      "generate", "--model=" + run, "--prompt=one ", "--length=30", "--threads=1"
    };
    String text = succeeded(sluice(arguments)).out();
    assertTrue(text.startsWith("one "));
    assertEquals(4 + 30 + System.lineSeparator().length(), text.length());
    assertEquals(text, sluice(arguments).out());
  }

  /** Each tokenizer, cell, split, optimiser and schedule trains and can be generated from. */
  @Test
  void everyChoiceTrains() {
    List<List<String>> variants =
        List.of(
            List.of("--tokenizer=byte", "--cell=gru", "--optimizer=sgd", "--lr=0.1"),
            List.of("--tokenizer=word", "--cell=rnn", "--optimizer=nesterov", "--lr=0.01"),
            List.of("--cell=rnn-relu", "--optimizer=adamw", "--weight-decay=0.1", "--tie"),
            List.of("--cell=gru", "--reset-before", "--optimizer=rmsprop", "--embedding=0"),
            List.of("--schedule=step", "--lr-decay=0.5", "--lr-decay-every=2", "--init=xavier"),
            List.of("--schedule=exponential", "--lr-decay-after=1", "--init=orthogonal"),
            List.of("--schedule=plateau", "--lr-patience=0", "--validate-every=2"),
            List.of("--layer-norm", "--layers=2", "--dropout=0.5", "--forget-bias=0"),
            List.of("--clip-value=5", "--clip-norm=0", "--label-smoothing=0.1", "--patience=1"));
    int number = 0;
    for (List<String> variant : variants) {
      Path run = folder.resolve("run" + number++);
      List<String> all = new ArrayList<>(variant);
      all.add("--max-steps=5");
      succeeded(train(run, all.toArray(String[]::new)));
      succeeded(sluice("generate", "--model=" + run, "--prompt=two", "--length=5", "--threads=1"));
    }
  }

  /** The recipe of char-rnn in its options, at a small size. */
  @Test
  void theRecipeOfCharRnnCanBeExpressed() throws IOException {
    Path run = folder.resolve("run");
    Path config =
        Files.writeString(
            folder.resolve("char-rnn.yaml"),
            String.join(
                "\n",
                "tokenizer: char",
                "cell: lstm",
                "layers: 2",
                "hidden: 8",
                "embedding: 0",
                "forget-bias: 1",
                "batch: 5",
                "bptt: 10",
                "split: streams",
                "validation: 0.05",
                "optimizer: rmsprop",
                "lr: 2e-3",
                "decay: 0.95",
                "epsilon: 1e-8",
                "schedule: exponential",
                "lr-decay: 0.97",
                "lr-decay-after: 1",
                "clip-value: 5",
                "clip-norm: 0",
                "epochs: 3",
                "threads: 1",
                ""));
    JsonNode json =
        json(sluice("train", "--config=" + config, "--data=" + text, "--out=" + run, "--json"));
    assertEquals(3, json.at("/outcome/epochs").asDouble());
    try (Stream<String> lines = Files.lines(run.resolve("metrics.jsonl"))) {
      List<String> rates =
          lines
              .filter(line -> line.contains("\"learning_rate\""))
              .map(line -> line.replaceAll(".*\"learning_rate\":([0-9.eE-]+).*", "$1"))
              .toList();
      assertEquals(0.002, Double.parseDouble(rates.getFirst()), 1e-12);
      assertEquals(0.002 * 0.97 * 0.97, Double.parseDouble(rates.getLast()), 1e-12);
    }
  }
}
