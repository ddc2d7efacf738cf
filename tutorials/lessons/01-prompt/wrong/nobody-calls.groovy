vm0.hypercall(4) { call -> println 'POKE!!!' }
