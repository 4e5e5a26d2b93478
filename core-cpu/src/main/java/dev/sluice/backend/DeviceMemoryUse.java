package dev.sluice.backend;

/**
 * Memory of a device that has its own, in bytes.
 *
 * @param total of the device
 * @param free held by no program now
 * @param fixed what the backend itself took when it was opened: workspaces of its libraries
 * @param peak the most that the backend held at a time since then, {@code fixed} included
 */
public record DeviceMemoryUse(long total, long free, long fixed, long peak) {}
