package dev.sluice.bench.peers;

import dev.sluice.backend.CellType;
import dev.sluice.bench.peers.Work.Kind;
import java.util.ArrayList;
import java.util.List;

/** The engines that are compared: Sluice first, then the others. */
public enum Peer {
  /** This project, on the CPU. */
  SLUICE("Sluice", "", "", "dev.sluice.bench.peers.SluiceEngines"),
  /** PyTorch. */
  PYTORCH("PyTorch", "2.10.0", "pytorch", "dev.sluice.bench.peers.pytorch.TorchEngines"),
  /** Deeplearning4j. */
  DL4J("DL4J", "1.0.0-M2.1", "dl4j", "dev.sluice.bench.peers.dl4j.Dl4jEngines"),
  /** ONNX Runtime. */
  ONNX_RUNTIME(
      "ONNX Runtime", "1.29.0", "onnxruntime", "dev.sluice.bench.peers.onnxruntime.OnnxEngines");

  /** Variable of the environment that has PyTorch use oneDNN for single steps. */
  public static final String ONEDNN = "SLUICE_ONEDNN";

  private final String title;
  private final String version;
  private final String folder;
  private final String factory;

  Peer(String title, String version, String folder, String factory) {
    this.title = title;
    this.version = version;
    this.folder = folder;
    this.factory = factory;
  }

  /** As it calls itself. */
  public String title() {
    return title;
  }

  /** Which of it is compared; empty for Sluice. */
  public String version() {
    return version;
  }

  /** Its module below {@code bench/peers}; empty for Sluice. */
  String folder() {
    return folder;
  }

  /** Name of its {@link Engine.Factory}. */
  String factory() {
    return factory;
  }

  /**
   * How it may be run; the fastest is kept. OpenBLAS in PyTorch has threads of its own beside
   * OpenMP's; where both wait actively they take the cores from each other, so that a GRU is fastest
   * with threads for OpenBLAS alone: 93 GFLOP/s at (256, 2, 32, 64) forward on two cores, 71 on one
   * thread, less with two of each. A single step is faster without oneDNN on some CPUs and sizes, and
   * with it on others.
   */
  List<Setting> settings(Work work, int cores) {
    boolean chooses = this == PYTORCH && work.kind() == Kind.STREAM;
    List<Setting> settings = new ArrayList<>(List.of(Setting.threads(1)));
    if (chooses) {
      settings.add(Setting.threads(1).with(ONEDNN, "on"));
    }
    if (cores > 1) {
      settings.add(Setting.threads(cores));
      if (this == PYTORCH) {
        settings.add(Setting.threads(cores).with("OMP_WAIT_POLICY", "passive"));
        settings.add(Setting.threads(cores).with("OMP_NUM_THREADS", "1"));
      }
      if (chooses) {
        settings.add(Setting.threads(cores).with(ONEDNN, "on"));
      }
    }
    return settings;
  }

  /** Whether it can do a work, or is asked to: DL4J has no GRU, and ONNX Runtime only infers. */
  public boolean does(Work work) {
    boolean sequence = work.kind() == Kind.TRAIN || work.kind() == Kind.FORWARD;
    return switch (this) {
      case SLUICE, PYTORCH -> true;
      case DL4J -> work.cell() == CellType.LSTM && sequence;
      case ONNX_RUNTIME -> work.kind() == Kind.FORWARD || work.kind() == Kind.STREAM;
    };
  }
}
