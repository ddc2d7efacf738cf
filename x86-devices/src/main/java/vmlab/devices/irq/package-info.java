/**
 * Interrupt controllers.
 *
 * <p>Read first: {@link vmlab.devices.irq.PicPair}, {@link vmlab.devices.irq.Pic8259}, {@link
 * vmlab.devices.irq.SharedIrqLine}. Must not be added here: which device has which line.
 */
package vmlab.devices.irq;
