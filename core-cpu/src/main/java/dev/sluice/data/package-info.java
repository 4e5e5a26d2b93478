/**
 * Text as training data: corpora, tokenizers, splits and windows of tokens; host arrays only.
 *
 * <p>The way of a text: {@link dev.sluice.data.CorpusReader} or {@link dev.sluice.data.JdkCorpus}
 * reads documents, {@link dev.sluice.data.TextSplit} holds some of them out, {@link
 * dev.sluice.data.Tokenizers} fits a vocabulary to the training part, and {@link
 * dev.sluice.data.TokenWindows} hands out batches.
 */
package dev.sluice.data;
