/**
 * The CUDA backend, over JCuda: it finds and loads the CUDA libraries, owns the device's memory and
 * streams, and runs cuBLAS and the kernels of module {@code kernels}. Found through {@link
 * dev.sluice.backend.BackendProvider}; nothing else imports it.
 */
package dev.sluice.cuda;
