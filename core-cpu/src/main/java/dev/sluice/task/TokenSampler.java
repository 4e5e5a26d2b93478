package dev.sluice.task;

import dev.sluice.backend.Philox;
import java.util.Arrays;

/** Draws tokens from logits as a {@link Sampling} says; in double, on the host, one at a time. */
final class TokenSampler {
  /** Keeps the random numbers of sampling apart from those of training with the same seed. */
  private static final int STREAM = 0x53414D50;

  private final Sampling sampling;
  private final double[] probabilities;
  private final Integer[] order;
  private final int[] random = new int[4];
  private long drawn;

  /** A sampler over a vocabulary of {@code size} tokens. */
  TokenSampler(Sampling sampling, int size) {
    this.sampling = sampling;
    probabilities = new double[size];
    order = new Integer[size];
    Arrays.setAll(order, i -> i);
  }

  /** The next token; of equally likely ones the lower id comes first. */
  int next(float[] logits) {
    double uniform = uniform();
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    if (sampling.temperature() == 0) {
      return best;
    }
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = Math.exp((logits[i] - (double) logits[best]) / sampling.temperature());
      sum += probabilities[i];
    }
    int kept = logits.length;
    if (sampling.topK() > 0 || sampling.topP() < 1) {
      Arrays.sort(
          order,
          (a, b) ->
              probabilities[a] == probabilities[b]
                  ? Integer.compare(a, b)
                  : Double.compare(probabilities[b], probabilities[a]));
      kept = keep();
      sum = 0;
      for (int rank = 0; rank < kept; rank++) {
        sum += probabilities[order[rank]];
      }
    }
    return draw(uniform * sum, kept);
  }

  /** How many of the sorted tokens remain after top-k and top-p. */
  private int keep() {
    int kept = sampling.topK() == 0 ? order.length : Math.min(sampling.topK(), order.length);
    double sum = 0;
    for (int rank = 0; rank < kept; rank++) {
      sum += probabilities[order[rank]];
    }
    double wanted = sampling.topP() * sum;
    double reached = 0;
    for (int rank = 0; rank < kept; rank++) {
      reached += probabilities[order[rank]];
      if (reached >= wanted) {
        return rank + 1;
      }
    }
    return kept;
  }

  /** The token in whose share of the kept probabilities {@code point} lies. */
  private int draw(double point, int kept) {
    double passed = 0;
    int last = order[0];
    for (int rank = 0; rank < kept; rank++) {
      int token = order[rank];
      if (probabilities[token] > 0) {
        last = token;
        passed += probabilities[token];
        if (point < passed) {
          return token;
        }
      }
    }
    return last;
  }

  private double uniform() {
    Philox.block(sampling.seed(), drawn++, STREAM, 0, random, 0);
    long bits = (random[0] & 0xFFFFFFFFL) << 21 | (random[1] & 0xFFFFFFFFL) >>> 11;
    return bits * 0x1p-53;
  }
}
