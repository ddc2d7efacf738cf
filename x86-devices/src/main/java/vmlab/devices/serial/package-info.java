/**
 * Serial ports.
 *
 * <p>Read first: {@link vmlab.devices.serial.Uart16550}, then its outside, {@link vmlab.devices.serial.CharSink} and
 * {@link vmlab.devices.serial.CharSource}. Must not be added here: what is behind the line (a console, a file, a test).
 */
package vmlab.devices.serial;
