package dev.sluice.cli;

import dev.sluice.backend.Backends;
import dev.sluice.backend.DeviceMemoryUse;
import dev.sluice.task.LanguageModelTraining;
import dev.sluice.task.MemoryForecast;
import dev.sluice.task.TextData;
import dev.sluice.train.RunFolder;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a training run is about to do, for people. */
record TrainPlan(
    TrainConfig config,
    TextData data,
    LanguageModelTraining.Outline outline,
    Backends.Choice choice,
    RunFolder folder,
    List<String> textNotes,
    long stepsPerEpoch) {
  private static final int NOTES_SHOWN = 3;

  void print(PrintStream out) {
    line(out, "text", textNotes.getFirst());
    List<String> notes = textNotes.subList(1, textNotes.size());
    notes.stream().limit(NOTES_SHOWN).forEach(note -> line(out, "", note));
    if (notes.size() > NOTES_SHOWN) {
      line(out, "", "and " + (notes.size() - NOTES_SHOWN) + " more were left out");
    }
    line(out, "split", split());
    line(
        out,
        "vocabulary",
        "%s %ss".formatted(Units.count(data.tokenizer().size()), data.tokenizer().kind()));
    line(out, "model", model());
    line(out, "training", training());
    line(out, "backend", backend());
    line(out, "memory", memory());
    line(out, "run", folder.folder().toString());
  }

  private static void line(PrintStream out, String name, String text) {
    out.println(String.format(Locale.ROOT, "%-11s%s", name, text));
  }

  /** Lines at the top of the configuration that is written into the run's folder. */
  List<String> comments() {
    return List.of(
        "Options of a run of sluice " + Main.VERSION + "; 'sluice train --config' with this file",
        "and another --out repeats it to the bit.",
        "Text: " + textNotes.getFirst(),
        "Model: " + model());
  }

  private String split() {
    String held =
        switch (data.options().split()) {
          case DOCUMENTS -> "documents never trained on";
          case TAIL -> "the end of the text";
          case STREAMS -> "the end of each stream";
        };
    return data.validationCharacters() == 0
        ? Units.count(data.trainingCharacters()) + " characters to train on, nothing held out"
        : "%s characters to train on, %s held out (%s)"
            .formatted(
                Units.count(data.trainingCharacters()),
                Units.count(data.validationCharacters()),
                held);
  }

  private String model() {
    ModelOptions model = config.options().model;
    List<String> parts = new ArrayList<>();
    parts.add(
        "%s, %d %s of %d"
            .formatted(
                model.cell, model.layers, model.layers == 1 ? "layer" : "layers", model.hidden));
    parts.add(model.embedding == 0 ? "one-hot inputs" : "embedding of " + model.embedding);
    if (model.tie) {
      parts.add("tied");
    }
    if (model.layerNorm) {
      parts.add("layer normalisation");
    }
    if (model.dropout > 0) {
      parts.add("dropout " + model.dropout);
    }
    parts.add(Units.count(outline.parameters()) + " parameters");
    return String.join(", ", parts);
  }

  private String training() {
    OptimizationOptions optimization = config.options().optimization;
    RunOptions run = config.options().run;
    List<String> parts = new ArrayList<>();
    parts.add(
        "%s, learning rate %s %s"
            .formatted(optimization.rule, optimization.learningRate, optimization.schedule));
    parts.add(data.options().batch() + " streams of " + data.options().steps() + " steps");
    parts.add(Units.count(stepsPerEpoch) + " steps an epoch");
    List<String> limits = new ArrayList<>();
    if (run.epochs != null) {
      limits.add(run.epochs + (run.epochs == 1 ? " epoch" : " epochs"));
    }
    if (run.maxSteps != null) {
      limits.add(Units.count(run.maxSteps) + " steps");
    }
    if (run.maxTime != null) {
      limits.add(Durations.format(run.maxTime));
    }
    parts.add("at most " + String.join(" or ", limits));
    return String.join(", ", parts);
  }

  private String backend() {
    String asked = config.options().device.device;
    List<String> reasons = new ArrayList<>(List.of("the fastest that can run here"));
    choice.candidates().stream()
        .takeWhile(candidate -> !candidate.chosen())
        .forEach(candidate -> reasons.add("not " + candidate.name() + ": " + candidate.reason()));
    String why =
        asked.equals("auto") ? String.join("; ", reasons) : "asked for with --device " + asked;
    return "%s, %s (%s)".formatted(choice.backend().name(), choice.backend().description(), why);
  }

  private String memory() {
    long limit = Runtime.getRuntime().maxMemory();
    long need = outline.memory().bytes();
    String text = "%s of at most %s".formatted(Units.bytes(need), Units.bytes(limit));
    String heap =
        need > limit
            ? text
                + ": not enough; lower --hidden, --batch or --bptt, or allow more heap with"
                + " SLUICE_JAVA_OPTS=-Xmx"
            : text;
    return choice
        .backend()
        .deviceMemory()
        .map(use -> deviceMemory(use) + "; Java heap " + heap)
        .orElse(heap);
  }

  private String deviceMemory(DeviceMemoryUse use) {
    long need = outline.memory().deviceBytes();
    long room = use.free() + use.fixed(); // the backend itself is in both
    String text = "device %s of %s free".formatted(Units.bytes(need), Units.bytes(room));
    return need > room ? text + ": not enough; lower --hidden, --batch or --bptt" : text;
  }

  /** How the device runs the recurrent layers, and why. */
  void printPaths(PrintStream out) {
    List<String> lines =
        outline.paths().isEmpty()
            ? List.of("the device %s has one way only".formatted(choice.backend().name()))
            : outline.paths();
    for (int i = 0; i < lines.size(); i++) {
      line(out, i == 0 ? "paths" : "", lines.get(i));
    }
  }

  /** The forecast part by part. */
  void printMemory(PrintStream out) {
    MemoryForecast memory = outline.memory();
    memory.parts().forEach(part -> printBytes(out, part.name(), part.bytes()));
    if (memory.deviceBytes() > 0) {
      printBytes(out, "sum on the device", memory.deviceBytes());
      printBytes(out, "Java heap while training", memory.trainingBytes());
    } else {
      printBytes(out, "sum while training", memory.trainingBytes());
    }
    printBytes(out, "before, reading the text", memory.loadingBytes());
  }

  private static void printBytes(PrintStream out, String name, long bytes) {
    out.println(String.format(Locale.ROOT, "  %-26s%10s", name, Units.bytes(bytes)));
  }
}
