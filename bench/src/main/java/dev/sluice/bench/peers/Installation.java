package dev.sluice.bench.peers;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Where the engines lie, and how their processes are started. */
final class Installation {
  private static final String HOW_TO_BUILD =
      "build the peers once (Maven fetches some 400 MB): mvn -P peers -DskipTests package";

  private final Path home;
  private final Predicate<String> cpuHas;

  /**
   * An installation.
   *
   * @param home the project's folder
   * @param cpuHas tells whether the CPU has a feature, by its name in Linux's list
   */
  Installation(Path home, Predicate<String> cpuHas) {
    this.home = home;
    this.cpuHas = cpuHas;
  }

  /** The one that this program was started from. */
  static Installation here() throws PeerException {
    if (!System.getProperty("os.name").equals("Linux")
        || !System.getProperty("os.arch").equals("amd64")) {
      throw new PeerException(
          "the peers' natives are for Linux on x86-64, not for %s on %s"
              .formatted(System.getProperty("os.name"), System.getProperty("os.arch")));
    }
    try {
      Path place =
          Path.of(Installation.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path module = place.getParent().getParent(); // of target/classes or target/bench.jar
      String cpu = Files.readString(Path.of("/proc/cpuinfo"));
      return new Installation(module.getParent(), feature -> cpu.contains(" " + feature + " "));
    } catch (URISyntaxException | IOException e) {
      throw new PeerException("the project's folder cannot be found: " + e.getMessage(), e);
    }
  }

  /**
   * Starts an engine.
   *
   * @throws PeerException when it is not built
   */
  EngineProcess start(Peer peer, Setting setting, Duration patience) throws PeerException {
    try {
      return new EngineProcess(peer.title(), command(peer), setting.environment(), patience);
    } catch (IOException e) {
      throw new PeerException(peer.title() + " cannot be started: " + e.getMessage(), e);
    }
  }

  List<String> command(Peer peer) throws PeerException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (peer == Peer.SLUICE) {
      command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments()); // as this JVM
    } else {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.add("-cp");
    command.add(classPath(peer));
    command.add(EngineServer.class.getName());
    command.add(peer.factory());
    return command;
  }

  private String classPath(Peer peer) throws PeerException {
    if (peer == Peer.SLUICE) {
      return System.getProperty("java.class.path");
    }
    Path target = home.resolve("bench/peers").resolve(peer.folder()).resolve("target");
    List<Path> jars = new ArrayList<>(jars(target));
    jars.addAll(jars(target.resolve("lib")));
    if (jars.size() < 2) {
      throw new PeerException("%s is not built: %s".formatted(peer.title(), HOW_TO_BUILD));
    }
    if (peer == Peer.DL4J) {
      String unwanted = cpuHas.test("avx512f") ? "-avx2.jar" : "-avx512.jar";
      if (unwanted.equals("-avx512.jar") && !cpuHas.test("avx2")) {
        throw new PeerException("DL4J's natives here are for CPUs with AVX2 or AVX-512");
      }
      jars.removeIf(jar -> jar.toString().endsWith(unwanted));
    }
    // This program's classes first: the peers' may have been built before the last change.
    List<String> paths = new ArrayList<>(List.of(System.getProperty("java.class.path")));
    jars.forEach(jar -> paths.add(jar.toString()));
    return String.join(File.pathSeparator, paths);
  }

  private static List<Path> jars(Path folder) throws PeerException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".jar"))
          .sorted(Comparator.naturalOrder())
          .toList();
    } catch (IOException e) {
      throw new PeerException(folder + " cannot be read: " + e.getMessage(), e);
    }
  }
}
