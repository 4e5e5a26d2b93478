/** Files: bytes in, bytes out. A write is atomic, a read is validated. */
package dev.sluice.format;
