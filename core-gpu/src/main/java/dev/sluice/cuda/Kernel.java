package dev.sluice.cuda;

import jcuda.driver.CUfunction;

/**
 * A kernel of the loaded module.
 *
 * @param name its entry point
 * @param function the driver's handle
 * @param fields of its argument struct, as {@link KernelLayouts#of} writes them
 */
record Kernel(String name, CUfunction function, String fields) {}
