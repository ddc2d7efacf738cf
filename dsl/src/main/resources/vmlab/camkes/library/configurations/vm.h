// SPDX-License-Identifier: Apache-2.0
//
// The words with which an application says that a component is a virtual machine. InitN is its component, vmN its
// instance; what a VM of seL4 needs of its neighbours is connected to vmlab's own parts (VM/vm.camkes).

#define VAR_STRINGIZE_HELPER(x) #x
#define VAR_STRINGIZE(x) VAR_STRINGIZE_HELPER(x)
#define CAT_HELPER(a, b) a##b
#define CAT(a, b) CAT_HELPER(a, b)

#define VM_INIT_DEF() \
    control; \
    maybe uses PutChar putchar; \
    maybe uses PutChar guest_putchar; \
    maybe uses PCIConfig pci_config; \
    maybe uses RTC system_rtc; \
    maybe uses Timer init_timer; \
    maybe uses FileServerInterface fs; \
    maybe uses GetChar serial_getchar; \
    maybe consumes HaveInterrupt intready; \
    emits HaveInterrupt intready_connector; \
    attribute string kernel_cmdline; \
    attribute string kernel_image; \
    attribute string kernel_relocs; \
    attribute string initrd_image; \
    attribute int iospace_domain; \
    attribute int guest_ram_mb; \
    attribute int num_vcpus = 1; \
    attribute int cnode_size_bits = 21; \
    attribute string vswitch_mac_address = ""; \
    attribute int guest_cid = 0;

#define VM_COMPOSITION_DEF() \
    component FileServer fserv; \
    component SerialServer serial; \
    component PCIConfigIO pci_config; \
    component TimeServer time_server; \
    component RTC rtc; \
    connection seL4RPCCall serial_pci_config(from pci_config.putchar, to serial.processed_putchar); \
    connection seL4RPCCall serial_time_server(from time_server.putchar, to serial.processed_putchar); \
    connection seL4RPCCall serial_rtc(from rtc.putchar, to serial.processed_putchar); \
    connection seL4TimeServer serialserver_timer(from serial.timeout, to time_server.the_timer);

#define VM_PER_VM_COMP_DEF(num) \
    component CAT(Init, num) CAT(vm, num); \
    component VMConfig CAT(CAT(vm, num), _config); \
    connection seL4GlobalAsynch CAT(intreadycon, num)(from CAT(vm, num).intready_connector, to CAT(vm, num).intready); \
    connection seL4RPCDataport CAT(fs, num)(from CAT(vm, num).fs, to fserv.fs_ctrl); \
    connection seL4RPCCall CAT(serial_vm, num)(from CAT(vm, num).putchar, to serial.processed_putchar); \
    connection seL4RPCCall CAT(serial_guest_vm, num)(from CAT(vm, num).guest_putchar, to serial.raw_putchar); \
    connection seL4SerialServer CAT(serial_input, num)(from CAT(vm, num).serial_getchar, to serial.getchar); \
    connection seL4RPCCall CAT(rtctest, num)(from CAT(vm, num).system_rtc, to rtc.rtc); \
    connection seL4TimeServer CAT(CAT(pit, num), _timer)(from CAT(vm, num).init_timer, to time_server.the_timer); \
    connection seL4RPCCall CAT(pciconfig, num)(from CAT(vm, num).pci_config, to pci_config.pci_config);

#define VM_CONFIGURATION_DEF() \
    fserv.heap_size = 0x30000; \
    time_server.timers_per_client = 12; \
    time_server.priority = 255; \
    time_server.simple = true; \
    time_server.simple_extra_bootinfo = ["SEL4_BOOTINFO_HEADER_X86_TSC_FREQ"]; \
    serial.serial_irq_priority = 200;

// Older applications give a timer's number behind the VM's.
#define VM_PER_VM_CONFIG_DEF(...) VM_PER_VM_CONFIG_OF(__VA_ARGS__, 0)

#define VM_PER_VM_CONFIG_OF(num, ...) \
    CAT(vm, num).fs_shmem_size = 0x1000; \
    CAT(vm, num).serial_getchar_shmem_size = 0x1000; \
    CAT(vm, num).serial_getchar_attributes = VAR_STRINGIZE(num); \
    CAT(vm, num).global_endpoint_base = 1 << 27; \
    CAT(vm, num).global_endpoint_mask = 0x1fffffff & ~0x1fffe; \
    CAT(vm, num).asid_pool = true; \
    CAT(vm, num).simple = true;

#define VM_MAYBE_ZONE_DMA(num)
