package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each kind of bad input ends in one sentence and the right exit code, and destroys nothing. */
class BadInputTest {
  private static final int FAILED = 1;
  private static final int WRONG_USAGE = 2;

  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = Files.writeString(folder.resolve("text.txt"), "one two three. ".repeat(40));
  }

  private static void refused(int code, String words, String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertEquals(code, run.code(), run.err());
    assertTrue(run.sentence().startsWith("sluice: "), run.err());
    assertTrue(run.sentence().contains(words), run.err());
    assertFalse(run.err().contains("\tat "), run.err());
    assertFalse(run.err().contains("Exception"), run.err());
    assertTrue(run.err().lines().count() <= 2, run.err());
  }

  @Test
  void anOptionGivenTwiceIsRefusedAndDropsNothing() {
    refused(WRONG_USAGE, "--seed is given twice", train("--seed=1", "--seed=2"));
  }

  /** A small run, but for the options in {@code more}. */
  private String[] train(String... more) {
    List<String> arguments = new ArrayList<>(List.of("train"));
    for (String usual :
        List.of("--out=" + folder.resolve("run"), "--threads=1", "--hidden=4", "--max-steps=2")) {
      String name = usual.substring(0, usual.indexOf('=') + 1);
      if (Stream.of(more).noneMatch(given -> given.startsWith(name))) {
        arguments.add(usual);
      }
    }
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private Path trained() {
    Path run = folder.resolve("trained");
    CommandRun result =
        CommandRun.of(
            "train",
            "--data=" + text,
            "--out=" + run,
            "--threads=1",
            "--hidden=4",
            "--batch=2",
            "--bptt=5",
            "--max-steps=2");
    assertEquals(0, result.code(), result.err());
    return run;
  }

  @Test
  void missingEmptyUnreadableOrForeignData() throws IOException {
    refused(FAILED, "no file or folder", train("--data=" + folder.resolve("missing")));
    Path empty = Files.writeString(folder.resolve("empty.txt"), "");
    refused(FAILED, "is empty", train("--data=" + empty));
    Path nothing = Files.createDirectory(folder.resolve("nothing"));
    refused(FAILED, "has no text", train("--data=" + nothing));
    Path binary = Files.write(folder.resolve("binary"), new byte[] {1, (byte) 0xFF, 2});
    refused(FAILED, binary.toString(), train("--data=" + binary));
    assertFalse(Files.exists(folder.resolve("run")));
  }

  @Test
  void aCorpusSmallerThanOneWindowOrABatchLargerThanTheData() {
    refused(FAILED, "one window of", train("--data=" + text, "--batch=8", "--bptt=100"));
    refused(FAILED, "too few for a batch of", train("--data=" + text, "--batch=100000"));
    assertFalse(Files.exists(folder.resolve("run")));
  }

  @Test
  void aVocabularyOfOne() throws IOException {
    Path same = Files.writeString(folder.resolve("same.txt"), "a".repeat(10_000));
    refused(FAILED, "at least two different", train("--data=" + same));
  }

  @Test
  void unknownCharactersInAPrompt() {
    refused(
        WRONG_USAGE, "\"€\"", "generate", "--model=" + trained(), "--prompt=on€", "--threads=1");
  }

  @Test
  void weightsThatCannotBeStored() {
    Path run = trained();
    refused(
        WRONG_USAGE,
        "must be one of fp32, bf16, int8",
        "generate",
        "--weights=int4",
        "--model=" + run);
    for (String weights : List.of("fp32", "bf16", "int8")) {
      CommandRun written =
          CommandRun.of("generate", "--model=" + run, "--weights=" + weights, "--threads=1");
      assertEquals(0, written.code(), written.err());
      CommandRun scored =
          CommandRun.of(
              "eval", "--model=" + run, "--data=" + text, "--weights=" + weights, "--threads=1");
      assertEquals(0, scored.code(), scored.err());
    }
  }

  @Test
  void missingTruncatedOrForeignModels() throws IOException {
    String device = "--threads=1";
    Path missing = folder.resolve("missing.safetensors");
    refused(WRONG_USAGE, "no model", "generate", "--model=" + missing, device);
    refused(WRONG_USAGE, "has no file", "eval", "--model=" + folder, device);
    Path model = trained().resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(model);
    Path cut = Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(whole, 999));
    refused(FAILED, cut.toString(), "generate", "--model=" + cut, device);
    refused(FAILED, cut.toString(), "eval", "--model=" + cut, "--data=" + text, device);
    refused(FAILED, text.toString(), "generate", "--model=" + text, device);
    Path checkpoint = folder.resolve("trained/checkpoint-last.safetensors");
    refused(FAILED, "no language model", "generate", "--model=" + checkpoint, device);
  }

  @Test
  void configurationsWithUnknownOrIllTypedKeys() throws IOException {
    Path config = Files.writeString(folder.resolve("c.yaml"), "layers: 1\nhiden: 4\n");
    refused(
        WRONG_USAGE,
        config + ", line 2: there is no option 'hiden'; the nearest is 'hidden'",
        train("--config=" + config));
    Files.writeString(config, "layers: one\n");
    refused(
        WRONG_USAGE,
        config + ", line 1: 'layers' must be a whole number, not 'one'",
        train("--config=" + config));
    refused(FAILED, "does not exist", train("--config=" + folder.resolve("none.yaml")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--hidden=0 | hidden must be at least 1, not 0",
        "--layers=0 | layers must be at least 1, not 0",
        "--batch=0 | the batch must be at least 1, not 0",
        "--bptt=0 | the steps (bptt) must be at least 1, not 0",
        "--dropout=1 | dropout must be at least 0 and below 1, not 1",
        "--validation=1 | the fraction for validation must be at least 0 and below 1, not 1",
        "--validation=-0.1 | the fraction for validation must be at least 0 and below 1, not -0.1",
        "--lr=-1 | rate must be above 0 and finite, not -1",
        "--lr=NaN | rate must be above 0 and finite, not NaN",
        "--clip-norm=-1 | --clip-norm must be at least 0, not -1",
        "--momentum=1 | momentum must be at least 0 and below 1, not 1",
        "--accumulate=0 | --accumulate must be at least 1, not 0",
        "--embedding=-2 | embedding must be at least 0 (0 for one-hot), not -2",
        "--epochs=0 | --epochs must be at least 1, not 0",
        "--max-steps=0 | --max-steps must be at least 1, not 0",
        "--max-time=0s | --max-time must be above 0s",
        "--patience=-1 | --patience must be at least 0, not -1",
        "--validate-every=-1 | --validate-every must be at least 0, not -1",
        "--checkpoint-every=-1 | --checkpoint-every must be at least 0, not -1",
        "--label-smoothing=1 | the label smoothing must be at least 0 and below 1, not 1",
        "--max-vocabulary=1 | the vocabulary must be at least 3 tokens, not 1",
        "--threads=-1 | --threads must be at least 0, not -1",
        "--device=toaster | there is no device 'toaster'",
        "--device=cpu --precision=bf16 | --precision bf16 is for GPUs and the device cpu computes"
            + " in fp32; use --precision fp32",
        "--device=reference --precision=tf32 | --precision tf32 is for GPUs and the device"
            + " reference computes in fp32; use --precision fp32",
        "--device=cpu --recompute | --recompute is for GPUs and the device cpu keeps all gates;"
            + " leave it out",
        "--device=cpu --recurrent-path=grid | --recurrent-path grid is for GPUs and the device cpu"
            + " has one path; leave it out",
        "--schedule=cosine --max-time=1s | --schedule cosine needs --schedule-steps, --max-steps or"
            + " --epochs"
      })
  void optionsOutOfRange(String option, String words) {
    List<String> arguments =
        new ArrayList<>(
            List.of("train", "--data=" + text, "--out=" + folder.resolve("run"), "--bptt=5"));
    arguments.add("--batch=2");
    arguments.add("--threads=1");
    for (String part : option.split(" ")) {
      arguments.removeIf(given -> given.split("=")[0].equals(part.split("=")[0]));
      arguments.add(part);
    }
    if (option.startsWith("--momentum")) {
      arguments.add("--optimizer=sgd");
    }
    refused(WRONG_USAGE, words, arguments.toArray(String[]::new));
    arguments.add("--dry-run");
    refused(WRONG_USAGE, words, arguments.toArray(String[]::new));
    assertFalse(Files.exists(folder.resolve("run")), option + " left a folder behind");
  }

  @Test
  void modelsTooLargeToCount() {
    refused(
        WRONG_USAGE,
        "1000000000 units",
        train("--data=" + text, "--hidden=1000000000", "--batch=8", "--bptt=1"));
    refused(
        WRONG_USAGE,
        "65536 units (H)",
        train("--data=" + text, "--hidden=65536", "--batch=8", "--bptt=1", "--dry-run"));
    assertFalse(Files.exists(folder.resolve("run")));
  }

  @Test
  void wrongUsageNamesWhatWasProbablyMeant() {
    refused(WRONG_USAGE, "the nearest is --hidden", "train", "--hiden=3");
    refused(WRONG_USAGE, "the nearest is train", "trian");
    refused(WRONG_USAGE, "must be one of lstm, gru", "train", "--cell=foo");
    refused(WRONG_USAGE, "must be a whole number", "train", "--layers=1.5");
    refused(WRONG_USAGE, "a command is missing");
  }

  @Test
  void aRunFolderThatCannotBeMade() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "in the way");
    refused(
        FAILED,
        "cannot be made",
        "train",
        "--data=" + text,
        "--threads=1",
        "--hidden=4",
        "--batch=2",
        "--bptt=5",
        "--max-steps=2",
        "--out=" + file.resolve("run"));
    assertEquals("in the way", Files.readString(file));
  }

  @Test
  void aStackTraceIsShownOnRequestOnly() {
    CommandRun run = CommandRun.of(train("--debug", "--data=" + folder.resolve("missing")));
    assertEquals(FAILED, run.code());
    assertTrue(run.err().contains("\tat dev.sluice."), run.err());
  }

  @Test
  void moreEpochsThanStepsCanBeCountedTrainToTheOtherLimit() {
    CommandRun run =
        CommandRun.of(
            train(
                "--data=" + text,
                "--batch=2",
                "--bptt=5",
                "--schedule=cosine",
                "--epochs=9223372036854775807"));
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("2 steps"), run.out());
  }

  @Test
  void epochsAloneBeyondCountingArePlanned() {
    CommandRun run =
        CommandRun.of(
            "train",
            "--data=" + text,
            "--out=" + folder.resolve("run"),
            "--hidden=4",
            "--threads=1",
            "--batch=2",
            "--bptt=5",
            "--schedule=cosine",
            "--dry-run",
            "--epochs=9223372036854775807");
    assertEquals(0, run.code(), run.err());
  }

  @Test
  void theSmallestSizesTrain() throws IOException {
    Path two = Files.writeString(folder.resolve("two.txt"), "ab");
    CommandRun run =
        CommandRun.of(
            train("--data=" + two, "--validation=0", "--hidden=1", "--batch=1", "--bptt=1"));
    assertEquals(0, run.code(), run.err());
  }
}
