package dev.sluice.backend.simd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import org.junit.jupiter.api.Test;

/** Kernels that fill the compiler's budget are too large for it to inline into their callers. */
class KernelSizeTest {
  /** HotSpot's FreqInlineSize: a method with more bytes of code is never inlined. */
  private static final int LARGEST_INLINED = 325;

  @Test
  void gateActivationStaysAMethodOfItsOwn() throws IOException {
    int bytes = codeLength(GateActivation.class, "sigmoids");
    assertTrue(bytes > LARGEST_INLINED, "sigmoids has only " + bytes + " bytes of code");
  }

  private static int codeLength(Class<?> owner, String name) throws IOException {
    try (InputStream in = owner.getResourceAsStream(owner.getSimpleName() + ".class")) {
      for (MethodModel method : ClassFile.of().parse(in.readAllBytes()).methods()) {
        if (method.methodName().equalsString(name)) {
          return ((CodeAttribute) method.code().orElseThrow()).codeLength();
        }
      }
    }
    throw new IllegalArgumentException(owner + " has no method " + name);
  }
}
