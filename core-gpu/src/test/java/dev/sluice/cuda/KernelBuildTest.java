package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where nvcc or g++ is missing, the build of the kernels goes on and says what it leaves out. */
class KernelBuildTest {
  @TempDir private Path folder;

  /** A copy of the script, so that what the build has made stays as it is. */
  @BeforeEach
  void copyScript() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "skipped: no bash");
    Files.copy(Path.of("..", "kernels", "build.sh"), folder.resolve("build.sh"));
  }

  /** What the script says when a step succeeds with these compilers. */
  private String run(String step, Path nvcc, String cxx) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("/bin/bash", folder.resolve("build.sh").toString(), step)
            .redirectErrorStream(true);
    builder.environment().remove("SLUICE_FATBIN");
    builder.environment().remove("SLUICE_REQUIRE_STAND_IN");
    builder.environment().put("NVCC", nvcc.toString());
    builder.environment().put("CXX", cxx);
    Process process = builder.start();
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertEquals(0, process.waitFor(), said);
    return said;
  }

  /** As nvcc ends on a machine that has no host compiler for it. */
  @Test
  void nvccWithoutItsHostCompiler() throws Exception {
    Path nvcc = folder.resolve("nvcc");
    Files.writeString(nvcc, "#!/bin/bash\necho 'gcc: No such file or directory' >&2\nexit 1\n");
    assertTrue(nvcc.toFile().setExecutable(true));
    String said = run("fatbin", nvcc, "g++");
    assertTrue(said.contains("nvcc finds no C++ compiler that it could use"), said);
    assertTrue(said.contains("compiles them with NVRTC"), said);
    assertFalse(Files.exists(folder.resolve("target/classes/dev/sluice/kernels/sluice.fatbin")));
    assertTrue(run("spills", nvcc, "g++").contains("skipped"));
  }

  @Test
  void noCompilerForTheStandIn() throws Exception {
    for (String step : new String[] {"stand-in", "test"}) {
      String said = run(step, folder.resolve("nvcc"), "no-such-compiler");
      assertTrue(said.contains("skipped, no g++"), said);
    }
  }
}
