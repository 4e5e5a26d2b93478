package dev.sluice.cuda;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Precision;
import dev.sluice.parity.BackendParityTest;
import dev.sluice.parity.ParitySuite;
import dev.sluice.parity.ParityTrial;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;

/**
 * Reduced precision, and gates computed again, on the standard path agree with the reference on the stand-in driver: a
 * share of the cases here, evenly spread; {@code sluice parity --device cuda --precision bf16} runs
 * them all.
 */
class CudaPrecisionParityTest {
  /** Every {@code each}-th case of what rounds: products and recurrent layers. */
  private abstract static class Share extends BackendParityTest {
    private final BackendOptions options;
    private final int each;

    Share(Precision precision, boolean recompute, int each) {
      this.options = StandIn.standard(precision, recompute);
      this.each = each;
    }

    @Override
    protected Backend open() {
      return StandIn.open(options);
    }

    @Override
    protected Stream<ParityTrial> trials() {
      List<ParityTrial> rounding =
          ParitySuite.trials().stream()
              .filter(trial -> trial.parityCase().operation().matches("gemm|recurrent.*"))
              .toList();
      return IntStream.range(0, rounding.size())
          .filter(i -> i % each == each / 2)
          .mapToObj(rounding::get);
    }
  }

  @Nested
  class InBf16 extends Share {
    InBf16() {
      super(Precision.BF16, false, 3);
    }
  }

  @Nested
  class InTf32 extends Share {
    InTf32() {
      super(Precision.TF32, false, 7);
    }
  }

  @Nested
  class InFp32Recomputed extends Share {
    InFp32Recomputed() {
      super(Precision.FP32, true, 11);
    }
  }

  @Nested
  class InBf16Recomputed extends Share {
    InBf16Recomputed() {
      super(Precision.BF16, true, 11);
    }
  }
}
