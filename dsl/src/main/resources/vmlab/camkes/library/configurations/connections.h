// SPDX-License-Identifier: Apache-2.0
//
// The words with which an application gives its guests network cards to each other. It says who sees whom by macros
//     #define VMi_T(f) f(i, PEER, PEER, …)        at most four peers
//     #define T(f)     VM0_T(f) VM1_T(f) …
// and names T to each word below.

// Hands the peers behind the first argument one by one to a word, with the first argument and their place in the list.
#define VSWITCH_COUNT_OF(a, b, c, d, n, ...) n
#define VSWITCH_COUNT(...) VSWITCH_COUNT_OF(__VA_ARGS__, 4, 3, 2, 1, 0)
#define VSWITCH_EACH_1(word, vm, a) word(vm, a, 0)
#define VSWITCH_EACH_2(word, vm, a, b) word(vm, a, 0) word(vm, b, 1)
#define VSWITCH_EACH_3(word, vm, a, b, c) word(vm, a, 0) word(vm, b, 1) word(vm, c, 2)
#define VSWITCH_EACH_4(word, vm, a, b, c, d) word(vm, a, 0) word(vm, b, 1) word(vm, c, 2) word(vm, d, 3)
#define VSWITCH_EACH(word, vm, ...) CAT(VSWITCH_EACH_, VSWITCH_COUNT(__VA_ARGS__))(word, vm, __VA_ARGS__)

#define VSWITCH_INTERFACE(vm, peer, place) \
    uses VirtQueueDrv ether_##peer##_send; \
    uses VirtQueueDev ether_##peer##_recv;
#define VSWITCH_INTERFACES(vm, ...) VSWITCH_EACH(VSWITCH_INTERFACE, vm, __VA_ARGS__)

#define VSWITCH_END(num, peer, place) from vm##num.ether_##peer##_send, from vm##num.ether_##peer##_recv,
#define VSWITCH_ENDS(number, ...) VSWITCH_EACH(VSWITCH_END, number, __VA_ARGS__)

#define VSWITCH_QUEUE(num, peer, place) \
    vm##num.ether_##peer##_send_id = place * 2; \
    vm##num.ether_##peer##_send_attributes = VAR_STRINGIZE(num##peer); \
    vm##num.ether_##peer##_send_shmem_size = 32768; \
    vm##num.ether_##peer##_recv_id = place * 2 + 1; \
    vm##num.ether_##peer##_recv_attributes = VAR_STRINGIZE(peer##num); \
    vm##num.ether_##peer##_recv_shmem_size = 32768;
#define VSWITCH_PEER(num, peer, place) \
    {"mac_addr": VM##peer##_MACADDRESS, "send_id": place * 2, "recv_id": place * 2 + 1},
#define VSWITCH_SETTINGS(num, ...) \
    VSWITCH_EACH(VSWITCH_QUEUE, num, __VA_ARGS__) \
    vm##num.vswitch_mac_address = VM##num##_MACADDRESS; \
    vm##num.vswitch_layout = [VSWITCH_EACH(VSWITCH_PEER, num, __VA_ARGS__)];

#define VSWITCH_LINE(num, peer, place) {"drv": "vm" #num ".ether_" #peer "_send", "dev": "vm" #peer ".ether_" #num "_recv"},
#define VSWITCH_LINES(num, ...) VSWITCH_EACH(VSWITCH_LINE, num, __VA_ARGS__)

#define VSWITCH_HANDLER(num, peer, place) \
    {"init": "make_virtio_net_vswitch_driver_dummy", "badge": "ether_" #peer "_send_notification_badge()", \
     "irq": "virtio_net_notify_vswitch"}, \
    {"init": "make_virtio_net_vswitch_driver_dummy", "badge": "ether_" #peer "_recv_notification_badge()", \
     "irq": "virtio_net_notify_vswitch"},
#define VSWITCH_HANDLERS(num, ...) \
    VSWITCH_EACH(VSWITCH_HANDLER, num, __VA_ARGS__) {"init": "make_virtio_net_vswitch"}

#define VM_CONNECTION_COMPONENT_DEF(vm_id, topology) VM##vm_id##_##topology(VSWITCH_INTERFACES)
#define VM_CONNECTION_CONNECT_VMS(to_end, topology) \
    connection seL4VirtQueues topology##_conn(to to_end, topology(VSWITCH_ENDS));
#define VM_CONNECTION_CONFIG(to_end, topology) \
    topology(VSWITCH_SETTINGS) \
    to_end##_topology = [topology(VSWITCH_LINES)];
#define VM_CONNECTION_INIT_HANDLER(vm_id, topology) VM##vm_id##_##topology(VSWITCH_HANDLERS)
