// SPDX-License-Identifier: GPL-2.0-only
/*
 * connection: a dataport and its events as a PCI function, handed to user space as /dev/uioN.
 *
 * BAR 0 has the events' registers, BAR 1 the dataport. Of the registers, a write to EMIT emits; COUNTER says how many
 * events came since it was last cleared; then there is the connection's name.
 */
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uio_driver.h>

#define VENDOR_ID 0x1af4
#define DEVICE_ID 0xa111

#define COUNTER 4
#define NAME 8
#define NAME_LENGTH 48

struct connection {
	struct uio_info uio;
	char name[NAME_LENGTH + 1];
};

static int connections;

static irqreturn_t connection_interrupt(int irq, struct uio_info *uio)
{
	void __iomem *counter = uio->mem[0].internal_addr + COUNTER;

	if (readl(counter) == 0)
		return IRQ_NONE;
	writel(0, counter);
	return IRQ_HANDLED;
}

/* The number of BARs that were mapped. */
static int map_bars(struct pci_dev *device, struct uio_info *uio)
{
	int bar;

	for (bar = 0; bar < MAX_UIO_MAPS && pci_resource_start(device, bar); bar++) {
		struct uio_mem *memory = &uio->mem[bar];

		memory->addr = pci_resource_start(device, bar);
		memory->size = pci_resource_len(device, bar);
		memory->memtype = UIO_MEM_IOVA;
		memory->name = bar == 0 ? "events" : "dataport";
		memory->internal_addr = bar == 0 ? devm_ioremap(&device->dev, memory->addr, memory->size) : NULL;
		if (bar == 0 && !memory->internal_addr)
			return -ENOMEM;
	}
	return bar;
}

static int connection_probe(struct pci_dev *device, const struct pci_device_id *id)
{
	struct connection *connection = devm_kzalloc(&device->dev, sizeof(*connection), GFP_KERNEL);
	int error, bars;

	if (!connection)
		return -ENOMEM;
	error = pcim_enable_device(device);
	if (error)
		return error;
	error = pci_request_regions(device, "connector");
	if (error)
		return error;
	bars = map_bars(device, &connection->uio);
	if (bars < 2) {
		dev_err(&device->dev, "has no event page and dataport\n");
		return bars < 0 ? bars : -ENODEV;
	}
	memcpy_fromio(connection->name, connection->uio.mem[0].internal_addr + NAME, NAME_LENGTH);
	connection->uio.name = connection->name;
	connection->uio.version = "0.0.1";
	connection->uio.irq = device->irq;
	connection->uio.irq_flags = IRQF_SHARED;
	connection->uio.handler = connection_interrupt;
	error = devm_uio_register_device(&device->dev, &connection->uio);
	if (error)
		return error;
	/* Events that nobody could take yet hold the interrupt line up, and a controller that sees edges waits for one. */
	if (connection_interrupt(device->irq, &connection->uio) == IRQ_HANDLED)
		uio_event_notify(&connection->uio);
	pr_info("Event Bar (dev-%d) initialized\n", connections);
	pr_info("%d Dataports (dev-%d) initialized\n", bars - 1, connections);
	connections++;
	return 0;
}

static const struct pci_device_id connection_ids[] = {
	{ PCI_DEVICE(VENDOR_ID, DEVICE_ID) },
	{}
};
MODULE_DEVICE_TABLE(pci, connection_ids);

/* What it took is given back with the device. */
static struct pci_driver connection_driver = {
	.name = "connection",
	.id_table = connection_ids,
	.probe = connection_probe,
};
module_pci_driver(connection_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Dataports and events of components outside of the guest, for user space");
