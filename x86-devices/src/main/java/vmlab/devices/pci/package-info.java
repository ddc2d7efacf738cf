/**
 * The PCI bus: configuration access, configuration headers, the host bridge.
 *
 * <p>Read first: {@link vmlab.devices.pci.PciHost}, {@link vmlab.devices.pci.PciFunction}, {@link
 * vmlab.devices.pci.ConfigSpace}. Must not be added here: what a function does behind its header.
 */
package vmlab.devices.pci;
