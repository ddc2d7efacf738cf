vm0.hypercall(4) { call -> println 'POKE!!!' }
3.times { vm0.sh("printf '\\005' | dd of=/dev/port bs=1 seek=248") }
