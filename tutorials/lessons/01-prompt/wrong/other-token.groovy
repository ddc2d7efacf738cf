vm0.hypercall(5) { call -> println 'POKE!!!' }
3.times { vm0.sh("printf '\\004' | dd of=/dev/port bs=1 seek=248") }
