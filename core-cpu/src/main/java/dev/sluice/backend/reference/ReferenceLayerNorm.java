package dev.sluice.backend.reference;

import dev.sluice.backend.Checks;
import dev.sluice.backend.LayerNormOps;
import dev.sluice.backend.Tensor;

/**
 * Layer normalisation over the last axis (Ba, Kiros and Hinton 2016), for each row of F features:
 *
 * <pre>
 *   mean = Σ x / F      variance = Σ (x - mean)² / F      rstd = 1 / √(variance + epsilon)
 *   y = gain ∘ (x - mean) · rstd + bias
 *
 *   x̂ = (x - mean) · rstd      q = gain ∘ dy
 *   dx = rstd · (q - Σq/F - x̂ · Σ(q ∘ x̂)/F)      dGain += Σ_rows dy ∘ x̂      dBias += Σ_rows dy
 * </pre>
 */
final class ReferenceLayerNorm implements LayerNormOps {
  @Override
  public void forward(
      Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, Tensor mean, Tensor rstd) {
    Checks.layerNorm(x, gain, bias, epsilon, y, mean, rstd);
    ReferenceTensor in = ReferenceTensor.of(x);
    ReferenceTensor out = ReferenceTensor.of(y);
    ReferenceTensor gains = ReferenceTensor.of(gain);
    ReferenceTensor biases = ReferenceTensor.of(bias);
    ReferenceTensor means = ReferenceTensor.of(mean);
    ReferenceTensor rstds = ReferenceTensor.of(rstd);
    int features = x.shape().columns();
    for (int n = 0; n < x.shape().rows(); n++) {
      int row = n * features;
      double sum = 0;
      for (int f = 0; f < features; f++) {
        sum += in.get(row + f);
      }
      double average = sum / features;
      double squares = 0;
      for (int f = 0; f < features; f++) {
        double distance = in.get(row + f) - average;
        squares += distance * distance;
      }
      double scale = 1 / Math.sqrt(squares / features + epsilon);
      for (int f = 0; f < features; f++) {
        double normal = (in.get(row + f) - average) * scale;
        out.set(row + f, gains.get(f) * normal + biases.get(f));
      }
      means.set(n, average);
      rstds.set(n, scale);
    }
  }

  @Override
  public void backward(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      Tensor dy,
      Tensor dx,
      Tensor dGain,
      Tensor dBias) {
    Checks.layerNormBackward(x, gain, mean, rstd, dy, dx, dGain, dBias);
    ReferenceTensor in = ReferenceTensor.of(x);
    ReferenceTensor gains = ReferenceTensor.of(gain);
    ReferenceTensor means = ReferenceTensor.of(mean);
    ReferenceTensor rstds = ReferenceTensor.of(rstd);
    ReferenceTensor dOut = ReferenceTensor.of(dy);
    ReferenceTensor dIn = ReferenceTensor.of(dx);
    ReferenceTensor dGains = ReferenceTensor.of(dGain);
    ReferenceTensor dBiases = ReferenceTensor.of(dBias);
    int features = x.shape().columns();
    for (int n = 0; n < x.shape().rows(); n++) {
      int row = n * features;
      double scale = rstds.get(n);
      double sum = 0;
      double sumNormal = 0;
      for (int f = 0; f < features; f++) {
        double normal = (in.get(row + f) - means.get(n)) * scale;
        double dNormal = gains.get(f) * dOut.get(row + f);
        sum += dNormal;
        sumNormal += dNormal * normal;
        dGains.add(f, dOut.get(row + f) * normal);
        dBiases.add(f, dOut.get(row + f));
      }
      for (int f = 0; dIn != null && f < features; f++) {
        double normal = (in.get(row + f) - means.get(n)) * scale;
        double dNormal = gains.get(f) * dOut.get(row + f);
        dIn.set(row + f, scale * (dNormal - sum / features - normal * sumNormal / features));
      }
    }
  }
}
