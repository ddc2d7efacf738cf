vm0.sh('uname -r')
